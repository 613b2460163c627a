import CHoloSnap
import HoloEngine
import HoloSystem
import Synchronization

/// A call or a capture under way, as others see it: how far it has come, and the way to stop it. Any thread.
final class Activity: Sendable {
  enum Stage: UInt32, Sendable {
    case queued = 0
    case quiet, encoding, publishing, done, failed, cancelled
  }

  private struct State {
    var stage = Stage.queued
    var doneByteCount: UInt64 = 0
    var totalByteCount: UInt64 = 0
    /// Of the monotonic clock, when the last work with a total began.
    var workStart: UInt64?
    var end: UInt64?
    /// Called when it is to stop: who waits looks again.
    var waker: (@Sendable () -> Void)?
  }

  let cancellation = Cancellation()
  private let start = Clock.now()
  private let state = Mutex(State())

  func cancel() {
    cancellation.cancel()
    state.withLock { $0.waker }?()
  }

  func check() throws(Failure) {
    if cancellation.isCancelled { throw .cancelled }
  }

  /// Runs a wait that `wake` makes look again.
  func waiting<Result>(
    wokenBy wake: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    state.withLock { $0.waker = wake }
    defer { state.withLock { $0.waker = nil } }
    return try body()
  }

  func enter(_ stage: Stage) {
    let now = Clock.now()
    state.withLock { state in
      state.stage = stage
      switch stage {
      case .encoding: state.workStart = state.workStart ?? now
      case .done, .failed, .cancelled: state.end = now
      case .queued, .quiet, .publishing: break
      }
    }
  }

  /// Runs all of it.
  func run<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) {
      let result = try body()
      end(nil)
      return result
    } catch {
      end(error)
      throw error
    }
  }

  /// It has ended, and so.
  func end(_ failure: Failure?) {
    guard let failure else { return enter(.done) }
    enter(failure.status == holosnap_status(HOLOSNAP_CANCELLED) ? .cancelled : .failed)
  }

  func report(_ progress: Progress) {
    state.withLock { state in
      state.doneByteCount = progress.doneByteCount
      state.totalByteCount = progress.totalByteCount
    }
  }

  var progress: holosnap_progress {
    let now = Clock.now()
    return state.withLock { state in
      var progress = holosnap_progress()
      progress.stage = state.stage.rawValue
      progress.done_bytes = state.doneByteCount
      progress.total_bytes = state.totalByteCount
      let end = state.end ?? now
      progress.seconds = Double(end - min(end, start)) / 1e9
      if let work = state.workStart, end > work {
        progress.bytes_per_second = Double(state.doneByteCount) / (Double(end - work) / 1e9)
      }
      return progress
    }
  }
}

/// The way to watch or stop a call that blocks: it exists before the call.
final class Control: Handle, @unchecked Sendable {
  private struct State {
    var current: Activity?
    var isBusy = false
    var isCancelled = false
  }

  private let state = Mutex(State())

  func cancel() {
    let activity = state.withLock { state -> Activity? in
      guard state.isBusy else {
        state.isCancelled = true
        return nil
      }
      return state.current
    }
    activity?.cancel()
  }

  var progress: holosnap_progress {
    (state.withLock { $0.current } ?? Activity()).progress
  }

  /// Takes over a call.
  fileprivate func attach(_ activity: Activity) throws(Failure) {
    let isCancelled = try state.withLock { (state) throws(Failure) -> Bool in
      guard !state.isBusy else { throw Failure(HOLOSNAP_BUSY, "the control has another call under way") }
      state.isBusy = true
      state.current = activity
      defer { state.isCancelled = false }
      return state.isCancelled
    }
    if isCancelled { activity.cancel() }
  }

  fileprivate func detach() { state.withLock { $0.isBusy = false } }
}

extension Control? {
  /// Runs a call that it watches.
  func watching<Result>(_ activity: Activity, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard let self else { return try body() }
    try self.attach(activity)
    defer { self.detach() }
    return try body()
  }
}
