import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

/// What a capture's own thread works with: opened before the state is quiet, so that what can fail early does. `@unchecked Sendable`:
/// used by one thread at a time, in the order that the job's monitor gives.
final class CaptureWork: @unchecked Sendable {
  private let request: CaptureRequest
  private let engine: Engine
  private let activity: Activity
  private let base: CaptureBase?
  private let pending: PendingSnapshot
  private var notices: [String] = []

  init(_ state: ProgramState, _ request: CaptureRequest, _ activity: Activity) throws(Failure) {
    self.request = request
    engine = state.engine
    self.activity = activity
    // Rules that name nothing, or what cannot be quantized so, are found out before anything is quiet.
    var regions = state.description.parts.map(\.outline)
    var notices: [String] = []
    do throws(HoloError) {
      try request.options.quantization.apply(to: &regions)
      base = try Snapshots().base(
        for: request.options, series: state.series, store: request.baseStore, notices: &notices,
        cancellation: activity.cancellation)
      pending = try PendingSnapshot(
        in: request.destination, options: request.options, base: base, baseStore: request.baseStore)
    } catch {
      var failure = Failure(error)
      if error.code == .noInput, request.options.type != .full, request.options.base == nil {
        failure.remedy = "capture a full one first"
      }
      throw failure
    }
    if regions.isEmpty { notices.append("the state has neither regions nor blobs") }
    self.notices = notices
  }

  /// Encodes regions. Whose turn it is with the engine's memory is the caller's affair.
  func write(
    _ regions: [RegionSource], workspace: CaptureWorkspace, pause: @escaping @Sendable () -> Summary.Pause,
    progress: @escaping ProgressHandler,
    isRead: () -> Void
  ) throws(HoloError) -> CaptureReport {
    var state = StateDescription(regions: regions, notices: notices, series: request.options.series ?? "")
    try request.options.quantization.apply(to: &state.regions)
    state.pause = pause
    return try pending.write(
      state, backend: engine.backend, workspace: workspace, cancellation: activity.cancellation, progress: progress,
      isRead: isRead)
  }

  /// For who has the turn with the engine's memory.
  func workspace() throws(Failure) -> CaptureWorkspace {
    try engine.captureWorkspace(quantizes: !request.options.quantization.isEmpty)
  }

  func publish(_ report: CaptureReport) throws(HoloError) -> CaptureReport { try pending.publish(report) }

  func abandon() { pending.abandon() }
}

extension ProgramState.Part {
  /// What is known of it before it is described.
  fileprivate var outline: RegionSource {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return switch self {
    case .region(let region):
      RegionSource(
        name: region.name, component: region.component, elementType: region.elementType, shape: [0], memory: nothing)
    case .blob(let blob):
      RegionSource(blob: blob.name, component: blob.component, version: blob.version, memory: nothing)
    }
  }
}
