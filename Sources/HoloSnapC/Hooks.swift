import CHoloSnap

/// How the application's state is made quiet, and how what was brought back takes its place. `@unchecked Sendable` as ``RegionPart``.
struct Hooks: @unchecked Sendable {
  private let hooks: holosnap_hooks

  init(_ hooks: holosnap_hooks) throws(Failure) {
    guard (hooks.quiesce == nil) == (hooks.resume == nil) else {
      throw .invalid("quiesce and resume are both there or neither")
    }
    self.hooks = hooks
  }

  var hasCommit: Bool { hooks.commit != nil }

  func quiesce() throws(Failure) {
    guard let quiesce = hooks.quiesce else { return }
    try CallbackThread.run(.quiesce) { quiesce(hooks.context) }
  }

  /// What it gives changes nothing; nil for 0.
  func resume() -> String? { notice(.resume, hooks.resume) }

  func discard() -> String? { notice(.discard, hooks.discard) }

  func commit() throws(Failure) {
    guard let commit = hooks.commit else { return }
    try CallbackThread.run(.commit) { commit(hooks.context) }
  }

  private func notice(
    _ kind: CallbackKind, _ callback: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?
  ) -> String? {
    guard let callback else { return nil }
    let value = CallbackThread.run { callback(hooks.context) }
    return value == 0 ? nil : "\(kind) gave \(value)"
  }
}
