import HoloSystem

/// Threads that do one job together, and how far they have come.
final class WorkerGroup: Sendable {
  private struct State {
    var doneByteCount: UInt64 = 0
    var running = 0
  }

  private let monitor = Monitor(State())

  /// Called by a worker for what it has done.
  func add(_ byteCount: UInt64) { monitor.change { $0.doneByteCount += byteCount } }

  /// Runs `work` on so many threads, each with its number; all have ended when this returns.
  ///
  /// - Parameters:
  ///   - progress: called on this thread with the bytes done so far.
  ///   - failed: a thread could not be started; those that were are to stop.
  func run(
    _ count: Int, progress: ((_ doneByteCount: UInt64) -> Void)? = nil, failed: (SystemError) -> Void,
    work: @escaping @Sendable (_ worker: Int) -> Void
  ) {
    monitor.change { $0.running = count }
    var threads: [WorkerThread] = []
    for worker in 0..<count {
      do {
        threads.append(
          try WorkerThread { [monitor] in
            work(worker)
            monitor.change { $0.running -= 1 }
          })
      } catch {
        failed(error)
        monitor.change { $0.running -= count - worker }
        break
      }
    }
    if let progress { follow(progress) }
    for thread in threads { thread.join() }
  }

  private func follow(_ progress: (_ doneByteCount: UInt64) -> Void) {
    var reported: UInt64 = 0
    while true {
      let (done, isOver) = monitor.wait { state -> (UInt64, Bool)? in
        state.running == 0 || state.doneByteCount > reported ? (state.doneByteCount, state.running == 0) : nil
      }
      if done > reported { progress(done) }
      reported = done
      if isOver { return }
    }
  }
}
