import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem

/// What a capture is asked to do, read from its options.
struct CaptureRequest {
  let destination: Snapshots.Destination
  /// Where a base is looked for, and what it needs.
  let baseStore: String
  let options: CaptureOptions
  let mode: QuietMoment.Mode
  let busyTimeout: UInt64
  let pauseBudget: UInt64
  let abandonsOverBudget: Bool

  /// What a store puts behind its own path: a slash, and the longest name of a container.
  private static let nameByteCount = 64

  init(_ given: holosnap_capture_options, state: ProgramState) throws(Failure) {
    var options = state.engine.captureOptions
    options.series = state.series
    let store = try path(given.store, "store")
    let output = try path(given.output, "output")
    options.type = try Self.type(given.type)
    options.base = try path(given.base, "base")
    switch (store, output) {
    case (let store?, nil): (destination, baseStore) = (.store(path: store), store)
    case (nil, let output?):
      guard output.hasSuffix(ContainerFormat.hwp.fileExtension) else {
        throw .invalid("output is a file whose name ends in \(ContainerFormat.hwp.fileExtension)")
      }
      guard options.type == .full || options.base != nil else {
        throw .invalid("a snapshot that is not full, and goes to a file, needs a base")
      }
      (destination, baseStore) = (.file(path: output), "")
    default: throw .invalid("exactly one of store and output is given")
    }
    guard PathBytes.bytes(store ?? output ?? "").count + Self.nameByteCount < 4_096 else {
      throw .invalid("the path has no room in a report")
    }
    guard options.base == nil || options.type != .full else { throw .invalid("a full snapshot has no base") }
    let reason = try text(given.reason, "reason") ?? CaptureReason.manual.rawValue
    guard let known = CaptureReason(rawValue: reason) else {
      let all = CaptureReason.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid("there is no reason \(reason): there are \(all)")
    }
    options.reason = known
    options.priority = Int(given.priority)
    let rules = try texts(given.quantize, count: given.quantize_count, "quantize")
    options.quantization = try Failure.wrapping { () throws(HoloError) in try QuantizationRules(rules) }
    guard given.mode != UInt32(HOLOSNAP_LIVE) else {
      throw Failure(HOLOSNAP_UNSUPPORTED, "this version has no live captures")
    }
    guard let mode = QuietMoment.Mode(rawValue: given.mode) else { throw .invalid("there is no mode \(given.mode)") }
    guard given.over_budget <= UInt32(HOLOSNAP_OVER_BUDGET_ABANDON) else {
      throw .invalid("over_budget is \(given.over_budget)")
    }
    self.mode = mode
    self.options = options
    busyTimeout = given.busy_timeout_nanoseconds
    pauseBudget = given.pause_budget_nanoseconds
    abandonsOverBudget = given.over_budget == UInt32(HOLOSNAP_OVER_BUDGET_ABANDON)
  }

  private static func type(_ number: UInt32) throws(Failure) -> SnapshotType {
    switch Int(number) {
    case HOLOSNAP_FULL: return .full
    case HOLOSNAP_INCREMENTAL: return .incremental
    case HOLOSNAP_DIFFERENTIAL: return .differential
    default: throw .invalid("there is no type \(number)")
    }
  }
}
