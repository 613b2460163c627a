import CHoloSnap
import HoloEngine

/// What a call of the C interface fails with.
struct Failure: Error, Sendable {
  /// What a callback gave.
  struct Callback: Sendable {
    var kind: CallbackKind
    var value: Int32
  }

  var status: holosnap_status
  var message: String
  var remedy: String?
  var region: String?
  var path: String?
  var chunk: UInt64?
  var offset: UInt64?
  var callback: Callback?

  init(_ status: Int, _ message: String, region: String? = nil, remedy: String? = nil, callback: Callback? = nil) {
    self.status = holosnap_status(status)
    self.message = message
    self.region = region
    self.remedy = remedy
    self.callback = callback
  }

  init(_ error: HoloError) {
    status = error.code.status
    // Options of the command line are none of this interface.
    message = error.message.hasPrefix("--") ? String(error.message.dropFirst(2)) : error.message
    remedy = error.remedy.flatMap { $0.contains(" --") ? nil : $0 }
    region = error.place.region
    path = error.place.path
    chunk = error.place.chunk
    offset = error.place.offset
  }

  static func invalid(_ message: String, region: String? = nil) -> Failure {
    Failure(HOLOSNAP_INVALID_ARGUMENT, message, region: region)
  }

  /// A callback's value says that it has failed, or what it gave makes no sense.
  static func of(
    _ kind: CallbackKind, gave what: String? = nil, value: Int32 = 0, region: String? = nil
  ) -> Failure {
    Failure(
      kind == .commit ? HOLOSNAP_COMMIT_FAILED : HOLOSNAP_CALLBACK_FAILED, "\(kind) gave \(what ?? String(value))",
      region: region, callback: .init(kind: kind, value: value))
  }

  static let cancelled = Failure(HOLOSNAP_CANCELLED, "stopped on request")

  /// Runs what throws errors of the engine.
  static func wrapping<Result>(_ body: () throws(HoloError) -> Result) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure(error) }
  }
}

/// Raw values are those of the header.
enum CallbackKind: UInt32, Sendable {
  case quiesce = 1
  case describe, write, resume, prepare, read, commit, discard
}

extension HoloError.Code {
  fileprivate var status: holosnap_status {
    let status =
      switch self {
      case .usage: HOLOSNAP_INVALID_ARGUMENT
      case .damaged, .malformed, .truncated, .notAContainer: HOLOSNAP_DAMAGED
      case .unsupportedVersion, .unsupportedFeature: HOLOSNAP_UNSUPPORTED
      case .noInput: HOLOSNAP_NOT_FOUND
      case .missingAncestor: HOLOSNAP_MISSING_ANCESTOR
      case .noDevice: HOLOSNAP_NO_DEVICE
      case .cannotCreate: HOLOSNAP_CANNOT_CREATE
      case .noMemory: HOLOSNAP_NO_MEMORY
      case .inputOutput: HOLOSNAP_IO
      case .busy, .changed: HOLOSNAP_BUSY
      case .refused: HOLOSNAP_REFUSED
      default: name == HoloError.cancelled.code.name ? HOLOSNAP_CANCELLED : HOLOSNAP_INTERNAL
      }
    return holosnap_status(status)
  }
}
