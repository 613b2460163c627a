import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What comes back of regions that are cut by their content, where the end of the container is lost.
@Suite struct ContentSalvageTests {
  private static let names = ["a", "b", "grid", "long", "z"]

  private static func content(_ name: String) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(name.utf8.first ?? 0))
    return generator.bytes(name == "long" ? 9_000 : 2_000)
  }

  /// Segments: a b | grid long | long long | long z
  private static let sound: [UInt8] = {
    do {
      var container = try TestContainer(chunksPerSegment: 2, requiredFeatures: HWP.Feature.content)
      for name in names {
        let bytes = content(name)
        if name == "grid" {
          try container.add(name, bytes)
        } else {
          try container.addContent(name, bytes, lengths: name == "long" ? [2_000, 3_000, 3_990, 10] : nil, version: 4)
        }
      }
      try container.finish()
      return container.sink.bytes
    } catch { preconditionFailure("\(error)") }
  }()

  /// Compares every region's bytes with what was written, and returns the names.
  private func check(_ salvage: Salvage, _ bytes: [UInt8]) throws -> [String] {
    var names: [String] = []
    for (index, descriptor) in salvage.chunks.regions.enumerated() {
      #expect(descriptor.chunking == (descriptor.name == "grid" ? .grid : .content))
      #expect(descriptor.blobVersion == (descriptor.name == "grid" ? nil : 4))
      #expect(
        try salvage.chunks.bytes(ofRegion: index, from: MemorySource(bytes)) == Self.content(descriptor.name))
      names.append(descriptor.name)
    }
    return names
  }

  @Test("Without trailer and manifest the segments serve") func withoutTheEnd() throws {
    let layout = try Layout(Self.sound)
    for cut in [Self.sound.count - 1, layout.manifest.upperBound, layout.manifest.upperBound - 1] {
      let bytes = Array(Self.sound[..<cut])
      #expect(try check(try Salvage.scan(MemorySource(bytes), path: ""), bytes) == Self.names, "cut at \(cut)")
    }
  }

  @Test("Regions in whole segments come back, and one that goes on behind them is told")
  func cutOff() throws {
    let layout = try Layout(Self.sound)
    #expect(layout.segments.count == 4)
    for (index, expected) in [["a", "b"], ["a", "b", "grid"], ["a", "b", "grid"], Self.names].enumerated() {
      let bytes = Array(Self.sound[..<layout.frames[layout.segments[index]].range.upperBound])
      let salvage = try Salvage.scan(MemorySource(bytes), path: "")
      #expect(try check(salvage, bytes) == expected)
      #expect(salvage.chunks.problems.contains { $0.region == "long" } == (1...2).contains(index))
    }
  }

  @Test("A region that has lost a segment is lost, and no other", arguments: [0, 1, 2, 3])
  func lostSegment(lost: Int) throws {
    let layout = try Layout(Self.sound)
    var bytes = Array(Self.sound.dropLast(144))
    bytes[layout.manifest.lowerBound + 70] ^= 1
    bytes[layout.frames[layout.segments[lost]].range.lowerBound + 90] ^= 1
    let salvage = try Salvage.scan(MemorySource(bytes), path: "")
    let whole = [["grid", "long", "z"], ["a", "b", "z"], ["a", "b", "grid", "z"], ["a", "b", "grid"]]
    #expect(try check(salvage, bytes) == whole[lost])
  }
}
