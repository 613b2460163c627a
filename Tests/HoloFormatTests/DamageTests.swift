import HoloFormat
import HoloModel
import TestSupport
import Testing

@Suite struct DamageTests {
  /// A small container with everything in it: payload, constants, two segments, a directory.
  private func small() throws -> [UInt8] {
    var container = try TestContainer(chunksPerSegment: 2)
    try container.add("a", Array("some bytes that are stored".utf8))
    try container.add("b", [0, 0, 0, 0])
    var descriptor = TestContainer.descriptor("c", [1, 2, 3, 4], type: .u16, shape: [2])
    descriptor.header = [7, 8, 9]
    descriptor.permissions = 0o644
    try container.add(descriptor, [1, 2, 3, 4])
    try container.finish(directories: [DirectoryEntry(name: "d", permissions: 0o700)])
    return container.sink.bytes
  }

  @Test func aSoundContainerIsSound() throws { #expect(exercise(try small()) == nil) }

  @Test func everyFlippedBitIsSeen() throws {
    var bytes = try small()
    for bit in 0..<(8 * bytes.count) {
      bytes[bit / 8] ^= 1 << (bit % 8)
      do throws(FormatError) {
        let problems = try ContainerReader.open(MemorySource(bytes), path: "").verifyStoredFrames()
        #expect(!problems.isEmpty, "bit \(bit)")
      } catch {
        #expect(error.kind != .inputOutput)
      }
      bytes[bit / 8] ^= 1 << (bit % 8)
    }
  }

  @Test func everyTruncationIsSeen() throws {
    let bytes = try small()
    for count in 0..<bytes.count {
      let error = #expect(throws: FormatError.self, "\(count) bytes") {
        _ = try ContainerReader.open(MemorySource(Array(bytes[..<count])), path: "")
      }
      #expect(error?.kind == (count < 16 ? .notAContainer : .truncated), "\(count) bytes")
    }
    #expect(throws: FormatError.self) { _ = try ContainerReader.open(MemorySource(bytes + [0]), path: "") }
  }

  @Test func everyDamagedFrameIsNamed() throws {
    var generator = SeededGenerator(seed: 12)
    var container = try TestContainer(chunksPerSegment: 4)
    let long = generator.bytes(5 * ChunkGeometry.chunkByteCount)
    try container.add("a", [1, 2, 3])
    try container.add("long", long)
    try container.add("z", [4, 5])
    try container.finish()
    var bytes = container.sink.bytes
    let layout = try Layout(bytes)
    let payload = layout.frames.indices.filter { layout.frames[$0].kind == .payload }
    let damaged = [payload[0], payload[2], payload[4]]
    for number in damaged { bytes[layout.frames[number].range.upperBound - 9] ^= 0x40 }

    let reader = try ContainerReader.open(MemorySource(bytes), path: "x.hwp")
    let problems = reader.verifyStoredFrames()
    #expect(problems.map(\.frame) == damaged.map { UInt32($0) })
    #expect(problems.allSatisfy { $0.kind == .damaged && $0.path == "x.hwp" })
    #expect(problems.map(\.offset) == damaged.map { UInt64(layout.frames[$0].range.lowerBound) })
    #expect(problems.map(\.byteCount) == damaged.map { UInt64(layout.frames[$0].range.count) })
    let hit = try reader.index().chunks(storedIn: Set(problems.compactMap(\.frame)))
    #expect(damaged.map { hit[UInt32($0)]?.map(\.region) } == [[0], [1], [1]])
    #expect(damaged.map { hit[UInt32($0)]?.map(\.chunk) } == [[0], [1], [3]])
  }

  @Test func aDamagedSegmentLosesOnlyItsRegions() throws {
    var generator = SeededGenerator(seed: 13)
    let long = generator.bytes(3 * ChunkGeometry.chunkByteCount)
    var container = try TestContainer(chunksPerSegment: 2)
    for name in ["a", "b", "c"] { try container.add(name, Array(name.utf8) + [0]) }
    try container.add("long", long)
    for name in ["x", "y"] { try container.add(name, Array(name.utf8) + [0]) }
    try container.finish()
    // Segments: a b | c long | long long | x y
    let sound = container.sink.bytes
    let layout = try Layout(sound)
    let whole = [["c", "long", "x", "y"], ["a", "b", "x", "y"], ["a", "b", "c", "x", "y"], ["a", "b", "c", "long"]]
    for (index, segment) in layout.segments.enumerated() {
      var bytes = sound
      bytes[layout.frames[segment].range.lowerBound + 100] ^= 1
      let source = MemorySource(bytes)
      let reader = try ContainerReader.open(source, path: "")
      #expect(throws: FormatError.self) { _ = try reader.index() }
      let map = reader.intactIndex()
      #expect(map.regions.map(\.name) == whole[index])
      #expect(map.problems.contains { $0.frame == UInt32(segment) && $0.offset != nil })
      #expect(index != 2 || map.problems.contains { $0.region == "long" })
      for region in map.regions.indices { _ = try map.bytes(ofRegion: region, from: source) }
    }
    #expect(try ContainerReader.open(MemorySource(sound), path: "").intactIndex().problems.isEmpty)
  }
}
