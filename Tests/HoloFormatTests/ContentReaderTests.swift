import Foundation
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What the independent reader makes of regions that are cut by their content, and where it cuts.
@Suite("Content-defined chunks and the independent reader", .enabled(if: IndependentReader.isThere))
struct ContentReaderTests {
  private static func repetitive(_ generator: inout SeededGenerator, _ count: Int) -> [UInt8] {
    let words = (0..<12).map { _ in generator.bytes(Int.random(in: 3...400, using: &generator)) }
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += words.randomElement(using: &generator) ?? [] }
    return Array(bytes[..<count])
  }

  @Test("It cuts where HoloSnap cuts")
  func cuts() throws {
    var generator = SeededGenerator.announced()
    let scratch = ScratchDirectory()
    var inputs = [0, 1, 8_191, 8_192, 131_072, 131_073].map { generator.bytes($0) }
    inputs += [[UInt8](repeating: 9, count: 300_000), generator.bytes(600_000)]
    inputs += (0..<3).map { _ in Self.repetitive(&generator, 300_000) }
    inputs.append((0..<300_000).map { UInt8($0 * $0 >> 7 & 3) })
    for (index, bytes) in inputs.enumerated() {
      try scratch.write(bytes, to: "bytes")
      let result = try IndependentReader.run("--cut", scratch.path("bytes"))
      #expect(result.status == 0)
      #expect(result.output.split(separator: "\n").map { Int($0) } == ContentCut.lengths(of: bytes), "input \(index)")
    }
  }

  private struct Listing: Decodable {
    struct Region: Decodable, Equatable {
      var name: String
      var length: Int
      var root: String
      var chunks: Int?
      var blob: UInt32?
    }

    var regions: [Region]
  }

  @Test("It lists, verifies and restores what HoloSnap writes", arguments: [2, 4_096])
  func reads(chunksPerSegment: Int) throws {
    var generator = SeededGenerator.announced()
    let scratch = ScratchDirectory()
    var container = try TestContainer(chunksPerSegment: chunksPerSegment, requiredFeatures: HWP.Feature.content)
    let twice = generator.bytes(3_000)
    let contents: [(name: String, bytes: [UInt8], lengths: [Int]?, version: UInt32?)] = [
      ("none", [], nil, 0), ("one", [1], nil, 1), ("several", generator.bytes(200_000), nil, .max),
      ("twice", twice + twice + [1], [3_000, 3_000, 1], nil), ("zeros", [UInt8](repeating: 0, count: 140_000), nil, 5),
    ]
    for (name, bytes, lengths, version) in contents {
      try container.addContent(name, bytes, lengths: lengths, version: version)
    }
    let grid = generator.bytes(270_000)
    var blob = TestContainer.descriptor("grid", grid)
    blob.blobVersion = 7
    try container.add(blob, grid)
    try container.writer.beginRegion(name: "gone", elementType: .bytes, chunking: .content)
    try container.appendContent(twice, lengths: [2_000, 1_000])
    try container.writer.abandonRegion()
    try container.finish()
    try scratch.write(container.sink.bytes, to: "x.hwp")

    let verified = try IndependentReader.run("verify", scratch.path("x.hwp"))
    #expect(verified.status == 0, "\(verified.output)")
    let listed = try IndependentReader.run("list", scratch.path("x.hwp"))
    let regions = try JSONDecoder().decode(Listing.self, from: Data(listed.output.utf8)).regions
    var expected = contents.map { content in
      Listing.Region(
        name: content.name, length: content.bytes.count, root: BLAKE3.hash(content.bytes).hexadecimal,
        chunks: (content.lengths ?? ContentCut.lengths(of: content.bytes)).count, blob: content.version)
    }
    expected.append(Listing.Region(name: "grid", length: grid.count, root: blob.root.hexadecimal, blob: 7))
    #expect(regions == expected)
    let restored = try IndependentReader.run("restore", scratch.path("x.hwp"), scratch.path("out"))
    #expect(restored.status == 0, "\(restored.output)")
    for content in contents { #expect(try scratch.read("out/\(content.name)") == content.bytes, "\(content.name)") }
    #expect(try scratch.read("out/grid") == grid)
  }

  /// Chunks in the wrong order: each is sound, the region is not.
  @Test("It refuses a region whose chunks do not give its root")
  func wrongRoot() throws {
    var generator = SeededGenerator.announced()
    let scratch = ScratchDirectory()
    let (one, two) = (generator.bytes(3_000), generator.bytes(3_000))
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    try container.writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
    try container.appendContent(two + one, lengths: [3_000, 3_000])
    try container.writer.endRegion(TestContainer.contentDescriptor("c", one + two))
    try container.finish()
    #expect(exercise(container.sink.bytes) == nil)
    try scratch.write(container.sink.bytes, to: "x.hwp")
    let result = try IndependentReader.run("verify", scratch.path("x.hwp"))
    #expect(result.status == 65 && result.output.contains("damaged"), "\(result.output)")
  }
}
