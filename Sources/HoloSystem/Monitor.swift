import Glibc

/// A mutex with a condition variable around a value: threads wait for a change of it.
package final class Monitor<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Waits that end at a time do not hang on somebody setting the clock.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  /// Runs the body alone with the value, and wakes every waiter to look again.
  package func change<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&value)
  }

  /// Waits until the body returns a result; nil where none came in time. The body is run as by ``wait(until:)``, at the end once more.
  ///
  /// - Parameter nanoseconds: 0: only looks; `UInt64.max`: as long as it takes.
  package func wait<Result>(nanoseconds: UInt64, until body: (inout Value) -> Result?) -> Result? {
    guard nanoseconds < .max else { return wait(until: body) }
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let ends = UInt64(deadline.tv_nsec) + nanoseconds % 1_000_000_000
    // A wait of centuries is one without an end.
    deadline.tv_sec += Int(nanoseconds / 1_000_000_000 + ends / 1_000_000_000)
    deadline.tv_nsec = Int(ends % 1_000_000_000)
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while true {
      if let result = body(&value) { return result }
      if nanoseconds == 0 || pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return body(&value) }
    }
  }

  /// Waits until the body returns a result. It is run alone with the value, first at once and then after every change;
  /// what it changes wakes the others too.
  package func wait<Result>(until body: (inout Value) -> Result?) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while true {
      if let result = body(&value) { return result }
      pthread_cond_wait(condition, mutex)
    }
  }
}
