import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Incremental snapshots of blobs.
@Suite struct BlobDeltaTests {
  private typealias Chain = DeltaTests.Chain

  /// The reports' numbers are those that a reader finds.
  private func expectCounted(_ chain: Chain, _ index: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let scratch = ScratchDirectory()
    try chain.write(to: scratch)
    let report = chain.snapshots[index].report
    let found = try Snapshots().inspect(snapshot: scratch.reference("\(index).hwp"))
    #expect(
      found.regions.map(\.storedByteCount) == report.regions.map(\.storedByteCount), sourceLocation: sourceLocation)
    #expect(
      found.regions.map(\.changedByteCount) == report.regions.map(\.changedByteCount), sourceLocation: sourceLocation)
    #expect(
      found.regions.map(\.storedByteCount).reduce(0, +) == report.totals.payloadByteCount,
      sourceLocation: sourceLocation)
  }

  @Test("A record that comes in the middle is stored with its neighbours alone", arguments: TestBackend.available)
  func insertion(backend: TestBackend) throws {
    var generator = SeededGenerator(seed: 5_000)
    var records = BlobRecords(5_000, &generator)
    let state = TestState()
    state.add(blob: "records", records.bytes)
    state.add(blob: "other", generator.bytes(1 << 20))
    state.add(.f32, count: 100_000, .noise)
    #expect(state.regions[0].byteCount > 8_000_000)
    let chain = Chain()
    try chain.take(state, over: nil, on: backend)
    records.insert(at: 2_500, &generator)
    state.replace(0, by: records.bytes)
    let report = try chain.take(state, over: 0, on: backend)
    #expect(report.regions[0].storedByteCount > 1_600 / 2)
    #expect(report.regions[0].storedByteCount <= 64 << 10)
    #expect(report.regions[0].changedByteCount < 256 << 10)
    #expect(report.summary.changedBytes == report.regions[0].changedByteCount)
    #expect(report.regions[1...].allSatisfy { $0.storedByteCount == 0 && $0.changedByteCount == 0 })
    #expect(report.storedByteCount < 128 << 10)
    try chain.expectRestored(1, as: state, backend: backend)
    try expectCounted(chain, 0)
    try expectCounted(chain, 1)
    #expect(try capture(state, backend: .host).report.stateRoot == report.stateRoot)
  }

  @Test("A blob that has not changed stores nothing, nor its index", arguments: TestBackend.available)
  func unchanged(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(blob: "none", [])
    state.add(blob: "b", generator.bytes(3 << 20))
    state.add(blob: "zeros", [UInt8](repeating: 0, count: 500_000))
    let chain = Chain()
    try chain.take(state, over: nil, on: backend)
    for step in 1...2 {
      let report = try chain.take(state, over: step - 1, on: backend)
      #expect(report.totals.payloadByteCount == 0)
      #expect(report.regions.allSatisfy { $0.changedByteCount == 0 && $0.storedByteCount == 0 })
      #expect(report.storedByteCount < 1_500)
      try chain.expectRestored(step, as: state, backend: backend)
      try expectCounted(chain, step)
    }
  }

  @Test("What moved to another blob is found there", arguments: TestBackend.available)
  func moved(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    let (one, two, stretch) = (generator.bytes(500_000), generator.bytes(600_000), generator.bytes(1 << 20))
    state.add(blob: "one", one + stretch)
    state.add(blob: "two", two)
    let chain = Chain()
    try chain.take(state, over: nil, on: backend)
    state.replace(0, by: two)
    state.replace(1, by: one + stretch)
    let swapped = try chain.take(state, over: 0, on: backend)
    #expect(swapped.totals.payloadByteCount == 0)
    try chain.expectRestored(1, as: state, backend: backend)
    state.replace(0, by: two + stretch)
    state.replace(1, by: one)
    let moved = try chain.take(state, over: 1, on: backend)
    // About where it was cut off, and where it was put.
    #expect(moved.totals.payloadByteCount > 0 && moved.totals.payloadByteCount < 4 * 131_072)
    try chain.expectRestored(2, as: state, backend: backend)
    try expectCounted(chain, 2)
  }

  @Test("What came twice is stored once, and counted once")
  func twice() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(blob: "one", generator.bytes(1_000))
    state.add(blob: "two", [])
    state.add(blob: "three", [])
    let chain = Chain()
    try chain.take(state, over: nil)
    let stretch = generator.bytes(400_000)
    for blob in 0..<3 { state.replace(blob, by: stretch) }
    let report = try chain.take(state, over: 0)
    #expect(report.regions.map(\.changedByteCount) == [400_000, 0, 0])
    #expect(report.summary.changedBytes == 400_000)
    try expectCounted(chain, 1)
    try chain.expectRestored(1, as: state)
    // A full one has the pieces once, and says that all of it is there.
    let full = try chain.take(state, over: nil)
    #expect(full.regions.map(\.changedByteCount) == [400_000, 400_000, 400_000])
    #expect(full.totals.payloadByteCount < 410_000)
    try expectCounted(chain, 2)
  }

  @Test("Records that come, go and change: every snapshot of a chain comes back", arguments: TestBackend.available)
  func chain(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    var records = BlobRecords(400, of: 3_000, &generator)
    let state = TestState()
    state.add(blob: "records", records.bytes)
    state.add(.bytes, count: 300_000, .noise)
    state.add(blob: "growing", [])
    let chain = Chain()
    let full = try chain.take(state, over: nil, on: backend)
    var growing: [UInt8] = []
    for step in 1...10 {
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: records.insert(at: Int.random(in: 0...records.records.count, using: &generator), &generator)
      case 1: records.remove(at: Int.random(in: 0..<records.records.count, using: &generator))
      default: records.change(at: Int.random(in: 0..<records.records.count, using: &generator), &generator)
      }
      state.replace(0, by: records.bytes)
      state.change(1, at: step * 20_000)
      growing += generator.bytes(Int.random(in: 0..<60_000, using: &generator))
      state.replace(2, by: growing)
      let report = try chain.take(state, over: step - 1, on: backend)
      #expect(report.storedByteCount < full.storedByteCount / 2)
      try chain.expectRestored(step, as: state, backend: backend)
      try expectCounted(chain, step)
      #expect(try capture(state, backend: .host).report.stateRoot == report.stateRoot)
    }
  }

  @Test("What was on the grid, or is now, is stored again")
  func otherChunking() throws {
    var generator = SeededGenerator.announced()
    let bytes = generator.bytes(400_000)
    let (grid, cut) = (TestState(), TestState())
    grid.add(.bytes, named: "b", bytes)
    cut.add(blob: "b", bytes)
    let chain = Chain()
    try chain.take(grid, over: nil)
    for (step, state) in [cut, grid, cut].enumerated() {
      let report = try chain.take(state, over: step)
      #expect(report.regions[0].changedByteCount == 400_000)
      try chain.expectRestored(step + 1, as: state)
      try expectCounted(chain, step + 1)
    }
  }

  @Test("Merged, a snapshot needs no other, and is the same state")
  func merge() throws {
    var generator = SeededGenerator.announced()
    var records = BlobRecords(600, &generator)
    let state = TestState()
    state.add(blob: "records", version: 9, records.bytes)
    state.add(.f32, count: 80_000, .noise)
    let chain = Chain()
    try chain.take(state, over: nil)
    records.insert(at: 300, &generator)
    state.replace(0, by: records.bytes)
    state.change(1, at: 99)
    let report = try chain.take(state, over: 0)
    let scratch = ScratchDirectory()
    try chain.write(to: scratch)
    let merged = try Snapshots().merge(
      scratch.reference("1.hwp"), to: .file(path: scratch.path("merged.hwp")),
      options: CaptureOptions())
    #expect(merged.stateRoot == report.stateRoot)
    let bytes = try scratch.read("merged.hwp")
    try expectRestored(state, bytes, backend: .host)
    let container = try StoredContainer(opening: MemorySource(bytes), path: "merged")
    #expect(container.identity?.ancestors == [])
    #expect(container.regions[0].descriptor.chunking == .content && container.regions[0].descriptor.blobVersion == 9)
    // A snapshot goes on from it as from the one that was merged.
    let base = try CaptureBase(ContainerReader.open(MemorySource(bytes), path: "merged"))
    var options = CaptureOptions()
    options.type = .incremental
    let next = try Capture(options: options).run(
      state.description, into: MemorySink(), base: base, backend: TestBackend.host.make())
    #expect(next.totals.payloadByteCount == 0)
  }
}
