import CHoloSnap
import HoloEngine
import Synchronization

/// Measures how long the state is quiet, and keeps to the budget. Any thread.
final class PauseWatch: Sendable {
  private struct State {
    var start: UInt64?
    var longest: UInt64 = 0
    var quiesceCount: UInt32 = 0
    var isMissed = false
  }

  private let budget: UInt64
  private let abandons: Bool
  private let activity: Activity
  private let state = Mutex(State())

  /// - Parameter budget: in nanoseconds; 0: none.
  init(budget: UInt64, abandons: Bool, _ activity: Activity) {
    self.budget = budget
    self.abandons = abandons
    self.activity = activity
  }

  /// The state is quiet.
  func begin() {
    let now = Clock.now()
    state.withLock { state in
      state.start = now
      state.quiesceCount += 1
    }
  }

  /// It is about to be let go on.
  func end() {
    let now = Clock.now()
    state.withLock { state in
      guard let start = state.start else { return }
      state.longest = max(state.longest, now - start)
      state.isMissed = state.isMissed || budget > 0 && now - start > budget
      state.start = nil
    }
  }

  /// The longest pause, in nanoseconds; of one that goes on, what it is so far.
  var nanoseconds: UInt64 {
    let now = Clock.now()
    return state.withLock { max($0.longest, $0.start.map { now - $0 } ?? 0) }
  }

  var quiesceCount: UInt32 { state.withLock { $0.quiesceCount } }
  var isMissed: Bool { state.withLock { $0.isMissed } }

  /// Between two pieces of work: throws where it is to stop, or has taken too long and that is not wanted.
  func check() throws(Failure) {
    try activity.check()
    if let failure = excess { throw failure }
  }

  /// What a pause that is too long ends with, where that is wanted.
  var excess: Failure? {
    let taken = nanoseconds
    guard abandons, budget > 0, taken > budget else { return nil }
    return Failure(
      HOLOSNAP_PAUSE_EXCEEDED, "the state was quiet for \(taken) nanoseconds, and may be for \(budget)")
  }
}
