import Glibc
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite struct WaveRoundTripTests {
  private static let chunk = ChunkGeometry.chunkByteCount
  private static let limit = 512 << 10

  /// Writes, reads back, compares all that there is. Returns the reader.
  @discardableResult
  private func check(
    _ state: [TestWave.Content], directories: [DirectoryEntry] = [], partByteLimit: UInt64 = WAVE.Limit.partByteCount
  ) throws -> WaveReader {
    let sink = MemorySink()
    let receipt = try TestWave.write(state, to: sink, directories: directories, partByteLimit: partByteLimit)
    let reader = try WaveReader.open(MemorySource(sink.bytes), path: "a.wave")
    #expect(reader.snapshotID == receipt.snapshotID && reader.totals == receipt.totals)
    #expect(reader.containerID == TestContainer.id && reader.createdNanoseconds == TestContainer.created)
    #expect(reader.majorVersion == 1 && reader.minorVersion == 0)
    #expect(reader.summary == receipt.summary)
    #expect(reader.sampleType == TestWave.sampleType(state))
    #expect(receipt.byteCount == UInt64(sink.byteCount))
    #expect(receipt.regionStoredByteCounts == state.map(\.descriptor.byteCount))
    #expect(Array(reader.regions) == state.map(\.descriptor))
    #expect(Array(reader.directories) == directories)
    for (index, region) in state.enumerated() {
      #expect(try reader.bytes(ofRegion: index) == region.bytes)
      for chunk in 0..<region.descriptor.gridChunkCount {
        let extent = try reader.regions.chunk(chunk, ofRegion: index)
        #expect(
          extent.byteCount == ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: region.descriptor.byteCount))
        // A region begins at a page of the file.
        #expect(chunk > 0 || extent.offset % 4_096 == 0)
      }
      #expect(throws: FormatError.self) { try reader.regions.chunk(region.descriptor.gridChunkCount, ofRegion: index) }
    }
    #expect(reader.verifyOutside().isEmpty)
    return reader
  }

  @Test func aStateOfNothingComesBack() throws {
    let reader = try check([])
    #expect(reader.regions.isEmpty && reader.sampleType == nil)
    #expect(reader.totals.stateRoot == BLAKE3.hash([]))
    try check([TestWave.region("empty", [], .f32), TestWave.region("e", [], component: .index)])
  }

  @Test(arguments: [0, 1, 4_095, 4_096, 4_097, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 3 * chunk, 3 * chunk + 5])
  func aRegionOfAnyLengthComesBack(byteCount: Int) throws {
    var generator = SeededGenerator(seed: UInt64(byteCount))
    let bytes = generator.bytes(byteCount)
    let whole = Array(bytes[..<(byteCount / 8 * 8)])
    for component in Component.allCases {
      try check([
        TestWave.region("a", bytes, component: component), TestWave.region("b", whole, .c64, component: component),
        TestWave.region("c", bytes.reversed(), .u8, component: component), TestWave.region("d", whole, .f64),
      ])
    }
  }

  @Test(arguments: ElementType.allCases)
  func everyElementTypeComesBack(type: ElementType) throws {
    var generator = SeededGenerator(seed: 5)
    let reader = try check([
      TestWave.region("few", generator.bytes(16), .f32), TestWave.region("many", generator.bytes(4_112), type),
      TestWave.region("second", generator.bytes(32), type, component: .statistics),
    ])
    #expect(reader.sampleType == ([.f64, .c64, .c128].contains(type) ? type : .f32))
  }

  /// A part's content begins with zeros up to the next page: 4,088 bytes of them, where `data` is one block of f32, 4 bytes,
  /// before it.
  @Test(arguments: [-4_097, -4_096, -4_095, -1, 0, 1, 4_095, 4_096, 4_097, chunk - 1, chunk, chunk + 1])
  func aRegionGoesOnInTheNextPart(over: Int) throws {
    var generator = SeededGenerator(seed: 6)
    let lead = 4_096 - 12
    let bytes = generator.bytes(2 * Self.limit - lead + over)
    let reader = try check(
      [
        TestWave.region("a", [1, 2, 3], component: .index), TestWave.region("long", bytes),
        TestWave.region("b", [4], component: .configuration), TestWave.region("c", [5, 6, 7]),
      ], partByteLimit: UInt64(Self.limit))
    // Two chunks never fit behind the zeros of one part.
    let offsets = try (0..<reader.regions[1].gridChunkCount).map { try reader.regions.chunk($0, ofRegion: 1).offset }
    for (left, right) in zip(offsets, offsets.dropFirst()) {
      #expect(right >= left + UInt64(Self.chunk))
      #expect(right % 4_096 == 0)
    }
  }

  /// One part is filled to its last byte, or to one more.
  @Test(arguments: [-1, 0, 1])
  func aPartIsFilled(over: Int) throws {
    let room = Self.limit - (4_096 - 12)
    let second = room - 200 * 1_024 + over
    let bytes = [UInt8](repeating: 7, count: second)
    let state = [TestWave.region("a", [UInt8](repeating: 3, count: 200 * 1_024)), TestWave.region("b", bytes)]
    let whole = WaveBytes(try TestWave.bytes(of: state, partByteLimit: UInt64(Self.limit)))
    #expect(whole.partCount == (over > 0 ? 3 : 2))
    try check(state, partByteLimit: UInt64(Self.limit))
  }

  @Test func aRegionOfSamplesIsNeverTorn() throws {
    var generator = SeededGenerator(seed: 8)
    let bytes = generator.bytes(5 * Self.limit)
    let whole = WaveBytes(
      try TestWave.bytes(of: [TestWave.region("s", bytes, .c128)], partByteLimit: UInt64(Self.limit)))
    #expect(whole.partCount == 1 && whole.runCount == 1)
    #expect(Array(whole.bytes[4_096..<(4_096 + bytes.count)]) == bytes)
  }

  @Test func manyRegionsComeBack() throws {
    let state = (0..<3_000).map { index in
      TestWave.region(
        "d/\(index)", [UInt8](String(index).utf8) + [0, 0, 0, 0].prefix(4 - String(index).utf8.count % 4),
        index % 3 == 0 ? .u32 : .f32, component: Component.allCases[index % 5])
    }
    let sink = MemorySink()
    try TestWave.write(state, to: sink)
    let reader = try WaveReader.open(MemorySource(sink.bytes), path: "")
    #expect(Array(reader.regions) == state.map(\.descriptor))
    for index in [0, 1, 2, 3, 1_499, 2_999] { #expect(try reader.bytes(ofRegion: index) == state[index].bytes) }
    #expect(reader.verifyOutside().isEmpty)
  }

  @Test func descriptorsAndDirectoriesComeBack() throws {
    var region = TestWave.region("ä/b", [1, 2, 3, 4, 5, 6, 7, 8], .f32, component: .statistics)
    region.descriptor.shape = [1, 2]
    region.descriptor.header = Array("head".utf8)
    region.descriptor.tail = [0]
    region.descriptor.permissions = 0o640
    region.descriptor.modified = Timestamp(seconds: -5, nanoseconds: 999_999_999)
    region.descriptor.changedWhileRead = true
    try check(
      [region, TestWave.region("z", [9])],
      directories: [DirectoryEntry(name: "e", permissions: 0o755), DirectoryEntry(name: "ä")])
  }

  /// The state root is that of the same state in an `.hwp`.
  @Test func theStateRootIsThatOfTheState() throws {
    let state = [
      TestWave.region("c", [1], component: .metadata), TestWave.region("a", [1, 2, 3, 4], .f32),
      TestWave.region("b", [5], component: .index),
    ]
    var container = try TestContainer()
    for region in state { try container.add(region.descriptor, region.bytes) }
    let other = try container.finish()
    #expect(try TestWave.write(state, to: MemorySink()).stateRoot == other.stateRoot)
  }

  @Test(arguments: [(0, 0), (0, 3), (1, 0), (1, 1), (3, 0), (3, 1), (3, 4)], [false, true])
  func aRegionBegunAnewReplacesItsBeginning(counts: (before: Int, after: Int), inData: Bool) throws {
    var generator = SeededGenerator(seed: 9)
    let type: ElementType = inData ? .f64 : .u16
    let first = TestWave.region("first", generator.bytes(4_104), type)
    let old = generator.bytes(counts.before * Self.chunk)
    let new = TestWave.region("r", generator.bytes(counts.after * Self.chunk + 8), inData ? .f64 : .u64)
    let last = TestWave.region("last", [1, 2, 3])
    let sink = MemorySink()
    let writer = try TestWave.writer(sink, sampleType: .f64, partByteLimit: UInt64(Self.limit))
    try TestWave.begin(writer, first.descriptor, ordinal: 0)
    try TestWave.append(first.bytes, to: writer)
    try writer.endRegion(first.descriptor)
    try writer.beginRegion(name: "r", component: .memory, elementType: type, ordinal: 1)
    try TestWave.append(old, to: writer)
    #expect(throws: FormatError.self) { try writer.restartRegion(elementType: inData ? .u16 : .f64) }
    try writer.restartRegion(elementType: inData ? nil : .u64)
    try TestWave.append(new.bytes, to: writer)
    try writer.endRegion(new.descriptor)
    try TestWave.begin(writer, last.descriptor, ordinal: 2)
    try TestWave.append(last.bytes, to: writer)
    try writer.endRegion(last.descriptor)
    _ = try TestWave.finish(writer)
    #expect(TestWave.problem(sink.bytes) == nil)
    // As if the first beginning had never been.
    let plain = MemorySink()
    let again = try TestWave.writer(plain, sampleType: .f64, partByteLimit: UInt64(Self.limit))
    for (ordinal, region) in [first, new, last].enumerated() {
      try TestWave.begin(again, region.descriptor, ordinal: ordinal)
      try TestWave.append(region.bytes, to: again)
      try again.endRegion(region.descriptor)
    }
    _ = try TestWave.finish(again)
    #expect(sink.bytes == plain.bytes)
  }

  @Test(arguments: [0, 1, 3], [ElementType.f32, .bytes])
  func aRegionGivenUpLeavesNoTrace(chunkCount: Int, type: ElementType) throws {
    let sink = MemorySink()
    let writer = try TestWave.writer(sink, sampleType: .f32, partByteLimit: UInt64(Self.limit))
    try writer.beginRegion(name: "gone", component: .memory, elementType: type, ordinal: 0)
    try TestWave.append([UInt8](repeating: 1, count: chunkCount * Self.chunk), to: writer)
    try writer.abandonRegion()
    let kept = TestWave.region("kept", [1, 2, 3])
    try TestWave.begin(writer, kept.descriptor, ordinal: 1)
    try TestWave.append(kept.bytes, to: writer)
    try writer.endRegion(kept.descriptor)
    _ = try TestWave.finish(writer)
    let plain = MemorySink()
    let again = try TestWave.writer(plain, sampleType: .f32)
    try TestWave.begin(again, kept.descriptor, ordinal: 0)
    try TestWave.append(kept.bytes, to: again)
    try again.endRegion(kept.descriptor)
    _ = try TestWave.finish(again)
    #expect(sink.bytes == plain.bytes)
  }

  @Test func aFileHoldsWhatMemoryHolds() throws {
    let directory = ScratchDirectory()
    let state = [
      TestWave.region("a", [UInt8](repeating: 5, count: 3 * Self.chunk), .f32), TestWave.region("b", [1, 2, 3]),
    ]
    let file = try Syscalls().open(directory.path("a.wave"), O_RDWR | O_CREAT | O_EXCL)
    let sink = FileSink(file)
    let writer = try TestWave.writer(sink, sampleType: .f32)
    for (ordinal, region) in state.enumerated() {
      try TestWave.begin(writer, region.descriptor, ordinal: ordinal)
      try TestWave.append([9, 9, 9, 9], to: writer)
      try writer.restartRegion()
      try TestWave.append(region.bytes, to: writer)
      try writer.endRegion(region.descriptor)
    }
    let receipt = try TestWave.finish(writer)
    #expect(sink.byteCount == receipt.byteCount)
    #expect(try directory.read("a.wave") == TestWave.bytes(of: state))
    let reader = try WaveReader.open(try FileSource(file), path: "a.wave")
    #expect(try reader.bytes(ofRegion: 0) == state[0].bytes)
  }
}
