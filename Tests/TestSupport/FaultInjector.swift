import HoloSystem
import Synchronization

/// Counts the system calls that go through it, and lets some of them fail.
package final class FaultInjector: Sendable {
  package struct Call: Sendable, Equatable {
    package var call: Syscalls.Call
    package var path: String
  }

  private let log = Mutex<[Call]>([])
  private let verdict: @Sendable (_ index: Int, _ call: Call) -> Syscalls.Verdict

  /// - Parameter verdict: asked for every call, with its number from 0.
  package init(_ verdict: @escaping @Sendable (_ index: Int, _ call: Call) -> Syscalls.Verdict = { _, _ in .proceed }) {
    self.verdict = verdict
  }

  /// The call of this number fails, once.
  package convenience init(failing number: Int, with code: Int32) {
    self.init { index, _ in index == number ? .fail(code) : .proceed }
  }

  /// Every call of a kind fails.
  package convenience init(failingEvery kind: Syscalls.Call, with code: Int32) {
    self.init { _, call in call.call == kind ? .fail(code) : .proceed }
  }

  package var syscalls: Syscalls {
    Syscalls { call, path in
      let call = Call(call: call, path: path)
      let index = self.log.withLock { log in
        log.append(call)
        return log.count - 1
      }
      return self.verdict(index, call)
    }
  }

  /// What was called, in order.
  package var calls: [Call] { log.withLock { $0 } }
}
