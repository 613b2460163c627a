import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Testing

/// A capture to `.wave`, and what reads it.
@Suite struct WaveTests {
  private static func mixedState() -> TestState {
    let state = TestState()
    state.add(.f32, count: 70_000, .smooth)
    state.add(.c128, count: 16_384, .ratios)
    state.add(.c128, count: 16_385, .noise)
    state.add(.bytes, count: 262_143, .text)
    state.add(.u8, count: 0, .zeros)
    state.add(.c128, count: 0, .zeros)
    state.add(.c128, count: 40_000, .smooth)
    state.add(.f64, count: 1, .ratios)
    return state
  }

  private func captureWave(_ state: TestState, backend: TestBackend) throws -> (bytes: [UInt8], report: CaptureReport) {
    let sink = MemorySink()
    let report = try Capture(options: CaptureOptions()).run(
      state.description, as: .wave, into: sink, containerID: Digest128(), createdNanoseconds: 1, backend: backend.make()
    )
    return (sink.bytes, report)
  }

  @Test(arguments: TestBackend.available) func aStateComesBack(backend: TestBackend) throws {
    let state = Self.mixedState()
    let (bytes, report) = try captureWave(state, backend: backend)
    try expectRestored(state, bytes, backend: backend)
    let (_, compressed) = try capture(state, backend: backend)
    #expect(report.stateRoot == compressed.stateRoot)
    #expect(report.regions.map(\.descriptor.name) == state.regions.map(\.name))
    #expect(report.regions.map(\.storedByteCount) == state.regions.map(\.byteCount))
    for quick in [false, true] {
      let outcome = try Verification(options: RestoreOptions()).run(
        MemorySource(bytes), path: "memory", quick: quick, backend: backend.make())
      #expect(outcome.problems == [])
    }
  }

  @Test func aStateOfNothingComesBack() throws {
    try expectRestored(TestState(), try captureWave(TestState(), backend: .host).bytes, backend: .host)
  }

  @Test(arguments: [false, true]) func everyFlipIsFoundAndNamesItsRegion(quick: Bool) throws {
    let state = TestState()
    state.add(.f32, count: 60, .smooth)
    state.add(.bytes, count: 50, .text)
    let (bytes, _) = try captureWave(state, backend: .host)
    let backend = try TestBackend.host.make()
    var options = RestoreOptions()
    options.workers = 1
    var named: Set<String> = []
    for position in bytes.indices {
      var flipped = bytes
      flipped[position] ^= UInt8(1 << (position % 8))
      let problems = try Verification(options: options).run(
        MemorySource(flipped), path: "memory", quick: quick, backend: backend
      ).problems
      #expect(!problems.isEmpty, "byte \(position)")
      named.formUnion(problems.compactMap(\.region))
    }
    #expect(named == Set(state.regions.map(\.name)))
  }

  @Test func aDamagedRegionLeavesTheOthers() throws {
    let state = Self.mixedState()
    var (bytes, _) = try captureWave(state, backend: .host)
    // The first region of the samples begins where the data do.
    bytes[4096 + 17] ^= 1
    let container = try StoredContainer(opening: MemorySource(bytes), path: "memory")
    let buffers = state.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let outcome = try Restore(options: RestoreOptions()).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: false,
      backend: TestBackend.host.make())
    #expect(outcome.problems.map(\.region) == [state.regions[1].name])
    #expect(outcome.problems.map(\.offset) == [4096])
    #expect(outcome.complete == [0, 2, 3, 4, 5, 6, 7])
    for index in outcome.complete { #expect(Array(buffers[index]) == state.bytes(of: index)) }
  }
}
