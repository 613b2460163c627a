import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// What `holosnap bench` measures.
package enum BenchStage: String, Sendable, CaseIterable {
  case checksum, quantize, transform, delta, compress, capture, restore, verify

  var isWhole: Bool { self == .capture || self == .restore || self == .verify }
}

/// One measured stage. `byteCount` are bytes of the state; `seconds` is the median of the repeats.
package struct BenchResult: Sendable {
  package var stage: BenchStage
  package var backend: BackendSummary
  package var byteCount: UInt64
  /// Bytes of the container or of the frames; 0 where the stage stores nothing.
  package var storedByteCount: UInt64
  package var seconds: Double

  package var gigabytesPerSecond: Double { seconds > 0 ? Double(byteCount) / seconds / 1e9 : 0 }
}

extension HoloError {
  /// The bench holds the state, its container and what is restored of it in memory.
  package init(ofBench error: any Error) {
    self.init(wrapping: error)
    guard let error = error as? SystemError, error.meaning == .noMemory else { return }
    message = "there is not enough memory for the bench"
    remedy = "take a smaller state (--size), or lower --memory-limit"
  }
}

/// Throughput from memory to memory, warm: one run that does not count, then the median of several.
package struct Bench {
  package var stages = BenchStage.allCases
  package var repeats = 5
  package var options = CaptureOptions()
  /// Directory for the captured container; nil: it stays in memory. Its removal is not timed.
  package var outputDirectory: String?

  package init() {}

  /// - Parameter report: called as each stage is done.
  package func run(
    _ state: MemoryState, cancellation: Cancellation = Cancellation(), report: (BenchResult) -> Void = { _ in }
  ) throws(HoloError) -> [BenchResult] {
    var description = state.description
    try options.quantization.apply(to: &description.regions)
    let quantizes = !options.quantization.isEmpty
    let total = description.byteCount
    let backend: any ComputeBackend
    do {
      backend = try BackendSelection.makeBackend(
        choice: options.backend, device: options.device, stateByteCount: Int(clamping: total))
    } catch { throw HoloError(error) }
    let plan = PipelinePlan(options: options, backend: backend, stateByteCount: total, quantizes: quantizes)
    let rooms =
      stages.contains(where: \.isWhole) ? try Rooms(description, options: options, backend: backend) : nil

    var results: [BenchResult] = []
    for stage in stages {
      let timer =
        stage.isWhole
        ? nil
        : try StageTimer(
          stage, regions: try regions(of: stage, description, cancellation: cancellation), backend: backend, plan: plan)
      var seconds: [Double] = []
      var stored: UInt64 = 0
      for repeated in 0...max(1, repeats) {
        try cancellation.check()
        let timing: StageTimer.Timing
        if let timer {
          timing = try timer.run()
        } else if let rooms {
          timing = try whole(stage, description, rooms, backend: backend, cancellation: cancellation)
        } else {
          throw HoloError(.internal, "no room was made for the whole")
        }
        if repeated > 0 { seconds.append(timing.seconds) }
        stored = timing.storedByteCount
      }
      let result = BenchResult(
        stage: stage, backend: backend.summary, byteCount: total, storedByteCount: stored,
        seconds: seconds.sorted()[seconds.count / 2])
      report(result)
      results.append(result)
    }
    return results
  }

  /// What a stage by itself works on. That of `quantize` has a bound for every floating-point region where the user gives none.
  private func regions(
    of stage: BenchStage, _ state: StateDescription, cancellation: Cancellation
  ) throws(HoloError) -> [RegionSource] {
    var regions = state.regions
    if stage == .quantize, options.quantization.isEmpty {
      for index in regions.indices where Self.usualMode.applies(to: regions[index].elementType) {
        regions[index].quantization = Self.usualMode
      }
    }
    return try RangePass.prepared(
      regions, base: nil, syscalls: Syscalls(), workers: options.workers ?? PipelinePlan.processorCount,
      cancellation: cancellation)
  }

  private static let usualMode = QuantizationMode.relative(1e-3, clip: nil)

  /// Memory for the container, for the restored state and for the work, faulted in once.
  private final class Rooms {
    let container: PageBuffer
    let targets: [PageBuffer]
    var containerByteCount = 0
    let capture: CaptureWorkspace
    let restore: RestoreWorkspace
    let restoreOptions: RestoreOptions

    init(_ state: StateDescription, options: CaptureOptions, backend: any ComputeBackend) throws(HoloError) {
      var restoring = RestoreOptions()
      restoring.memoryLimit = options.memoryLimit
      restoring.workers = options.workers
      restoreOptions = restoring
      let quantizes = state.regions.contains { $0.quantization != nil }
      capture = try CaptureWorkspace(
        options: options, backend: backend, stateByteCount: state.byteCount, quantizes: quantizes)
      restore = try RestoreWorkspace(options: restoring, backend: backend, stateByteCount: state.byteCount)
      do {
        // Numbers that are kept as they are may stand behind the codes of all.
        let most = state.byteCount / 64 * (quantizes ? 130 : 65)
        container = try PageBuffer(byteCount: Int(clamping: most) + 64 << 20)
        var targets: [PageBuffer] = []
        for region in state.regions { targets.append(try PageBuffer(byteCount: Int(clamping: region.byteCount))) }
        self.targets = targets
      } catch { throw HoloError(ofBench: error) }
    }
  }

  private func whole(
    _ stage: BenchStage, _ state: StateDescription, _ rooms: Rooms, backend: any ComputeBackend,
    cancellation: Cancellation
  ) throws(HoloError) -> StageTimer.Timing {
    if stage == .capture, let outputDirectory {
      return try captureToFile(in: outputDirectory, state, rooms, backend: backend, cancellation: cancellation)
    }
    if stage == .capture || rooms.containerByteCount == 0 {
      let start = Clock.now()
      let sink = PageSink(rooms.container.bytes)
      let report = try Capture(options: options).run(
        state, into: sink, backend: backend, workspace: rooms.capture, cancellation: cancellation)
      rooms.containerByteCount = Int(report.storedByteCount)
      if stage == .capture {
        return .init(seconds: Clock.seconds(since: start), storedByteCount: report.storedByteCount)
      }
    }
    let stored = UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(rooms.container.bytes)[..<rooms.containerByteCount])
    let start = Clock.now()
    let source = PageSource(stored)
    if stage == .restore {
      let container = try StoredContainer(opening: source, path: "memory")
      _ = try Restore(options: rooms.restoreOptions).run(
        container.regions, of: container, into: MemoryTarget(rooms.targets.map(\.bytes)), stopsAtDamage: true,
        backend: backend, workspace: rooms.restore, cancellation: cancellation)
    } else {
      let problems = try Verification(options: rooms.restoreOptions).run(
        source, path: "memory", quick: false, backend: backend, workspace: rooms.restore, cancellation: cancellation
      ).problems
      guard problems.isEmpty else { throw HoloError(.internal, "the bench's own container is damaged") }
    }
    return .init(seconds: Clock.seconds(since: start), storedByteCount: UInt64(rooms.containerByteCount))
  }

  /// Captures to a file and publishes it, as `create` does, and removes it again.
  private func captureToFile(
    in directory: String, _ state: StateDescription, _ rooms: Rooms, backend: any ComputeBackend,
    cancellation: Cancellation
  ) throws(HoloError) -> StageTimer.Timing {
    let start = Clock.now()
    do {
      let containerID = Digest128.random()
      let pending = try SnapshotStore.begin(
        outputPath: "\(directory)/bench-\(containerID.hexadecimal).hwp", containerID: containerID)
      let report = try Capture(options: options).run(
        state, into: FileSink(pending.file), containerID: containerID, backend: backend,
        workspace: rooms.capture, cancellation: cancellation)
      let path = try pending.publish()
      let seconds = Clock.seconds(since: start)
      try Syscalls().remove(path)
      return .init(seconds: seconds, storedByteCount: report.storedByteCount)
    } catch { throw HoloError(wrapping: error) }
  }
}
