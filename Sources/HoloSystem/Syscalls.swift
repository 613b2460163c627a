import Glibc

/// Every file system call of HoloSnap goes through one value of this class, so that a test can make any of them fail.
///
/// Calls interrupted by a signal (EINTR) are repeated here, and nowhere else; `close`, `fsync` and `syncfs` are never repeated
/// (after a failed fsync the kernel may have dropped the pages: fsyncgate, LWN 752063).
/// Thread-safe: it holds no mutable state.
package final class Syscalls: Sendable {
  package enum Call: String, Sendable, CaseIterable {
    case open, openat, close, pread, pwrite, write, fsync, syncfs, fstat, stat, fstatat, ftruncate, flock, renameat2
    case unlink, unlinkat, rmdir, linkat, mkdir, mkdirat, readdir, opendir, fchmod, futimens, realpath, mmap, fcntl
    case poll, threadStart, fstatvfs
  }

  /// What a test wants of a call: go ahead, fail with an errno, or move at most so many bytes.
  package enum Verdict: Sendable, Equatable {
    case proceed
    case fail(Int32)
    case atMost(Int)
  }

  package typealias Interceptor = @Sendable (_ call: Call, _ path: String) -> Verdict

  private let interceptor: Interceptor?

  package init(interceptor: Interceptor? = nil) {
    self.interceptor = interceptor
  }

  package static func text(ofErrno code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // The GNU variant may return a static string instead of filling the buffer; glibc gives Swift the XSI one.
    guard strerror_r(code, &buffer, buffer.count) == 0 || buffer[0] != 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix(while: { $0 != 0 }).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Runs one call that returns −1 on failure; repeats it after EINTR unless told not to.
  func perform<Result: SignedInteger>(
    _ call: Call, _ path: String, repeatInterrupted: Bool = true, _ body: (_ mostBytes: Int) -> Result
  ) throws(SystemError) -> Result {
    while true {
      var mostBytes = Int.max
      var result: Result = -1
      switch interceptor?(call, path) ?? .proceed {
      case .fail(let code): errno = code
      case .atMost(let count):
        mostBytes = count
        result = body(mostBytes)
      case .proceed: result = body(mostBytes)
      }
      if result != -1 { return result }
      let code = errno
      if code == EINTR && repeatInterrupted { continue }
      throw SystemError(call: call, path: path, code: code)
    }
  }
}
