import HoloFormat

/// What a summary says of how a snapshot came to be.
struct Provenance {
  var series: String
  var reason: String
  var host: String
  var priority: Int
  var type = SnapshotType.full.rawValue
  /// Id of the base.
  var parent: String?
  var pause: (@Sendable () -> Summary.Pause)?

  /// A state that is captured here and now.
  init(_ state: StateDescription, _ options: CaptureOptions, base: CaptureBase?) {
    if let base { (type, parent) = (options.type.rawValue, base.container.snapshotID) }
    series = options.series ?? state.series
    reason = options.reason.rawValue
    host = Clock.hostName()
    priority = options.priority
    pause = state.pause
  }

  /// That of an earlier snapshot.
  init(_ summary: Summary) {
    series = summary.series
    reason = summary.reason
    host = summary.host
    priority = summary.priority
    if let recorded = summary.pause { pause = { recorded } }
  }
}
