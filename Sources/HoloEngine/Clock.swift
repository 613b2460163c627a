import Glibc

/// Time and name of this machine.
package enum Clock {
  /// A point of the monotonic clock, in nanoseconds.
  package static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

  package static func seconds(since start: UInt64) -> Double { Double(now() - start) / 1e9 }

  /// Of the wall clock, since 1970-01-01T00:00:00Z.
  package static func nanosecondsSinceEpoch() -> Int64 { Int64(read(CLOCK_REALTIME)) }

  package static func hostName() -> String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix(while: { $0 != 0 }), as: UTF8.self) }
  }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
