import HoloFormat
import HoloModel
import TestSupport
import Testing

/// Regions that are cut by their content, written and read (HWP-Format.md, section 15).
@Suite struct ContentRoundTripTests {
  private typealias Region = (name: String, bytes: [UInt8])

  private func opened(_ container: TestContainer) throws -> (map: ChunkMap, source: MemorySource) {
    let source = MemorySource(container.sink.bytes)
    let reader = try ContainerReader.open(source, path: "")
    let map = try reader.index()
    #expect(reader.verifyStoredFrames().isEmpty)
    #expect(try reader.verifyUnreferencedFrames(map).isEmpty)
    return (map, source)
  }

  private func lengths(_ map: ChunkMap, _ region: Int) throws -> [Int] {
    var lengths: [Int] = []
    try map.forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in lengths.append(chunk.byteCount) }
    return lengths
  }

  @Test("Regions of any number of chunks come back, over any number of segments", arguments: [1, 2, 3, 4_096])
  func regions(chunksPerSegment: Int) throws {
    var generator = SeededGenerator.announced()
    let contents = [0, 1, 1_023, 1_024, 8_192, 8_193, 131_072, 131_073, 1_000_000].map { generator.bytes($0) }
    let container = try TestContainer(chunksPerSegment: chunksPerSegment, requiredFeatures: HWP.Feature.content)
    for (index, bytes) in contents.enumerated() {
      try container.addContent("c\(index)", bytes, version: index % 2 == 0 ? UInt32(index) : nil)
    }
    try container.finish()
    let (map, source) = try opened(container)
    #expect(map.regions.count == contents.count)
    for (index, bytes) in contents.enumerated() {
      let descriptor = map.regions[index]
      #expect(descriptor.name == "c\(index)" && descriptor.chunking == .content)
      #expect(descriptor.blobVersion == (index % 2 == 0 ? UInt32(index) : nil))
      #expect(try map.bytes(ofRegion: index, from: source) == bytes)
      #expect(try lengths(map, index) == ContentCut.lengths(of: bytes))
    }
    #expect(map.totals.chunkCount == UInt64(contents.reduce(0) { $0 + ContentCut.lengths(of: $1).count }))
    #expect(map.totals.byteCount == UInt64(contents.reduce(0) { $0 + $1.count }))
  }

  @Test("They stand among regions on the grid", arguments: [1, 2, 4_096])
  func mixed(chunksPerSegment: Int) throws {
    var generator = SeededGenerator.announced()
    let regions: [Region] = [300_000, 100_000, 262_145, 0, 50_000, 7].enumerated().map {
      ("\($0.offset % 2 == 0 ? "grid" : "cut")\($0.offset)", generator.bytes($0.element))
    }
    var container = try TestContainer(chunksPerSegment: chunksPerSegment, requiredFeatures: HWP.Feature.content)
    for (name, bytes) in regions {
      if name.hasPrefix("cut") { try container.addContent(name, bytes) } else { try container.add(name, bytes) }
    }
    try container.finish()
    let (map, source) = try opened(container)
    #expect(map.regions.map(\.name) == regions.map(\.name))
    for (index, region) in regions.enumerated() {
      #expect(map.regions[index].chunking == (region.name.hasPrefix("cut") ? .content : .grid))
      #expect(try map.bytes(ofRegion: index, from: source) == region.bytes)
    }
  }

  @Test("Lengths are free from 1,024 to 262,144 bytes, and the last one from 1")
  func freeLengths() throws {
    var generator = SeededGenerator.announced()
    for lengths in [[1_024, 1], [262_144, 262_144], [1_024, 262_144, 1_024, 5_000, 1], [1_024]] {
      let bytes = generator.bytes(lengths.reduce(0, +))
      let container = try TestContainer(chunksPerSegment: 2, requiredFeatures: HWP.Feature.content)
      try container.addContent("c", bytes, lengths: lengths)
      try container.finish()
      let (map, source) = try opened(container)
      #expect(try self.lengths(map, 0) == lengths)
      #expect(try map.bytes(ofRegion: 0, from: source) == bytes)
    }
  }

  @Test("A region ends in a part without chunks where its last one ended a segment")
  func finalPartWithoutChunks() throws {
    var generator = SeededGenerator.announced()
    let bytes = generator.bytes(2_048 + 3)
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    try container.writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
    try container.appendContent(bytes, lengths: [2_048, 3])
    try container.writer.endSegment()
    try container.writer.endRegion(TestContainer.contentDescriptor("c", bytes))
    try container.finish()
    let (map, source) = try opened(container)
    let reader = try ContainerReader.open(source, path: "")
    #expect(reader.segmentReferences.map(\.chunkCount) == [2, 0])
    #expect(try map.bytes(ofRegion: 0, from: source) == bytes)
  }

  @Test("A region begun anew leaves what was discarded, its last chunk short", arguments: [1, 2, 4_096])
  func discarded(chunksPerSegment: Int) throws {
    var generator = SeededGenerator.announced()
    let (first, second) = (generator.bytes(5_000), generator.bytes(60_000))
    let container = try TestContainer(chunksPerSegment: chunksPerSegment, requiredFeatures: HWP.Feature.content)
    try container.writer.beginRegion(name: "c", elementType: .bytes, chunking: .content)
    try container.appendContent(first, lengths: [2_000, 2_990, 10])
    try container.writer.restartRegion()
    try container.appendContent(second, lengths: ContentCut.lengths(of: second))
    try container.writer.endRegion(TestContainer.contentDescriptor("c", second))
    try container.addContent("d", first, lengths: [5_000])
    try container.writer.beginRegion(name: "gone", elementType: .bytes, chunking: .content)
    try container.appendContent(first, lengths: [4_999])
    try container.writer.abandonRegion()
    try container.finish()
    let (map, source) = try opened(container)
    #expect(map.regions.map(\.name) == ["c", "d"])
    #expect(try map.bytes(ofRegion: 0, from: source) == second)
    #expect(try map.bytes(ofRegion: 1, from: source) == first)
  }

  @Test("What stands twice in a segment is stored once, whatever region it is of")
  func storedOnce() throws {
    var generator = SeededGenerator.announced()
    let (one, two) = (generator.bytes(3_000), generator.bytes(2_000))
    for (chunksPerSegment, expected) in [
      (4_096, [true, true, false, false, false]), (2, [true, true, true, false, true]),
      (1, [true, true, true, true, true]),
    ] {
      let container = try TestContainer(chunksPerSegment: chunksPerSegment, requiredFeatures: HWP.Feature.content)
      var written = try container.addContent("c", one + two + one + one, lengths: [3_000, 2_000, 3_000, 3_000])
      written += try container.addContent("d", two)
      #expect(written == expected)
      let receipt = try container.finish()
      let frame = UInt64(container.frame(of: one).count)
      let other = UInt64(container.frame(of: two).count)
      let counts = (one: UInt64(expected[0...3].count { $0 } - 1), two: UInt64(expected[4] ? 1 : 0))
      #expect(receipt.regionStoredByteCounts == [counts.one * frame + other, counts.two * other])
      let (map, source) = try opened(container)
      #expect(try map.bytes(ofRegion: 0, from: source) == one + two + one + one)
      #expect(try map.bytes(ofRegion: 1, from: source) == two)
    }
  }

  @Test("Chunks of one value and length have no frame, and equal bytes of another length are no match")
  func constants() throws {
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    let zeros = [UInt8](repeating: 0, count: 4_000)
    #expect(try container.addContent("z", zeros, lengths: [2_000, 2_000]) == [false, false])
    try container.finish()
    let (map, source) = try opened(container)
    #expect(map.totals.payloadByteCount == 0)
    #expect(try map.bytes(ofRegion: 0, from: source) == zeros)
  }

  @Test("A blob on the grid needs no feature, and its version is in the state root", arguments: [0, 1, UInt32.max])
  func blobOnTheGrid(version: UInt32) throws {
    var container = try TestContainer()
    var descriptor = TestContainer.descriptor("b", [1, 2, 3])
    let plain = try TestContainer()
    try plain.writer.beginRegion(name: "b", elementType: .bytes)
    try plain.append([1, 2, 3], chunks: 0..<1)
    try plain.writer.endRegion(descriptor)
    descriptor.blobVersion = version
    try container.add(descriptor, [1, 2, 3])
    let (receipt, other) = (try container.finish(), try plain.finish())
    #expect(receipt.stateRoot != other.stateRoot)
    let (map, source) = try opened(container)
    #expect(map.regions[0].blobVersion == version && map.regions[0].chunking == .grid)
    #expect(try map.bytes(ofRegion: 0, from: source) == [1, 2, 3])
  }

  /// The record that section 10 describes, written out by hand.
  @Test("The state root of a blob is that of the page")
  func stateRoot() throws {
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    try container.addContent("b", [7], version: 0x0102_0304)
    let receipt = try container.finish()
    var record: [UInt8] = [1, 0, 0, 0, UInt8(ascii: "b"), 0, 0, 0] + [UInt8](repeating: 0, count: 8)
    record += [1, 0, 0, 0, 0, 0, 0, 0]
    BLAKE3.hash([7]).withBytes { record += Array($0) }
    record += [0xFF, 0xFF, 0xFF, 0xFF, 0x06, 0x80, 4, 0, 0, 0, 4, 3, 2, 1]
    #expect(receipt.stateRoot == BLAKE3.hash(record))
  }
}
