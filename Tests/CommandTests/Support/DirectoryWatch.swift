import Glibc

/// Waits for names to appear in a directory, without asking again and again (inotify(7)).
final class DirectoryWatch {
  private let descriptor: Int32

  /// The directory exists.
  init(_ path: String) throws {
    descriptor = inotify_init1(Int32(IN_CLOEXEC))
    guard descriptor >= 0, inotify_add_watch(descriptor, path, UInt32(IN_CREATE | IN_MOVED_TO)) >= 0 else {
      throw Command.Failure(description: "cannot watch \(path)")
    }
  }

  deinit { close(descriptor) }

  /// Returns when a name with this start and end has appeared since the watch began. Not for ever: a minute is an age.
  func wait(forNameBeginningWith start: String = "", endingIn end: String) throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, 60_000) > 0 else { throw Command.Failure(description: "no \(start)*\(end) has appeared") }
      let count = read(descriptor, &buffer, buffer.count)
      var offset = 0
      // struct inotify_event: watch, mask, cookie, length of the name, each 4 bytes; the name, padded with zeros.
      while offset + 16 <= count {
        let length = buffer[offset + 12..<offset + 16].reversed().reduce(0) { $0 << 8 | Int($1) }
        let name = buffer[offset + 16..<offset + 16 + length].prefix { $0 != 0 }
        let text = String(decoding: name, as: UTF8.self)
        if text.hasPrefix(start), text.hasSuffix(end) { return }
        offset += 16 + length
      }
    }
  }
}
