import Glibc

/// A terminal of our own (pty(7)), to see what a person would see.
struct Terminal {
  /// Runs a command with its output and errors on a terminal; returns all that was shown.
  static func run(_ command: Command) throws -> (status: Int32, screen: String) {
    let (ours, its) = try open()
    defer { close(ours) }
    let process = try command.start(output: its, error: its)
    close(its)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      // EIO once the other side is closed.
      let count = read(ours, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    return (process.wait(), String(decoding: bytes, as: UTF8.self))
  }

  private static func open() throws -> (ours: Int32, its: Int32) {
    typealias Openpty =
      @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, OpaquePointer?, OpaquePointer?, OpaquePointer?
      ) -> Int32
    // <pty.h> is not in Swift's Glibc module.
    guard let symbol = dlsym(nil, "openpty") else { throw Command.Failure(description: "no openpty") }
    var (ours, its): (Int32, Int32) = (-1, -1)
    guard unsafeBitCast(symbol, to: Openpty.self)(&ours, &its, nil, nil, nil) == 0 else {
      throw Command.Failure(description: "no terminal")
    }
    for descriptor in [ours, its] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return (ours, its)
  }
}
