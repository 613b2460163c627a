import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Incremental snapshots of states in memory.
@Suite struct DeltaTests {
  /// Snapshots that were taken one after the other, each over the one before.
  final class Chain {
    private(set) var snapshots: [(id: Digest128, bytes: [UInt8], report: CaptureReport)] = []
    private let options: CaptureOptions

    init(_ options: CaptureOptions = CaptureOptions()) { self.options = options }

    func replace(_ index: Int, by bytes: [UInt8]) throws { snapshots[index].bytes = bytes }

    var ancestors: MemoryAncestors {
      MemoryAncestors(Dictionary(uniqueKeysWithValues: snapshots.map { ($0.id, $0.bytes) }))
    }

    /// Writes the snapshots as `0.hwp`, `1.hwp`, ….
    func write(to scratch: ScratchDirectory) throws {
      for (number, snapshot) in snapshots.enumerated() { try scratch.write(snapshot.bytes, to: "\(number).hwp") }
    }

    func opened(_ index: Int) throws -> StoredContainer {
      try StoredContainer(opening: MemorySource(snapshots[index].bytes), path: "\(index).hwp", ancestors: ancestors)
    }

    /// - Parameter base: index of the snapshot that it is relative to; nil: a full one.
    @discardableResult
    func take(_ state: TestState, over base: Int?, on backend: TestBackend = .host) throws -> CaptureReport {
      var options = options
      options.type = base == nil ? .full : .incremental
      let sink = MemorySink()
      let id = Digest128.random()
      let parent = try base.map { index in
        let reader = try ContainerReader.open(
          MemorySource(snapshots[index].bytes), path: "\(index).hwp", ancestors: ancestors)
        return try CaptureBase(reader)
      }
      let report = try Capture(options: options).run(
        state.description, into: sink, containerID: id, base: parent, backend: backend.make())
      snapshots.append((id, sink.bytes, report))
      return report
    }

