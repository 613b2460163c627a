import Glibc
import Synchronization

/// A joinable thread of our own. (Dispatch and Swift concurrency leave pool threads behind in a host process.)
/// All signals are blocked on it: the host's handlers run on the host's threads.
package final class WorkerThread: @unchecked Sendable {
  private var handle = pthread_t()
  private var joined = false

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
    let code = pthread_create(
      &handle, nil,
      { raw in
        Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
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
