import Glibc
import HoloEngine
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation; another one, a second or more later, ends the program at once.
///
/// One that comes sooner is a part of the first: `timeout` signals a process and then its group, with no time between.
///
/// The signals are blocked, and a thread waits for them (`sigwait`): no handler runs in the middle of anything, no call is
/// interrupted, and it makes no difference that an OpenCL driver replaces handlers while it starts. A signal that was
/// ignored when the program started (`nohup`, a background job of a script) stays ignored.
final class Interruption: Sendable {
  let cancellation = Cancellation()

  /// How the work ended.
  enum Outcome: Sendable {
    case failed
    /// With what it has left behind, if anything.
    case done(lasting: String?)
  }

  private struct State {
    /// What asked for the end, and when.
    var first: (signal: Int32, nanoseconds: Int)?
    /// Another came too soon after it to count.
    var isRepeated = false
    /// Nil while the work goes on.
    var outcome: Outcome?
  }

  private let state = Mutex(State())

  /// To be made before any other thread: threads inherit what is blocked.
  init() {
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !Self.isIgnored(signal) { sigaddset(&awaited, signal) }
    var previous = sigset_t()
    pthread_sigmask(SIG_BLOCK, &awaited, &previous)
    let body = Unmanaged.passRetained(Waiter(interruption: self, signals: awaited))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { raw in
        if let raw { Unmanaged<Waiter>.fromOpaque(raw).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      // No thread to spare: the signals end the program as they always do.
      body.release()
      pthread_sigmask(SIG_SETMASK, &previous, nil)
      return
    }
    pthread_detach(thread)
  }

  /// The signal that asked for the end; nil where none has.
  var signal: Int32? { state.withLock { $0.first?.signal } }

  /// The work is over: from here on a signal ends the program at once. So does, where the work was done all the same, one
  /// that came too soon to count before: what is left is to tell of it, and whoever listens may never read it.
  func end(_ outcome: Outcome) {
    let late = state.withLock { state in
      state.outcome = outcome
      return state.isRepeated ? state.first?.signal : nil
    }
    guard let late, case .done = outcome else { return }
    Self.exit(by: late, after: outcome)
  }

  private final class Waiter: Sendable {
    let interruption: Interruption
    let signals: sigset_t

    init(interruption: Interruption, signals: sigset_t) {
      self.interruption = interruption
      self.signals = signals
    }

    func run() {
      var signals = signals
      var signal: Int32 = 0
      while sigwait(&signals, &signal) == 0 { interruption.receive(signal) }
    }
  }

  private func receive(_ signal: Int32) {
    let now = Self.nanoseconds()
    let (endsAtOnce, outcome) = state.withLock { state -> (Bool, Outcome?) in
      guard state.outcome == nil else { return (true, state.outcome) }
      guard let first = state.first else {
        state.first = (signal, now)
        return (false, nil)
      }
      state.isRepeated = true
      return (now - first.nanoseconds >= Self.repetitionNanoseconds, nil)
    }
    if endsAtOnce { Self.exit(by: signal, after: outcome) }
    cancellation.cancel()
  }

  private static let repetitionNanoseconds = 1_000_000_000

  /// Of a clock that nobody sets.
  private static func nanoseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
  }

  /// What is left behind for good is success, whoever did not wait to be told of it.
  private static func exit(by signal: Int32, after outcome: Outcome?) -> Never {
    guard case .done(let lasting?) = outcome else { _exit(HoloError.Code.cancelled(bySignal: signal).exitStatus) }
    // Nobody may be reading.
    var request = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    if poll(&request, 1, 0) == 1 {
      let text = Array("holosnap: stopped when it was done: \(lasting.printable)\n".utf8)
      _ = write(STDERR_FILENO, text, text.count)
    }
    _exit(0)
  }

  /// SIGQUIT ends the program, as everywhere: Swift's runtime takes it for a crash, prints where each thread is, and goes on.
  /// Where it was ignored when the program started, it stays so.
  static func leaveQuitToTheSystem() {
    if !isIgnored(SIGQUIT) { Glibc.signal(SIGQUIT, SIG_DFL) }
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return withUnsafeBytes(of: action.__sigaction_handler) { handler in
      handler.loadUnaligned(as: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
    }
  }
}
