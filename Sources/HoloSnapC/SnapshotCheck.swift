import CHoloSnap
import HoloEngine

/// A snapshot that was verified.
struct SnapshotCheck {
  var path: String
  var outcome: Verification.Outcome
  var seconds: Double

  init(
    _ engine: Engine, _ snapshot: SnapshotReference, isQuick: Bool, _ activity: Activity
  ) throws(Failure) {
    let start = Clock.now()
    activity.enter(.encoding)
    let turn = try engine.turns.take(activity, "the engine's memory")
    defer { turn.giveBack() }
    let workspace = try engine.restoreWorkspace()
    (outcome, path) = try Failure.wrapping { () throws(HoloError) in
      try Snapshots().verify(
        snapshot, quick: isQuick, options: engine.restoreOptions, backend: engine.backend, workspace: workspace,
        cancellation: activity.cancellation, progress: { activity.report($0) })
    }
    seconds = Clock.seconds(since: start)
  }
}

/// The snapshot that a call names; where it names a store alone, the newest there.
func reference(
  _ snapshot: UnsafePointer<CChar>?, store: UnsafePointer<CChar>?, newest: String = "latest"
) throws(Failure) -> SnapshotReference {
  let store = try path(store, "store")
  guard let text = try path(snapshot, "snapshot") ?? (store == nil ? nil : newest) else {
    throw .invalid("neither a snapshot nor a store is given")
  }
  return SnapshotReference(text, store: store ?? "")
}
