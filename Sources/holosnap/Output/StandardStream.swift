import Glibc
import HoloEngine
import HoloSystem

/// Standard output or standard error: whole texts, written at once, with failures that can be seen.
///
/// Not `print`: it buffers behind our back and drops errors, and a result that was not delivered is a failure.
struct StandardStream: Sendable {
  let descriptor: Int32
  /// The other end is a person's terminal that understands cursor movement.
  let isTerminal: Bool
  /// Colour is wanted here: on a terminal, without `NO_COLOR` (no-color.org) and with `TERM` other than `dumb`.
  let isColoured: Bool

  static let output = StandardStream(STDOUT_FILENO)
  static let error = StandardStream(STDERR_FILENO)

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1 && Self.variable("TERM").map { $0 != "dumb" } ?? false
    isColoured = isTerminal && Self.variable("NO_COLOR") == nil
  }

  /// To a command whose output cannot be standard output: a snapshot gets its name when it is whole and durable.
  static let noFileName = "a snapshot is written to a file, not to standard output: name one (./- for a file named -)"

  /// The value of an environment variable; nil where it is unset or empty.
  static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return PathBytes.text(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }

  /// Makes the standard descriptors safe to write to: to be called first of all.
  ///
  /// A descriptor that the parent closed would be given to the next file that is opened, and a message would then land in
  /// a container. A reader that went away must be an error of `write`, not a signal in the middle of a capture.
  static func prepare() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free descriptor is the one that is missing. Read-only, so that writing there fails.
      _ = open("/dev/null", O_RDONLY)
    }
    signal(SIGPIPE, SIG_IGN)
    // A limit of file sizes then fails the write (EFBIG), which is reported and cleaned up after.
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Writes all of it. A reader that has gone (`| head`) has what it wanted: that is no failure.
  func write(_ text: String) throws(HoloError) {
    var text = text
    let code = text.withUTF8 { bytes -> Int32 in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
          let code = errno
          if code == EINTR { continue }
          // A full pipe that somebody has set not to wait: O_NONBLOCK belongs to all who share it.
          guard code == EAGAIN else { return code }
          var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          guard poll(&request, 1, -1) >= 0 || errno == EINTR else { return errno }
          continue
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
      return 0
    }
    guard code == 0 || code == EPIPE else {
      let reason = String(cString: strerror(code))
      throw HoloError(.inputOutput, "cannot write to standard output: \(reason)")
    }
  }

  /// Columns of the terminal; nil where there is none.
  var columns: Int? {
    guard isTerminal else { return nil }
    if let columns = Self.variable("COLUMNS").flatMap(Int.init), columns > 0 { return columns }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
