import HoloFormat
import HoloModel
import TestSupport
import Testing

@Suite struct SalvageTests {
  private static let names = ["a", "b", "c", "long", "x", "y", "z"]

  /// Segments: a b | c long | long long | x y | z
  private static func content(_ name: String) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(name.utf8.first ?? 0))
    return generator.bytes(name == "long" ? 3 * ChunkGeometry.chunkByteCount : 40)
  }

  private static let sound: [UInt8] = {
    do {
      var container = try TestContainer(chunksPerSegment: 2)
      for name in names { try container.add(name, content(name)) }
      try container.finish(directories: [DirectoryEntry(name: "d")])
      return container.sink.bytes
    } catch { preconditionFailure("\(error)") }
  }()

  /// Compares every region's bytes with what was written, and returns the names.
  private func check(_ salvage: Salvage, _ bytes: [UInt8]) throws -> [String] {
    var names: [String] = []
    for (region, descriptor) in salvage.chunks.regions.enumerated() {
      names.append(descriptor.name)
      #expect(
        try salvage.chunks.bytes(ofRegion: region, from: MemorySource(bytes)) == Self.content(descriptor.name))
    }
    return names
  }

  @Test func aSoundContainerIsSalvagedWhole() throws {
    let salvage = try Salvage.scan(MemorySource(Self.sound), path: "")
    #expect(try check(salvage, Self.sound) == Self.names)
    #expect(salvage.reader?.trailer != nil)
    #expect(salvage.chunks.problems.isEmpty)
    #expect(salvage.summary?.series == "core")
    #expect(salvage.directories.map(\.name) == ["d"])
  }

  @Test func afterACutEveryRegionInAWholeSegmentComesBack() throws {
    var generator = SeededGenerator.announced()
    let layout = try Layout(Self.sound)
    let ends = layout.frames.map(\.range.upperBound)
    let cuts =
      ends + ends.map { $0 - 1 } + ends.map { $0 + 1 } + [layout.manifest.upperBound - 1, Self.sound.count - 1]
    for cut in cuts + (0..<40).map({ _ in Int.random(in: 64..<Self.sound.count, using: &generator) }) {
      let bytes = Array(Self.sound[..<cut])
      let whole = layout.segments.filter { layout.frames[$0].range.upperBound <= cut }.count
      let expected = Array(Self.names.prefix([0, 2, 3, 4, 6, 7][whole]))
      guard whole > 0 else {
        let error = #expect(throws: FormatError.self) { _ = try Salvage.scan(MemorySource(bytes), path: "") }
        #expect(error?.kind == .truncated)
        continue
      }
      let salvage = try Salvage.scan(MemorySource(bytes), path: "")
      #expect(try check(salvage, bytes) == expected, "cut at \(cut)")
      #expect(salvage.reader == nil || cut >= layout.manifest.upperBound)
      #expect(salvage.containerID == TestContainer.id)
      // "long" goes on after the second segment.
      #expect(salvage.chunks.problems.contains { $0.region == "long" } == (whole == 2))
      #expect(salvage.reader != nil || !salvage.chunks.problems.isEmpty)
    }
  }

  @Test func wholeFramesAfterTheLastSegmentAreCounted() throws {
    let layout = try Layout(Self.sound)
    let cut = layout.frames[layout.segments[3] + 1].range.upperBound
    let salvage = try Salvage.scan(MemorySource(Array(Self.sound[..<cut])), path: "")
    let problem = try #require(salvage.chunks.problems.last)
    #expect(problem.message.contains("one stored chunk is left there"))
    #expect(problem.offset == UInt64(layout.frames[layout.segments[3]].range.upperBound))
  }

  @Test func withoutATrailerTheManifestServes() throws {
    var bytes = Self.sound
    for index in (bytes.count - 144)..<bytes.count { bytes[index] = 0 }
    #expect(throws: FormatError.self) { _ = try ContainerReader.open(MemorySource(bytes), path: "") }
    let salvage = try Salvage.scan(MemorySource(bytes), path: "")
    #expect(try check(salvage, bytes) == Self.names)
    #expect(salvage.reader?.trailer == nil)
    #expect(try #require(salvage.reader).verifyStoredFrames().isEmpty)
    #expect(salvage.chunks.problems.isEmpty)
  }

  @Test func withoutAManifestTheSegmentsServe() throws {
    var bytes = Self.sound
    let layout = try Layout(bytes)
    bytes[layout.manifest.lowerBound + 70] ^= 1
    let salvage = try Salvage.scan(MemorySource(bytes), path: "")
    #expect(try check(salvage, bytes) == Self.names)
    #expect(salvage.reader == nil && salvage.header != nil)
    #expect(salvage.directories.count == 0)
  }

  @Test func withoutManifestAndASegmentTheOthersServe() throws {
    let layout = try Layout(Self.sound)
    let whole = [["c", "long", "x", "y", "z"], ["a", "b", "x", "y", "z"], ["a", "b", "c", "x", "y", "z"]]
    for (index, expected) in whole.enumerated() {
      var bytes = Self.sound
      bytes[layout.manifest.lowerBound + 70] ^= 1
      bytes[layout.frames[layout.segments[index]].range.lowerBound + 90] ^= 1
      let salvage = try Salvage.scan(MemorySource(bytes), path: "")
      #expect(try check(salvage, bytes) == expected)
      #expect(salvage.chunks.problems.contains { $0.message.contains("the index of this stretch is lost") })
    }
  }

  @Test func aDamagedHeaderLosesNothing() throws {
    for offset in [0, 8, 16, 20, 22, 24, 40, 56] {
      for cut in [0, 144, 200] {
        var bytes = Array(Self.sound.dropLast(cut))
        bytes[offset] ^= 0x40
        // Without a trailer there is nothing to prove a version or a feature wrong.
        if cut > 0 && [16, 20, 22, 24].contains(offset) { continue }
        let salvage = try Salvage.scan(MemorySource(bytes), path: "")
        #expect(try check(salvage, bytes) == Self.names, "byte \(offset), cut \(cut)")
      }
    }
  }

  /// A region that is a container, stored as it is: its segments are not ours.
  @Test(arguments: [true, false])
  func aContainerInAContainerIsLeftAlone(hasManifest: Bool) throws {
    var container = try TestContainer(chunksPerSegment: 2)
    let writer = try ContainerWriter(sink: MemorySink(), containerID: .random(), createdNanoseconds: 0)
    _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) }
    let inner = Array(Self.sound.prefix(100_000))
    try container.add("before", [1, 2])
    try container.add("inner", inner)
    try container.add("after", [3, 4])
    try container.finish()
    var bytes = container.sink.bytes
    let layout = try Layout(bytes)
    if !hasManifest { bytes[layout.manifest.lowerBound + 70] ^= 1 }
    let salvage = try Salvage.scan(MemorySource(bytes), path: "")
    #expect(salvage.chunks.regions.map(\.name) == ["before", "inner", "after"])
    #expect(try salvage.chunks.bytes(ofRegion: 1, from: MemorySource(bytes)) == inner)
  }

  @Test func falseSegmentsCostLittle() throws {
    // Beginnings that say that they are long, all over a large file: a search that hashed them all would not end.
    var bytes = Array(Self.sound[..<64])
    let layout = try Layout(Self.sound)
    let segment = Array(Self.sound[layout.frames[layout.segments[0]].range])
    while bytes.count < 4 << 20 {
      var start = Array(segment[..<80])
      start.put(UInt64(bytes.count), at: 16)
      start.put(UInt32(1 << 20), at: 56)
      let sections = 64 + 16 + 4 * 2 + 8 * 2 + 32 * 2 + 2
      let codings = segment[48..<56].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
      let size = sections + Int(codings & 0xFFFF_FFFF) + Int(codings >> 32) + (1 << 20) + 16 - 8
      start.put(UInt32(size), at: 4)
      bytes += start
    }
    #expect(throws: FormatError.self) { _ = try Salvage.scan(MemorySource(bytes), path: "") }
  }
}
