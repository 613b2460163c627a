import Glibc

/// What the process does with each signal, kept so that it can be put back.
///
/// Bringing up an OpenCL driver built on LLVM (pocl) replaces the process' handlers for SIGINT, SIGTERM, SIGSEGV, SIGUSR1,
/// SIGFPE and more. A library that is a guest in someone's process must leave them as it found them.
package struct SignalDispositions {
  private let actions: [(signal: Int32, action: sigaction)]

  /// Linux numbers signals 1 ... 64 (`signal(7)`); two of them the C library keeps for itself and never tells of.
  private static let signals: ClosedRange<Int32> = 1...64
  /// Raised by an instruction of the thread itself: blocking them would turn a fault into a silent kill.
  private static let synchronous: [Int32] = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]

  /// The dispositions of the process at this moment.
  package init() {
    var actions: [(signal: Int32, action: sigaction)] = []
    for signal in Self.signals where signal != SIGKILL && signal != SIGSTOP {
      var action = sigaction()
      if sigaction(signal, nil, &action) == 0 {
        actions.append((signal, action))
      }
    }
    self.actions = actions
  }

  /// Puts back what has changed. A change that another thread made since `init` is lost with the others: dispositions
  /// belong to the process, and there is no telling who changed them.
  package func restore() {
    for (signal, action) in actions {
      var current = sigaction()
      guard sigaction(signal, nil, &current) != 0 || !Self.areEqual(current, action) else { continue }
      var action = action
      sigaction(signal, &action, nil)
    }
  }

  /// What decides about a signal: the handler, the flags, and the mask (the kernel's 64 signals are its first word).
  private static func areEqual(_ left: sigaction, _ right: sigaction) -> Bool {
    withUnsafeBytes(of: left.__sigaction_handler) { leftHandler in
      withUnsafeBytes(of: right.__sigaction_handler) { leftHandler.elementsEqual($0) }
    }
      && left.sa_flags == right.sa_flags
      && withUnsafeBytes(of: left.sa_mask) { leftMask in
        withUnsafeBytes(of: right.sa_mask) { leftMask.prefix(8).elementsEqual($0.prefix(8)) }
      }
  }

  /// Runs `body` and leaves the dispositions, and this thread's signal mask, as they were.
  ///
  /// While `body` runs, asynchronous signals are blocked on this thread: one that arrives waits for the host's own
  /// handler instead of meeting a foreign one, and threads that `body` starts inherit the mask, so that a driver's
  /// worker threads never take the host's signals.
  package static func preserving<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let dispositions = SignalDispositions()
    var blocked = sigset_t()
    sigfillset(&blocked)
    for signal in synchronous {
      sigdelset(&blocked, signal)
    }
    var previous = sigset_t()
    pthread_sigmask(SIG_BLOCK, &blocked, &previous)
    defer {
      dispositions.restore()
      pthread_sigmask(SIG_SETMASK, &previous, nil)
    }
    return try body()
  }
}
