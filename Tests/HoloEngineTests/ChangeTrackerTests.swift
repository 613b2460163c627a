import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Captures that are told where something was written.
@Suite struct ChangeTrackerTests {
  @Test("Ranges are those of a set of numbers, whatever is put in")
  func ranges() {
    var generator = SeededGenerator.announced()
    for _ in 0..<200 {
      var (ranges, model) = (ByteRanges(), Set<UInt64>())
      for _ in 0..<Int.random(in: 0...20, using: &generator) {
        let start = UInt64.random(in: 0...60, using: &generator)
        let range = start..<(start + UInt64.random(in: 0...9, using: &generator))
        if generator.next() % 4 == 0 {
          var other = ByteRanges()
          other.insert(range)
          other.insert(3..<5)
          ranges.formUnion(other)
          model.formUnion(3..<5)
        } else {
          ranges.insert(range)
        }
        model.formUnion(range)
        #expect(Set(ranges.ranges.flatMap { Array($0) }) == model)
        #expect(ranges.byteCount == UInt64(model.count))
        #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        for start in 0..<UInt64(64) {
          #expect(ranges.overlaps(start..<(start + 3)) == !model.isDisjoint(with: start..<(start + 3)))
          #expect(!ranges.overlaps(start..<start))
        }
      }
    }
  }

  @Test("What is not told to have changed is not looked at", arguments: TestBackend.available)
  func chunksAreNotRead(backend: TestBackend) throws {
    let state = TestState()
    state.add(.f32, count: 300_000, .noise)
    state.add(.bytes, count: 1_000, .text)
    state.add(.f64, count: 50_000, .noise, seed: 2)
    let names = state.regions.map(\.name)
    let log = ChangeLog()
    names.forEach(log.watch)
    let sink = MemorySink()
    log.beginCapture()
    let full = try Capture(options: CaptureOptions()).run(state.description, into: sink, backend: backend.make())
    let base = try CaptureBase(ContainerReader.open(MemorySource(sink.bytes), path: "0"))
    #expect(base.snapshotID.hexadecimal == full.snapshotID)
    // It has nothing to say yet.
    #expect(log.changes(of: names[0], since: base.snapshotID) == nil)
    log.endCapture(as: base.snapshotID)

    // Written and told; written and not told, which no tracker may do: so that it shows that nobody looks.
    state.change(0, at: 262_144 + 5)
    log.record(262_149..<262_150, of: names[0])
    state.change(0, at: 600_000)
    state.change(1, at: 7)
    state.change(2, at: 0)
    log.record(0..<1, of: names[2])
    log.beginCapture()
    let report = try take(state, over: base, log, backend)
    #expect(report.regions.map(\.changedByteCount) == [4_096, 0, 4_096])
    let expected = TestState()
    expected.add(.f32, count: 300_000, .noise)
    expected.add(.bytes, count: 1_000, .text)
    expected.add(.f64, count: 50_000, .noise, seed: 2)
    expected.change(0, at: 262_144 + 5)
    expected.change(2, at: 0)
    #expect(try capture(expected, backend: .host).report.totals.stateRoot == report.totals.stateRoot)

    // It failed: the next one takes what it took, and what came since.
    log.record(500_000..<500_001, of: names[0])
    log.abandonCapture()
    state.change(0, at: 500_000)
    expected.change(0, at: 500_000)
    log.beginCapture()
    #expect(log.changes(of: names[0], since: base.snapshotID)?.ranges == [262_149..<262_150, 500_000..<500_001])
    let again = try take(state, over: base, log, backend)
    #expect(again.regions.map(\.changedByteCount) == [8_192, 0, 4_096])
    #expect(try capture(expected, backend: .host).report.totals.stateRoot == again.totals.stateRoot)
    log.abandonCapture()

    // Relative to another snapshot, and of a region that was not watched all the time, it knows nothing.
    log.unwatch(names[1])
    log.watch(names[1])
    log.beginCapture()
    #expect(log.changes(of: names[0], since: Digest256()) == nil)
    #expect(log.changes(of: names[1], since: base.snapshotID) == nil)
    let last = try take(state, over: base, log, backend)
    #expect(last.regions[1].changedByteCount == 1_000)
  }

  @Test("Regions that shrink to a chunk, grow, or are within a bound are read")
  func regionsThatHaveToBeRead() throws {
    for (before, now) in [(100_000, 65_536), (65_536, 100_000), (65_536, 65_536), (70_000, 70_001)] {
      let (old, state) = (TestState(), TestState())
      old.add(.f32, named: "r", bytes(before))
      state.add(.f32, named: "r", bytes(now))
      let sink = MemorySink()
      _ = try Capture(options: CaptureOptions()).run(old.description, into: sink, backend: TestBackend.host.make())
      let base = try CaptureBase(ContainerReader.open(MemorySource(sink.bytes), path: "0"))
      let report = try take(state, over: base, Nothing(), .host)
      #expect(
        try capture(state, backend: .host).report.totals.stateRoot == report.totals.stateRoot, "\(before) to \(now)")
    }
    let state = TestState()
    state.add(.f32, named: "r", bytes(100_000))
    state.allow(.absolute(0.1), region: 0)
    let sink = MemorySink()
    let full = try Capture(options: CaptureOptions()).run(
      state.description, into: sink, backend: TestBackend.host.make())
    let base = try CaptureBase(ContainerReader.open(MemorySource(sink.bytes), path: "0"))
    let report = try take(state, over: base, Nothing(), .host)
    #expect(report.regions[0].descriptor.quantization == full.regions[0].descriptor.quantization)
  }

  /// Says that nothing was written.
  private final class Nothing: ChangeTracker {
    func changes(of region: String, since base: Digest256) -> ByteRanges? { ByteRanges() }
  }

  private func bytes(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { index in withUnsafeBytes(of: Float(index % 1_000) / 8) { Array($0) } }
  }

  private func take(
    _ state: TestState, over base: CaptureBase, _ tracker: any ChangeTracker, _ backend: TestBackend
  ) throws -> CaptureReport {
    var options = CaptureOptions()
    options.type = .incremental
    return try Capture(options: options).run(
      state.description, into: MemorySink(), base: base, tracker: tracker, backend: backend.make())
  }
}
