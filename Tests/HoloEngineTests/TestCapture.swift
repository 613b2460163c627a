import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import Testing

/// The backends that this machine can test.
enum TestBackend: String, CaseIterable, Sendable {
  case host, opencl

  static let available = allCases.filter { $0 == .host || openCL != nil }

  private static let openCL = try? BackendSelection.makeBackend(choice: .opencl)

  func make() throws -> any ComputeBackend {
    switch self {
    case .host: try BackendSelection.makeBackend(choice: .host)
    case .opencl: try #require(Self.openCL)
    }
  }
}

func capture(
  _ state: TestState, backend: TestBackend, options: CaptureOptions = CaptureOptions()
) throws -> (bytes: [UInt8], report: CaptureReport) {
  let sink = MemorySink()
  let report = try Capture(options: options).run(
    state.description, into: sink, containerID: Digest128(), backend: backend.make())
  return (sink.bytes, report)
}

func expectRestored(
  _ state: TestState, _ bytes: [UInt8], backend: TestBackend, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let container = try StoredContainer(opening: MemorySource(bytes), path: "memory")
  let buffers = state.regions.map {
    UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.byteCount), alignment: 64)
  }
  defer { for buffer in buffers { buffer.deallocate() } }
  #expect(container.regions.count == state.regions.count, sourceLocation: sourceLocation)
  let outcome = try Restore(options: RestoreOptions()).run(
    container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true, backend: backend.make())
  #expect(outcome.complete == Array(state.regions.indices), sourceLocation: sourceLocation)
  for (index, buffer) in buffers.enumerated() {
    #expect(Array(buffer) == state.bytes(of: index), "\(state.regions[index].name)", sourceLocation: sourceLocation)
  }
}

func expectRoundTrip(
  _ state: TestState, backend: TestBackend, options: CaptureOptions = CaptureOptions(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let (bytes, _) = try capture(state, backend: backend, options: options)
  try expectRestored(state, bytes, backend: backend, sourceLocation: sourceLocation)
  let report = try Verification(options: RestoreOptions()).run(
    MemorySource(bytes), path: "memory", quick: false, backend: backend.make())
  #expect(report.problems == [], sourceLocation: sourceLocation)
}

/// A few regions of different types and kinds, some of more than a chunk.
func mixedState() -> TestState {
  let state = TestState()
  state.add(.f32, count: 200_000, .smooth)
  state.add(.c128, count: 40_000, .ratios)
  state.add(.bytes, count: 300_000, .text)
  state.add(.f64, count: 70_000, .noise)
  state.add(.u16, count: 5_000, .fewValues)
  state.add(.c64, count: 33_000, .zeros)
  state.add(.bytes, count: 0, .zeros)
  return state
}
