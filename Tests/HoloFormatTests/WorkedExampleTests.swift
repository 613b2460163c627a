import Foundation
import HoloFormat
import HoloModel
import Testing

/// The container that HWP-Format.md, section 13, shows byte by byte.
@Suite struct WorkedExampleTests {
  /// The bytes of the page's dump: an offset of four digits, two spaces, up to 16 bytes, two spaces, text.
  private static func example() throws -> [UInt8] {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Documentation/HWP-Format.md")
    var bytes: [UInt8] = []
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
      guard line.utf8.count > 6, let offset = Int(line.prefix(4), radix: 16), line.dropFirst(4).hasPrefix("  ") else {
        continue
      }
      #expect(offset == bytes.count, "\(line)")
      bytes += line.dropFirst(6).prefix(48).split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    return bytes
  }

  @Test func isAContainer() throws {
    let bytes = try Self.example()
    #expect(exercise(bytes) == nil)
    let source = MemorySource(bytes)
    let reader = try ContainerReader.open(source, path: "example.hwp")
    let map = try reader.index()
    #expect(bytes.count == 1_002)
    #expect(map.regions.map(\.name) == ["greeting.u8"])
    #expect(map.regions[0].elementType == .u8 && map.regions[0].shape == [8])
    #expect(map.regions[0].permissions == 0o644)
    #expect(try map.bytes(ofRegion: 0, from: source) == Array("HoloSnap".utf8))
    #expect(map.regions[0].root == BLAKE3.hash(Array("HoloSnap".utf8)))
    #expect(reader.summary.series == "example")
  }

  /// A writer of today makes the same bytes of the same content: what version 1 wrote is never changed.
  @Test func isWrittenTheSameToday() throws {
    let bytes = try Self.example()
    let reader = try ContainerReader.open(MemorySource(bytes), path: "example.hwp")
    let sink = MemorySink()
    let writer = try ContainerWriter(
      sink: sink, containerID: reader.containerID, createdNanoseconds: try #require(reader.header).createdNanoseconds)
    let descriptor = try reader.index().regions[0]
    try writer.beginRegion(name: descriptor.name, elementType: descriptor.elementType)
    let stream = Array("HoloSnap".utf8)
    let frame = LZ4FrameEncoder(level: .fast).frame(of: stream, stripes: [stream.count])
    try frame.withUnsafeBytes {
      try writer.append(
        chunk: TestContainer.chainingValue(stream, chunk: 0), coding: .stored, frame: ($0, BLAKE3.hash($0).short))
    }
    try writer.endRegion(descriptor)
    let receipt = try writer.finish(directories: []) { _ in reader.summary }
    #expect(sink.bytes == bytes)
    #expect(receipt.snapshotID == reader.snapshotID)
  }
}
