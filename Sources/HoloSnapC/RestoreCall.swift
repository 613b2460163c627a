import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

// Unsafe here: memory that the application has prepared, of the length that it was told.

/// Brings a snapshot back into the application: everything is proved, prepared and read before one commit.
struct RestoreCall {
  struct Outcome {
    var snapshotID: String
    var path: String
    var byteCount: UInt64
    var pauseNanoseconds: UInt64
    var seconds: Double
    var notices: [String]
  }

  private let state: ProgramState
  private let snapshot: SnapshotReference
  private let globs: [String]
  private let busyTimeout: UInt64
  private let activity: Activity

  init(
    _ state: ProgramState, _ snapshot: UnsafePointer<CChar>?, _ options: holosnap_restore_options, _ activity: Activity
  ) throws(Failure) {
    self.state = state
    self.activity = activity
    self.snapshot = try reference(snapshot, store: options.store, newest: "latest:\(state.series)")
    globs = try texts(options.regions, count: options.region_count, "regions")
    busyTimeout = options.busy_timeout_nanoseconds
  }

  func run() throws(Failure) -> Outcome {
    let start = Clock.now()
    let turn = try state.turns.take(nanoseconds: busyTimeout, activity, "the state")
    defer { turn.giveBack() }
    // As it is described when its turn has come.
    let description = state.description
    let opened = try Failure.wrapping { () throws(HoloError) in
      try Snapshots().open(snapshot, cancellation: activity.cancellation)
    }
    let match = try StateMatch(description, opened.container, globs: globs)
    let watch = PauseWatch(budget: 0, abandons: false, activity)
    let notices = try bringBack(match, of: opened.container, description.hooks, watch)
    return Outcome(
      snapshotID: opened.container.snapshotID, path: opened.container.path,
      byteCount: match.byteCount, pauseNanoseconds: watch.nanoseconds, seconds: Clock.seconds(since: start),
      notices: opened.notices + notices)
  }

  private func bringBack(
    _ match: StateMatch, of container: StoredContainer, _ hooks: Hooks, _ watch: PauseWatch
  ) throws(Failure) -> [String] {
    var hasBegun = false
    var isCommitted = false
    do {
      activity.enter(.encoding)
      var memories: [UnsafeMutableRawBufferPointer] = []
      for (region, stored) in match.regions {
        try activity.check()
        hasBegun = true
        memories.append(try region.prepared(stored.descriptor))
      }
      try decode(match.regions.map(\.stored), of: container, into: memories)
      var reader: RegionReader?
      for (blob, stored) in match.blobs {
        try activity.check()
        hasBegun = true
        reader = try read(blob, stored, of: container, instead: reader)
      }
      try activity.check()
      activity.enter(.quiet)
      try hooks.quiesce()
      watch.begin()
      var notices: [String] = []
      do {
        defer {
          watch.end()
          if let notice = hooks.resume() { notices.append(notice) }
        }
        try activity.check()
        isCommitted = true
        try hooks.commit()
      }
      return notices
    } catch {
      if hasBegun, !isCommitted { _ = hooks.discard() }
      throw error
    }
  }

  private func decode(
    _ regions: [StoredRegion], of container: StoredContainer, into memories: [UnsafeMutableRawBufferPointer]
  ) throws(Failure) {
    guard !regions.isEmpty else { return }
    let turn = try state.engine.turns.take(activity, "the engine's memory")
    defer { turn.giveBack() }
    let options = state.engine.restoreOptions
    let workspace = try state.engine.restoreWorkspace()
    _ = try Failure.wrapping { () throws(HoloError) in
      try Restore(options: options).run(
        regions, of: container, into: MemoryTarget(memories), stopsAtDamage: true, backend: state.engine.backend,
        workspace: workspace, cancellation: activity.cancellation, progress: { activity.report($0) })
    }
  }

  /// - Parameter last: whose buffers are taken over.
  private func read(
    _ blob: BlobPart, _ stored: StoredRegion, of container: StoredContainer, instead last: RegionReader?
  ) throws(Failure) -> RegionReader {
    let reader = try Failure.wrapping { () throws(HoloError) in
      try RegionReader(stored, of: container, backend: state.engine.backend, instead: last)
    }
    let source = BlobSource(reader, byteCount: stored.descriptor.byteCount, activity)
    try blob.read(from: source, version: stored.descriptor.blobVersion ?? 0)
    return reader
  }
}