    func expectRestored(
      _ index: Int, as state: TestState, backend: TestBackend = .host, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let container = try opened(index)
      let buffers = state.regions.map {
        UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.byteCount), alignment: 64)
      }
      defer { for buffer in buffers { buffer.deallocate() } }
      _ = try Restore(options: RestoreOptions()).run(
        container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true, backend: backend.make())
      for (region, buffer) in buffers.enumerated() {
        #expect(
          buffer.elementsEqual(state.bytes(of: region)), "\(state.regions[region].name)", sourceLocation: sourceLocation
        )
      }
      #expect(try problems(index, backend: backend) == [], sourceLocation: sourceLocation)
    }

    /// What a full verification finds.
    func problems(_ index: Int, backend: TestBackend = .host) throws -> [Problem] {
      try Verification(options: RestoreOptions()).run(
        MemorySource(snapshots[index].bytes), path: "\(index).hwp", ancestors: ancestors, quick: false,
        backend: backend.make()
      ).problems
    }
  }

  @Test(arguments: TestBackend.available)
  func blocksOfChunksComeBack(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = mixedState()
    let chain = Chain()
    let full = try chain.take(state, over: nil, on: backend)
    for step in 1...12 {
      for region in state.regions.indices where state.regions[region].byteCount > 0 {
        for _ in 0..<3 { state.change(region, at: Int(generator.next() % UInt64(state.regions[region].byteCount))) }
      }
      let report = try chain.take(state, over: step - 1, on: backend)
      #expect(report.totals.stateRoot != full.totals.stateRoot)
      #expect(report.storedByteCount < full.storedByteCount / 2)
      try chain.expectRestored(step, as: state, backend: backend)
      #expect(try capture(state, backend: .host).report.totals.stateRoot == report.totals.stateRoot)
    }
    try chain.expectRestored(0, as: mixedState(), backend: backend)
    // Another backend makes the same bytes of the same change.
    let last = chain.snapshots[12]
    #expect(last.report.ancestorIDs.contains(chain.snapshots[0].id))
  }

  @Test("Blocks come back from beside chunks of codes", arguments: TestBackend.available)
  func blocksBesideCodes(backend: TestBackend) throws {
    let state = TestState()
    state.add(.f32, count: 20_000, .smooth)
    state.add(.bytes, count: 300_000, .noise)
    state.allow(.absolute(0.01)) { $0 == .f32 }
    let chain = Chain()
    try chain.take(state, over: nil, on: backend)
    for offset in [100_000, 262_143, 299_999] { state.change(1, at: offset) }
    try chain.take(state, over: 0, on: backend)
    let container = try chain.opened(1)
    let region = try #require(container.regions.last)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 300_000, alignment: 64)
    defer { buffer.deallocate() }
    _ = try Restore(options: RestoreOptions()).run(
      [region], of: container, into: MemoryTarget([buffer]), stopsAtDamage: true, backend: backend.make())
    #expect(buffer.elementsEqual(state.bytes(of: 1)))
  }

  @Test func whatDidNotChangeIsPointedAt() throws {
    let state = TestState()
    state.add(.f32, count: 4 << 20, .noise)
    state.add(.bytes, count: 100, .text)
    let chain = Chain()
    try chain.take(state, over: nil)
    let report = try chain.take(state, over: 0)
    #expect(report.regions.allSatisfy { $0.changedByteCount == 0 })
    #expect(report.totals.payloadByteCount == 0)
    #expect(report.storedByteCount < 2_000)
    try chain.expectRestored(1, as: state)
    state.change(0, at: 5 << 20)
    let changed = try chain.take(state, over: 1)
    #expect(changed.regions.map(\.changedByteCount) == [UInt64(ChunkGeometry.blockByteCount), 0])
    #expect(changed.summary.changedBytes == UInt64(ChunkGeometry.blockByteCount))
    try chain.expectRestored(2, as: state)
  }

  @Test("No chunk has more than nine layers, whatever changes")
  func layersAreMerged() throws {
    let state = TestState()
    state.add(.bytes, count: 300_000, .noise)
    let chain = Chain()
    try chain.take(state, over: nil)
    for step in 1...20 {
      state.change(0, at: step * 4_096 * 3 % 262_144)
      try chain.take(state, over: step - 1)
      guard case .frames(let map) = try chain.opened(step).chunks else { throw UnexpectedContainer() }
      #expect(try map.chunk(0, ofRegion: 0).layers.count <= HWP.Limit.layersPerChunk)
      try chain.expectRestored(step, as: state)
    }
  }

  @Test("What is left of a container gives others what they need of it, and nothing else")
  func remnants() throws {
    let state = TestState()
    for seed in 1...3 { state.add(.bytes, count: 2_000_000, .noise, seed: UInt64(seed)) }
    let chain = Chain()
    try chain.take(state, over: nil)
    for offset in stride(from: 0, to: 2_000_000, by: 150_000) { state.change(1, at: offset) }
    state.change(2, at: 7)
    try chain.take(state, over: 0)
    let reader = try ContainerReader.open(MemorySource(chain.snapshots[0].bytes), path: "0.hwp")
    let second = try ContainerReader.open(
      MemorySource(chain.snapshots[1].bytes), path: "1.hwp", ancestors: chain.ancestors)
    let needed = try #require(try second.index().neededFrames(of: second)[reader.containerID])
    #expect(!needed.segments.isEmpty && !needed.payload.isEmpty)
    let sink = MemorySink()
    try Remnant.write(of: reader, keeping: needed.all, into: sink)
    try chain.replace(0, by: sink.bytes)
    try chain.expectRestored(1, as: state)
    // A remnant of the remnant, with less: what it lacks is missing, the rest is there.
    let less = MemorySink()
    let again = try ContainerReader.open(ancestor: MemorySource(sink.bytes), path: "0.hwp")
    #expect(again.originalSnapshotID == reader.snapshotID)
    try Remnant.write(of: again, keeping: needed.segments, into: less)
    #expect(less.bytes.count < 100_000)
    try chain.replace(0, by: less.bytes)
    let problems = try chain.problems(1)
    #expect(problems.count > 3 && problems.allSatisfy { $0.kind == "malformed" })
    // It is no snapshot.
    let error = #expect(throws: HoloError.self) { try chain.opened(0) }
    #expect(error?.code == .unsupportedFeature)
  }

  private struct UnexpectedContainer: Error {}
}

/// Containers in memory, by their ids.
struct MemoryAncestors: AncestorSource {
  private let containers: [Digest128: [UInt8]]

  init(_ containers: [Digest128: [UInt8]]) { self.containers = containers }

  func openContainer(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader {
    guard let bytes = containers[id] else { throw FormatError(missing: id, note: note, of: "memory") }
    return try ContainerReader.open(ancestor: MemorySource(bytes), path: id.hexadecimal)
  }
}
