import Glibc
import TestSupport
import Testing

/// Runs the program that was built beside these tests, as a user's shell would.
struct Command {
  var arguments: [String]
  var environment: [String: String] = [:]
  var directory: String = "/"
  /// Signals that the program finds ignored, as a script's background job does.
  var ignoredSignals: [Int32] = []

  /// What a program that has ended leaves.
  struct Outcome {
    var status: Int32
    var output: [UInt8]
    var error: String

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Found next to the bundle, which is an executable of its own on Linux.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let executable = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return executable.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      + "/holosnap"
  }()

  /// Starts it with these descriptors as its standard output and error. The caller waits for it.
  func start(output: Int32, error: Int32) throws -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Whatever the one who runs the tests ignores or blocks, the program starts with a clean slate.
    var usual = sigset_t()
    sigfillset(&usual)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    // env(1) ignores signals, changes the directory and becomes the program: `posix_spawn` itself can do no more of that than with an extension of
    // glibc that Swift's Glibc module leaves out.
    let ignoring = ignoredSignals.map { "--ignore-signal=\($0)" }
    let words = (["env", "-C", directory] + ignoring + [Self.path] + arguments).map { strdup($0) } + [nil]
    let variables = completeEnvironment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, words, variables)
    guard code == 0 else { throw Failure(description: "cannot start \(Self.path): \(String(cString: strerror(code)))") }
    return ChildProcess(id: process)
  }

  /// Starts it with its output going to files: nothing to drain, so nothing can block.
  func start() throws -> Recording {
    let (output, error) = (try Self.temporaryFile(), try Self.temporaryFile())
    return Recording(process: try start(output: output, error: error), output: output, error: error)
  }

  func run() throws -> Outcome { try start().finish() }

  /// The environment of these tests without what would steer the program.
  private var completeEnvironment: [String: String] {
    var complete: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee.map({ String(cString: $0) }) {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { complete[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    for name in ["HOLOSNAP_STORE", "NO_COLOR", "COLUMNS", "TERM"] { complete[name] = nil }
    return complete.merging(environment) { $1 }
  }

  private static func temporaryFile() throws -> Int32 {
    var template = Array("\(ScratchDirectory.parent)/holosnap-output.XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Failure(description: "no temporary file") }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }
}

/// A program that was started.
struct ChildProcess {
  let id: pid_t

  func send(_ signal: Int32) { kill(id, signal) }

  /// Its exit status, or 128 and its signal, as a shell has it.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(id, &status, 0) == -1 && errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }
}

/// A running program whose output goes to files.
struct Recording {
  let process: ChildProcess
  let output: Int32
  let error: Int32

  func finish() -> Command.Outcome {
    let status = process.wait()
    defer {
      close(output)
      close(error)
    }
    return Command.Outcome(
      status: status, output: Self.contents(output), error: String(decoding: Self.contents(error), as: UTF8.self))
  }

  private static func contents(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, bytes.count)
      guard count > 0 else { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}
