import CWaveKernels
import Glibc
import Synchronization

/// A joinable thread of our own. (Dispatch and Swift concurrency leave pool threads behind in a host process.)
/// Of what a thread inherits of the one that starts it, nothing is left: all signals are blocked, since the host's handlers run on
/// the host's threads, and floating-point modes are the default ones, however the host rounds.
package final class WorkerThread: @unchecked Sendable {
  private var handle = pthread_t()
  private var joined = false

  /// Whatever the process' limit is (ulimit -s), which may be less than our work takes. An address range; pages come as they are touched.
  private static let stackByteCount = 8 << 20

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  package init(_ run: @escaping @Sendable () -> Void) throws(SystemError) {
    let body = Unmanaged.passRetained(Body(run))
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackByteCount)
    let code = pthread_create(
      &handle, &attributes,
      { raw in
        _ = wave_modes_default()
        Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    pthread_attr_destroy(&attributes)
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    if code != 0 {
      body.release()
      joined = true
      throw SystemError(call: .threadStart, path: "a worker thread", code: code)
    }
  }

  /// Waits for the end. Called once, before the last reference goes.
  package func join() {
    precondition(!joined, "a thread is joined once")
    joined = true
    pthread_join(handle, nil)
  }

  deinit { precondition(joined, "a WorkerThread was dropped without join()") }
}
