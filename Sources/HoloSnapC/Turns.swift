import CHoloSnap
import HoloSystem

/// Who comes first has it first, until it is given back. Any thread.
final class Turns: Sendable {
  private struct State {
    var nextTicket: UInt64 = 0
    /// The first one has it.
    var queue: [UInt64] = []
  }

  /// A turn; given back once.
  struct Turn: Sendable {
    fileprivate let ticket: UInt64
    fileprivate let turns: Turns

    func giveBack() { turns.leave(ticket) }
  }

  private let monitor = Monitor(State())

  /// Waits for a turn.
  ///
  /// - Parameter nanoseconds: at most so long; then it is BUSY.
  func take(nanoseconds: UInt64 = .max, _ activity: Activity, _ what: String) throws(Failure) -> Turn {
    let ticket = monitor.change { state in
      defer { state.nextTicket += 1 }
      state.queue.append(state.nextTicket)
      return state.nextTicket
    }
    let wake: @Sendable () -> Void = { [monitor] in monitor.change { _ in } }
    do {
      return try activity.waiting(wokenBy: wake) { () throws(Failure) in
        let isFirst = monitor.wait(nanoseconds: nanoseconds) { state -> Bool? in
          if activity.cancellation.isCancelled { return false }
          return state.queue.first == ticket ? true : nil
        }
        switch isFirst {
        case true?: return Turn(ticket: ticket, turns: self)
        case false?: throw .cancelled
        case nil: throw Failure(HOLOSNAP_BUSY, "\(what) is captured or restored by another call")
        }
      }
    } catch {
      leave(ticket)
      throw error
    }
  }

  private func leave(_ ticket: UInt64) { monitor.change { state in state.queue.removeAll { $0 == ticket } } }
}
