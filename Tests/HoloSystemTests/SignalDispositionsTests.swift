import Glibc
import Testing

@testable import HoloSystem

/// Each in a process of its own: dispositions are the process'.
@Suite struct SignalDispositionsTests {
  @Test func handlersThatABodyReplacesComeBack() async {
    await #expect(processExitsWith: .success) {
      takeSignals()
      signal(SIGUSR1) { _ in _exit(0) }
      SignalDispositions.preserving {
        signal(SIGUSR1) { _ in _exit(1) }
        signal(SIGTERM, SIG_IGN)
      }
      var action = sigaction()
      sigaction(SIGTERM, nil, &action)
      guard unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0 else { exit(2) }
      raise(SIGUSR1)
      exit(3)
    }
  }

  @Test func handlersComeBackWhenABodyThrows() async {
    await #expect(processExitsWith: .success) {
      takeSignals()
      struct Failure: Error {}
      signal(SIGUSR1) { _ in _exit(0) }
      do {
        try SignalDispositions.preserving { () throws(Failure) in
          signal(SIGUSR1, SIG_DFL)
          throw Failure()
        }
        exit(1)
      } catch {
        raise(SIGUSR1)
        exit(2)
      }
    }
  }

  @Test func aSignalThatArrivesMeanwhileMeetsTheHostsHandler() async {
    await #expect(processExitsWith: .success) {
      takeSignals()
      signal(SIGTERM) { _ in _exit(0) }
      SignalDispositions.preserving {
        signal(SIGTERM) { _ in _exit(1) }
        // To this thread: it is blocked here, and waits.
        pthread_kill(pthread_self(), SIGTERM)
      }
      exit(2)
    }
  }
}

/// A test may run on a thread that blocks signals, as threads of pools do.
private func takeSignals() {
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_UNBLOCK, &all, nil)
}
