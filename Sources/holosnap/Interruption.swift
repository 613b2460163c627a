import Glibc
import HoloEngine
import Synchronization

/// Turns SIGINT and SIGTERM into a cancellation; a second one ends the program at once.
///
/// The signals are blocked, and a thread waits for them (`sigwait`): no handler runs in the middle of anything, no call is
/// interrupted, and it makes no difference that an OpenCL driver replaces handlers while it starts. A signal that was
/// ignored when the program started (`nohup`, a background job of a script) stays ignored.
final class Interruption: Sendable {
  let cancellation = Cancellation()
  private let received = Atomic<Int32>(0)
  private let isOver = Atomic<Bool>(false)

  /// To be made before any other thread: threads inherit what is blocked.
  init() {
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for signal in [SIGINT, SIGTERM] where !Self.isIgnored(signal) { sigaddset(&awaited, signal) }
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
  var signal: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// The work is over: from here on a signal ends the program at once.
  func end() { isOver.store(true, ordering: .relaxed) }

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
    if isOver.load(ordering: .relaxed) || received.load(ordering: .relaxed) != 0 {
      _exit(HoloError.Code.cancelled(bySignal: signal).exitStatus)
    }
    received.store(signal, ordering: .relaxed)
    cancellation.cancel()
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return withUnsafeBytes(of: action.__sigaction_handler) { handler in
      handler.loadUnaligned(as: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
    }
  }
}
