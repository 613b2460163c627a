import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// What a verification says of a container besides that something is wrong.
@Suite struct VerificationTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  private func verify(
    _ source: any RandomAccessSource, quick: Bool, progress: ProgressHandler? = nil
  ) throws -> Verification.Outcome {
    var options = RestoreOptions()
    options.workers = 2
    return try Verification(options: options).run(
      source, path: "x y.hwp", quick: quick, backend: TestBackend.host.make(), progress: progress)
  }

  private func captureWave(_ state: TestState) throws -> [UInt8] {
    let sink = MemorySink()
    _ = try Capture(options: CaptureOptions()).run(
      state.description, as: .wave, into: sink, containerID: Digest128(), createdNanoseconds: 1,
      backend: TestBackend.host.make())
    return sink.bytes
  }

  @Test(arguments: [false, true]) func ofASoundContainerThereIsNothingToSay(quick: Bool) throws {
    let outcome = try verify(MemorySource(capture(mixedState(), backend: .host).bytes), quick: quick)
    #expect(outcome.problems == [])
    #expect(outcome.findings == nil)
  }

  @Test(arguments: [false, true]) func ofADamagedChunkItsRegionIsNamedAndTheOthersAreWhole(quick: Bool) throws {
    let state = mixedState()
    var (bytes, _) = try capture(state, backend: .host)
    let extent = try ContainerReader.open(MemorySource(bytes), path: "").frames.extent(of: 1)
    bytes[Int(extent.offset) + extent.byteCount / 2] ^= 1
    let outcome = try verify(MemorySource(bytes), quick: quick)
    let names = state.regions.map(\.name)
    #expect(outcome.problems.map(\.offset) == [extent.offset])
    #expect(outcome.findings?.wholeRegions == Array(names.dropFirst()))
    #expect(outcome.findings?.damagedRegions == [names[0]])
    #expect(outcome.findings?.hasLostRegions == false)
    #expect(
      outcome.problems.first?.remedy
        == "`holosnap restore 'x y.hwp' TARGET --region '**'` brings back the 6 regions that are whole")
  }

  @Test(arguments: [false, true]) func withoutAManifestEveryRegionIsCheckedAllTheSame(quick: Bool) throws {
    let state = mixedState()
    var (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    bytes[Int(try #require(reader.trailer).manifestOffset) + 70] ^= 1
    let names = state.regions.map(\.name)
    let outcome = try verify(MemorySource(bytes), quick: quick)
    #expect(outcome.problems.map(\.message) == ["the manifest does not match its hash"])
    #expect(outcome.findings?.wholeRegions == names)
    #expect(outcome.findings?.hasLostRegions == false)
    #expect(outcome.problems.first?.remedy?.hasPrefix("every region is whole: `holosnap restore") == true)

    // Without the frame table, only the chunk itself tells.
    let extent = reader.frames.extent(of: 1)
    bytes[Int(extent.offset) + extent.byteCount / 2] ^= 1
    let worse = try verify(MemorySource(bytes), quick: quick)
    #expect(worse.findings?.damagedRegions == [names[0]])
    #expect(worse.findings?.wholeRegions == Array(names.dropFirst()))
    #expect(worse.problems.map(\.chunk) == [nil, 0])
  }

  @Test(arguments: [false, true]) func aLostEndLeavesRegionsThatCannotBeKnown(quick: Bool) throws {
    let state = TestState()
    for index in 0..<4_100 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    let (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    let first = reader.frames.extent(of: reader.segmentReferences[0].frame)
    let end = Int(first.offset) + first.byteCount
    let frame = reader.frames.extent(of: first.number + 1)
    for length in [end, end + 1, end + frame.byteCount] {
      let rest = length > end ? UInt64(length - end) : nil
      let outcome = try verify(MemorySource(Array(bytes[..<length])), quick: quick)
      #expect(outcome.findings?.wholeRegions == state.regions.prefix(4_096).map(\.name))
      #expect(outcome.findings?.damagedRegions == [])
      #expect(outcome.findings?.hasLostRegions == true)
      let lost = try #require(outcome.problems.last)
      #expect(lost.offset == UInt64(end) && lost.length == rest)
      #expect(lost.message.contains("one stored chunk is left") == (length == end + frame.byteCount))
    }
  }

  @Test(arguments: [false, true]) func aLostSegmentIsSaidToBeAnIndex(quick: Bool) throws {
    let state = TestState()
    for index in 0..<4_097 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    var (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    let second = reader.frames.extent(of: reader.segmentReferences[1].frame)
    bytes[Int(second.offset) + 80] ^= 1
    let outcome = try verify(MemorySource(bytes), quick: quick)
    #expect(
      outcome.problems.map(\.message) == [
        "the segment does not match its hash: the index of 1 chunk, of 1 region or parts of them, is lost"
      ])
    #expect(outcome.problems.map(\.offset) == [second.offset])
    #expect(outcome.findings?.wholeRegions.count == 4_096)
    #expect(outcome.findings?.hasLostRegions == true)
  }

  @Test func whereNothingIsLeftNothingIsPromised() throws {
    let (bytes, _) = try capture(mixedState(), backend: .host)
    let outcome = try verify(MemorySource(Array(bytes[..<1_000])), quick: false)
    #expect(outcome.findings == nil && outcome.checkedByteCount == 0)
    #expect(outcome.problems.map(\.remedy) == ["no region of it can be had: use another snapshot"])
  }

  /// Counts the bytes that are read, and cannot read some.
  private final class CountingSource: RandomAccessSource {
    private let source: MemorySource
    private let unreadable: Range<UInt64>
    let count = Atomic<Int>(0)

    init(_ bytes: [UInt8], unreadable: Range<UInt64> = 0..<0) {
      source = MemorySource(bytes)
      self.unreadable = unreadable
    }

    var byteCount: UInt64 { source.byteCount }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
      if !unreadable.isEmpty, (offset..<offset + UInt64(buffer.count)).overlaps(unreadable) {
        throw SystemError(call: .pread, path: "x", code: EIO)
      }
      let count = source.read(into: buffer, at: offset)
      self.count.add(count, ordering: .relaxed)
      return count
    }
  }

  @Test(arguments: [false, true], [ContainerFormat.hwp, .wave])
  func everyStoredChunkIsReadOnce(quick: Bool, format: ContainerFormat) throws {
    let state = mixedState()
    let bytes = format == .hwp ? try capture(state, backend: .host).bytes : try captureWave(state)
    let source = CountingSource(bytes)
    #expect(try verify(source, quick: quick).problems == [])
    let count = source.count.load(ordering: .relaxed)
    // Index, manifest, table and notes may be read again; they are small here.
    #expect((bytes.count..<bytes.count + 32_768).contains(count), "\(count) of \(bytes.count) bytes")
  }

  @Test(arguments: [false, true]) func whatCannotBeReadIsNamedAndTheRestIsChecked(quick: Bool) throws {
    let state = mixedState()
    let (bytes, _) = try capture(state, backend: .host)
    let extent = try ContainerReader.open(MemorySource(bytes), path: "").frames.extent(of: 2)
    let source = CountingSource(bytes, unreadable: extent.offset..<extent.offset + 1)
    let outcome = try verify(source, quick: quick)
    #expect(outcome.problems.map(\.region) == [state.regions[0].name])
    #expect(outcome.problems.map(\.chunk) == [1])
    #expect(outcome.problems.map(\.offset) == [extent.offset])
    #expect(outcome.findings?.wholeRegions.count == state.regions.count - 1)
  }

  @Test func aFrameThatNoIndexNamesAndThatCannotBeReadIsNamedToo() throws {
    let state = TestState()
    for index in 0..<4_097 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    var (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    let second = reader.frames.extent(of: reader.segmentReferences[1].frame)
    bytes[Int(second.offset) + 80] ^= 1
    let frame = reader.frames.extent(of: second.number - 1)
    let outcome = try verify(CountingSource(bytes, unreadable: frame.offset..<frame.offset + 1), quick: false)
    #expect(outcome.problems.map(\.offset) == [second.offset, frame.offset])
    #expect(outcome.problems.map(\.kind) == ["damaged", "inputOutput"])
  }

  @Test(arguments: [false, true], [ContainerFormat.hwp, .wave])
  func progressEndsAtItsTotal(quick: Bool, format: ContainerFormat) throws {
    let state = mixedState()
    let (compressed, report) = try capture(state, backend: .host)
    let bytes = format == .hwp ? compressed : try captureWave(state)
    var seen: [Progress] = []
    _ = try verify(MemorySource(bytes), quick: quick) { seen.append($0) }
    let total =
      quick && format == .hwp
      ? try #require(ContainerReader.open(MemorySource(bytes), path: "").trailer).manifestOffset : report.rawByteCount
    #expect(Set(seen.map(\.totalByteCount)) == [total])
    #expect(seen.last?.doneByteCount == total)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.doneByteCount <= $1.doneByteCount })
  }
}
