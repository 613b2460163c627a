import Glibc
import HoloSystem

/// One process at a time brings up OpenCL: pocl's kernel cache has crashed when several filled it together.
///
/// A kernel lock on a file of the user's, in `$XDG_CACHE_HOME/holosnap`, else `~/.cache/holosnap`, else the temporary
/// directory. It guards against a crash, not for correctness: where it cannot be had, work goes on without it.
enum StartupLock {
  /// How long to wait for the others. A first build takes seconds; a process that was stopped must not stop all others.
  private static let patienceMilliseconds = 120_000
  private static let pauseMilliseconds = 10

  /// Runs `body` with the lock held. Not reentrant: a second one would wait for the first.
  static func withLock<Result>(
    syscalls: Syscalls = Syscalls(), _ body: () throws(ComputeError) -> Result
  ) throws(ComputeError) -> Result {
    let file = candidates().lazy.compactMap { open($0, syscalls: syscalls) }.first
    if let file { wait(for: file) }
    // The lock goes with the file.
    defer { withExtendedLifetime(file) {} }
    return try body()
  }

  private static func wait(for file: OpenFile) {
    var waitedMilliseconds = 0
    while (try? file.tryLock()) == false, waitedMilliseconds < patienceMilliseconds {
      usleep(UInt32(pauseMilliseconds) * 1000)
      waitedMilliseconds += pauseMilliseconds
    }
  }

  /// Where the file may be, best first. `directories` are to be made before it.
  private struct Candidate {
    var directories: [String]
    var path: String
  }

  private static func candidates() -> [Candidate] {
    var candidates: [Candidate] = []
    if let cache = directory(from: "XDG_CACHE_HOME") ?? directory(from: "HOME").map({ "\($0)/.cache" }) {
      candidates.append(Candidate(directories: [cache, "\(cache)/holosnap"], path: "\(cache)/holosnap/opencl.lock"))
    }
    let temporary = directory(from: "TMPDIR") ?? "/tmp"
    candidates.append(Candidate(directories: [], path: "\(temporary)/holosnap-\(getuid()).opencl.lock"))
    return candidates
  }

  private static func directory(from variable: String) -> String? {
    guard let value = getenv(variable) else { return nil }
    let path = String(cString: value)
    return path.hasPrefix("/") ? path : nil
  }

  private static func open(_ candidate: Candidate, syscalls: Syscalls) -> OpenFile? {
    for directory in candidate.directories {
      // Usually it exists; `open` tells whether that is so.
      try? syscalls.makeDirectory(directory, permissions: 0o700)
    }
    return try? syscalls.open(candidate.path, O_RDWR | O_CREAT | O_NOFOLLOW, permissions: 0o600)
  }
}
