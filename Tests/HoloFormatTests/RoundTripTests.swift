import Glibc
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite struct RoundTripTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  private func read(_ container: TestContainer) throws -> (ContainerReader, ChunkMap, MemorySource) {
    let source = MemorySource(container.sink.bytes)
    let reader = try ContainerReader.open(source, path: "a.hwp")
    return (reader, try reader.index(), source)
  }

  @Test func aStateOfNothingComesBack() throws {
    let container = try TestContainer()
    let receipt = try container.finish()
    let (reader, map, _) = try read(container)
    #expect(map.regions.isEmpty)
    #expect(reader.snapshotID == receipt.snapshotID)
    #expect(reader.totals == receipt.totals)
    #expect(reader.totals.stateRoot == BLAKE3.hash([]))
    #expect(reader.segmentReferences.isEmpty)
    #expect(reader.frames.count == 1)
    #expect(reader.source.byteCount == receipt.byteCount)
    #expect(reader.verifyStoredFrames().isEmpty)
    #expect(reader.header?.createdNanoseconds == TestContainer.created)
    #expect(reader.containerID == TestContainer.id)
  }

  @Test(arguments: [0, 1, 4_095, 4_096, 4_097, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 3 * chunk, 3 * chunk + 5])
  func aRegionOfAnyLengthComesBack(byteCount: Int) throws {
    var generator = SeededGenerator(seed: UInt64(byteCount))
    var container = try TestContainer()
    let bytes = generator.bytes(byteCount)
    try container.add("r", bytes)
    try container.add("zeros", [UInt8](repeating: 0, count: byteCount))
    let receipt = try container.finish()
    let (reader, map, source) = try read(container)
    #expect(Array(map.regions) == container.descriptors)
    #expect(try map.bytes(ofRegion: 0, from: source) == bytes)
    #expect(try map.bytes(ofRegion: 1, from: source) == [UInt8](repeating: 0, count: byteCount))
    #expect(map.totals == receipt.totals)
    #expect(reader.totals.byteCount == UInt64(2 * byteCount))
    #expect(receipt.regionStoredByteCounts.reduce(0, +) == receipt.totals.payloadByteCount)
    #expect(byteCount == 1 || receipt.regionStoredByteCounts[1] == 0)
    #expect(reader.verifyStoredFrames().isEmpty)
  }

  @Test(arguments: [4_095, 4_096, 4_097, 8_193])
  func manyRegionsComeBack(count: Int) throws {
    var container = try TestContainer()
    for index in 0..<count { try container.add("d/\(index)", [UInt8](String(index).utf8) + [0]) }
    try container.finish()
    let (reader, map, source) = try read(container)
    #expect(map.regions.count == count)
    #expect(reader.segmentReferences.count == (count + 4_095) / 4_096)
    for index in [0, 1, count / 2, count - 1] {
      #expect(map.regions[index].name == "d/\(index)")
      #expect(try map.bytes(ofRegion: index, from: source) == [UInt8](String(index).utf8) + [0])
    }
    #expect(reader.verifyStoredFrames().isEmpty)
    #expect(reader.verifyStoredFrames(5..<9).isEmpty)
  }

  @Test func moreEmptyRegionsThanASegmentHoldsComeBack() throws {
    var container = try TestContainer()
    for index in 0..<4_097 { try container.add("\(index)", []) }
    try container.finish()
    let (reader, map, _) = try read(container)
    #expect(map.regions.count == 4_097)
    #expect(reader.segmentReferences.map(\.partCount) == [4_096, 1])
  }

  @Test(arguments: [1, 2, 3, 5])
  func aRegionSpansSegments(chunksPerSegment: Int) throws {
    var generator = SeededGenerator(seed: 9)
    let bytes = generator.bytes(6 * Self.chunk + 17)
    var container = try TestContainer(chunksPerSegment: chunksPerSegment)
    try container.add("before", [1, 2, 3])
    try container.add("long", bytes)
    try container.add("after", [4, 5])
    try container.finish()
    let (reader, map, source) = try read(container)
    #expect(reader.segmentReferences.count == (9 + chunksPerSegment - 1) / chunksPerSegment)
    #expect(try map.bytes(ofRegion: 1, from: source) == bytes)
    #expect(try map.bytes(ofRegion: 2, from: source) == [4, 5])
    var seen: [UInt64] = []
    try map.forEachChunk(ofRegion: 1) { index, chunk in
      seen.append(index)
      #expect(chunk.byteCount == (index < 6 ? Self.chunk : 17))
      #expect(chunk.frame?.hash != nil)
    }
    #expect(seen == Array(0..<7))
  }

  /// A constant region of 4,096 chunks and one more: the last chunk of a segment and the first of the next.
  @Test(arguments: [4_095, 4_096, 4_097])
  func aRegionFillsASegment(chunkCount: Int) throws {
    let container = try TestContainer()
    let value = BLAKE3.hash([1])
    var tree = RegionTree()
    try container.writer.beginRegion(name: "big", elementType: .c128)
    for _ in 0..<chunkCount {
      tree.append(value)
      try container.writer.append(
        chunk: value, coding: Coding(width: 16, methods: [.constant([UInt8](repeating: 0, count: 16))]), frame: nil)
    }
    let descriptor = RegionDescriptor(
      name: "big", component: .memory, elementType: .c128, shape: [UInt64(chunkCount), 16_384],
      byteCount: UInt64(chunkCount * Self.chunk), root: try #require(tree.root()))
    try container.writer.endRegion(descriptor)
    try container.finish()
    let (reader, map, _) = try read(container)
    #expect(reader.segmentReferences.count == (chunkCount > 4_096 ? 2 : 1))
    #expect(Array(map.regions) == [descriptor])
    let last = try map.chunk(UInt64(chunkCount - 1), ofRegion: 0)
    #expect(last.frame == nil && last.streamByteCount == 0 && last.chainingValue == value)
  }

  @Test(arguments: [1, 2, 4_096], [0, 1, 3])
  func aRegionBegunAnewReplacesItsBeginning(chunksPerSegment: Int, before: Int) throws {
    var generator = SeededGenerator(seed: 4)
    let old = generator.bytes(4 * Self.chunk)
    let new = generator.bytes(2 * Self.chunk + 8)
    var container = try TestContainer(chunksPerSegment: chunksPerSegment)
    try container.add("first", [9, 8])
    try container.writer.beginRegion(name: "r", elementType: .bytes)
    try container.append(old, chunks: 0..<UInt64(before))
    try container.writer.restartRegion(elementType: .u64)
    try container.append(new, chunks: 0..<3)
    let descriptor = TestContainer.descriptor("r", new, type: .u64)
    try container.writer.endRegion(descriptor)
    let receipt = try container.finish()
    let (reader, map, source) = try read(container)
    #expect(map.regions.count == 2)
    #expect(map.regions[1] == descriptor)
    #expect(try map.bytes(ofRegion: 1, from: source) == new)
    #expect(receipt.totals.chunkCount == 4)
    #expect(reader.verifyStoredFrames().isEmpty)
  }

  @Test(arguments: [1, 4_096])
  func aRegionGivenUpIsNotThere(chunksPerSegment: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let bytes = generator.bytes(2 * Self.chunk)
    var container = try TestContainer(chunksPerSegment: chunksPerSegment)
    try container.writer.beginRegion(name: "gone", elementType: .bytes)
    try container.append(bytes, chunks: 0..<2)
    try container.writer.abandonRegion()
    try container.add("kept", [1, 2])
    try container.writer.beginRegion(name: "gone too", elementType: .bytes)
    try container.append(bytes, chunks: 0..<1)
    try container.writer.abandonRegion()
    try container.finish()
    let (_, map, source) = try read(container)
    #expect(map.regions.map(\.name) == ["kept"])
    #expect(try map.bytes(ofRegion: 0, from: source) == [1, 2])
  }

  @Test func everythingThatARegionHasComesBack() throws {
    var container = try TestContainer()
    var all: [RegionDescriptor] = []
    for type in ElementType.allCases {
      for component in Component.allCases {
        let bytes = [UInt8](repeating: 3, count: 6 * type.byteCount)
        var descriptor = TestContainer.descriptor("\(type)/\(component)", bytes, type: type, shape: [2, 3])
        descriptor.component = component
        descriptor.header = Array("header".utf8)
        descriptor.tail = [0]
        descriptor.permissions = 0o7777
        descriptor.modified = Timestamp(seconds: -5, nanoseconds: 999_999_999)
        descriptor.changedWhileRead = component == .index
        try container.add(descriptor, bytes)
        all.append(descriptor)
      }
    }
    var scalar = TestContainer.descriptor("many extents", [1], type: .u8)
    scalar.shape = [UInt64](repeating: 1, count: 32)
    try container.add(scalar, [1])
    var none = TestContainer.descriptor("no bytes", [], type: .f64)
    none.shape = [.max, 0, .max]
    try container.add(none, [])
    // To a file system two names, to `String` one.
    try container.add("e\u{301}", [1])
    try container.add("\u{E9}", [2])
    try container.add(RegionName.escape([0x61, 0xFF, 0x5C]), [3])
    try container.finish()
    let (_, map, source) = try read(container)
    #expect(Array(map.regions.prefix(all.count)) == all)
    #expect(Array(map.regions) == container.descriptors)
    #expect(Array(map.regions[all.count + 2].name.utf8) == Array("e\u{301}".utf8))
    #expect(try map.bytes(ofRegion: all.count + 4, from: source) == [3])
  }

  @Test func everyCodingComesBack() throws {
    let word8 = [UInt8](1...8)
    let codings: [Coding] = [
      Coding(width: 4, methods: [.planes]), Coding(width: 8, methods: [.difference, .planes]),
      Coding(width: 4, methods: [.floatDifference, .raw]), Coding(width: 8, methods: [.constant(word8), .raw]),
      Coding(width: 16, methods: [.palette(count: 256)]),
      Coding(width: 8, methods: [.ratioPalette(count: 256, divisor: 255)]),
      Coding(width: 4, methods: [.palette(count: 1), .ratioPalette(count: 3, divisor: 65_535)]),
      Coding(width: 16, methods: [.raw]), Coding(width: 1, methods: [.planes, .planes]),
      Coding(width: 1, methods: [.bins(Bins(mapping: .unsigned, streamByteCount: Self.chunk))]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .ratio, divisor: .max, lags: [1, 2, .max], streamByteCount: 9))]),
      Coding(
        width: 8,
        methods: [
          .bins(Bins(mapping: .float, lags: [3], streamByteCount: 77)),
          .bins(Bins(mapping: .signed, streamByteCount: 1)),
        ]),
    ]
    let container = try TestContainer()
    let value = BLAKE3.hash([7])
    var tree = RegionTree()
    try container.writer.beginRegion(name: "r", elementType: .bytes)
    for coding in codings {
      tree.append(value)
      let frame = container.frame(of: [UInt8](repeating: 1, count: 100))
      try frame.withUnsafeBytes {
        try container.writer.append(chunk: value, coding: coding, frame: ($0, BLAKE3.hash($0).short))
      }
    }
    try container.writer.endRegion(
      RegionDescriptor(
        name: "r", component: .memory, elementType: .bytes, shape: [], byteCount: UInt64(codings.count * Self.chunk),
        root: try #require(tree.root())))
    try container.finish()
    let (_, map, _) = try read(container)
    for (index, coding) in codings.enumerated() {
      let chunk = try map.chunk(UInt64(index), ofRegion: 0)
      #expect(chunk.coding == coding)
      #expect(chunk.streamByteCount == coding.streamByteCount(chunkByteCount: Self.chunk))
    }
  }

  @Test func directoriesAndSummaryComeBack() throws {
    var container = try TestContainer()
    try container.add("b/file", [1])
    let directories = [
      DirectoryEntry(name: "b", permissions: 0o755, modified: Timestamp(seconds: 1, nanoseconds: 2)),
      DirectoryEntry(name: "a/empty"), DirectoryEntry(name: "a", modified: Timestamp(seconds: -1, nanoseconds: 0)),
    ]
    let receipt = try container.finish(directories: directories)
    let (reader, _, _) = try read(container)
    #expect(Array(reader.directories) == [directories[2], directories[1], directories[0]])
    #expect(reader.directories.count == 3)
    #expect(reader.summary == receipt.summary)
    #expect(reader.summary.created == "2026-11-23T20:13:05.123456789Z")
    #expect(reader.summary.device == "cpu \"α\"\n")
    #expect(reader.summary.priority == -3)
  }

  @Test func sinksWriteTheSameBytes() throws {
    let path = "/tmp/holosnap-format-test.\(UInt64.random(in: 0 ... .max))"
    let syscalls = Syscalls()
    defer { try? syscalls.remove(path) }
    var file = try syscalls.open(path, O_RDWR | O_CREAT | O_EXCL)
    for makeSink in [{ FileSink($0) }, { StreamSink($0) }] as [(OpenFile) -> any ByteSink] {
      try file.truncate(to: 0)
      let writer = try ContainerWriter(
        sink: makeSink(file), containerID: TestContainer.id, createdNanoseconds: TestContainer.created)
      _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) }
      let expected = try TestContainer()
      try expected.finish()
      let source = try FileSource(file)
      #expect(try ContainerReader.open(source, path: path).totals.regionCount == 0)
      var bytes = [UInt8](repeating: 0, count: Int(source.byteCount) + 10)
      let count = try bytes.withUnsafeMutableBytes { buffer in try source.read(into: buffer, at: 0) }
      #expect(Array(bytes[..<count]) == expected.sink.bytes)
      try file.close()
      file = try syscalls.open(path, O_RDWR)
    }
  }
}
