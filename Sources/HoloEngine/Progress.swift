import Synchronization

/// How far a capture, restore or verification has come. Bytes are those of the state; where several containers are
/// verified, those of their files.
package struct Progress: Sendable {
  package var doneByteCount: UInt64
  package var totalByteCount: UInt64
  package var seconds: Double
}

/// Called on the thread that started the work, never after it returned.
package typealias ProgressHandler = (Progress) -> Void

/// Asks a running capture, restore or verification to stop. May be set from any thread, and from a signal handler's thread.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package func cancel() { flag.store(true, ordering: .relaxed) }

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func check() throws(HoloError) {
    if isCancelled { throw .cancelled }
  }
}

extension Sequence<UInt64> {
  /// The sum, or the largest number: what a hostile container claims need not fit.
  func saturatingSum() -> UInt64 {
    reduce(0) { sum, next in
      let (result, overflow) = sum.addingReportingOverflow(next)
      return overflow ? .max : result
    }
  }
}
