import Glibc
import HoloSystem
import Synchronization
import Testing

@Suite("Threads")
struct ThreadTests {
  @Test("A worker runs to its end before join returns")
  func joins() throws {
    let done = Atomic<Bool>(false)
    let worker = try WorkerThread { done.store(true, ordering: .releasing) }
    worker.join()
    let isDone = done.load(ordering: .acquiring)
    #expect(isDone)
  }

  @Test("A worker takes no signals, and the thread that starts it keeps its mask")
  func blocksSignals() throws {
    var before = sigset_t()
    pthread_sigmask(SIG_SETMASK, nil, &before)
    let blocked = Mutex<[Int32]>([])
    let worker = try WorkerThread {
      var mask = sigset_t()
      pthread_sigmask(SIG_SETMASK, nil, &mask)
      blocked.withLock { $0 = [SIGINT, SIGTERM, SIGUSR1, SIGHUP].filter { sigismember(&mask, $0) == 1 } }
    }
    worker.join()
    let found = blocked.withLock { $0 }
    #expect(found == [SIGINT, SIGTERM, SIGUSR1, SIGHUP])
    var after = sigset_t()
    pthread_sigmask(SIG_SETMASK, nil, &after)
    #expect(sigismember(&before, SIGINT) == sigismember(&after, SIGINT))
  }

  @Test("A monitor hands values from thread to thread, each once and in order")
  func monitorHandsOver() throws {
    let count = 10_000
    let queue = Monitor<[Int]>([])
    let received = Mutex<[Int]>([])
    let consumer = try WorkerThread {
      for _ in 0..<count {
        let value = queue.wait { $0.isEmpty ? nil : $0.removeFirst() }
        received.withLock { $0.append(value) }
      }
    }
    for value in 0..<count {
      // At most four wait: the producer waits too.
      queue.wait { (values: inout [Int]) -> Void? in
        guard values.count < 4 else { return nil }
        return values.append(value)
      }
    }
    consumer.join()
    let values = received.withLock { $0 }
    #expect(values == Array(0..<count))
  }

  @Test("Changes by many threads are not lost")
  func monitorCounts() throws {
    let total = Monitor(0)
    let workers = try (0..<8).map { _ in try WorkerThread { for _ in 0..<5_000 { total.change { $0 += 1 } } } }
    let reached = total.wait { $0 == 40_000 ? $0 : nil }
    for worker in workers { worker.join() }
    #expect(reached == 40_000)
  }
}
