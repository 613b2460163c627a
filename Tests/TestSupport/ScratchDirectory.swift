import Glibc
import HoloSystem

/// A directory of a test's own, gone with all that it holds when the last reference goes.
package final class ScratchDirectory {
  package let path: String
  /// Where temporary files go.
  package static let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  private let syscalls = Syscalls()

  package init() {
    var template = Array("\(Self.parent)/holosnap-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { preconditionFailure("no temporary directory: errno \(errno)") }
    let made = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    // As the kernel names it, so that open descriptors can be told by it.
    path = (try? Syscalls().resolve(made)) ?? made
  }

  deinit {
    if let directory = try? open() { empty(directory) }
    try? syscalls.removeDirectory(path)
  }

  /// The directory, or one below it.
  package func open(_ name: String = ".") throws -> OpenFile {
    try syscalls.open(path + "/" + name, O_RDONLY | O_DIRECTORY)
  }

  package func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file, and the directories that it needs.
  package func write(_ bytes: [UInt8], to name: String) throws {
    try write(bytes, to: Array(name.utf8))
  }

  /// The same for a name of any bytes.
  package func write(_ bytes: [UInt8], to name: [UInt8]) throws {
    var directory = try open()
    let components = name.split(separator: UInt8(ascii: "/")).map(Array.init)
    for component in components.dropLast() {
      try? syscalls.makeDirectory(component, in: directory)
      directory = try syscalls.open(component, in: directory, O_RDONLY | O_DIRECTORY)
    }
    let file = try syscalls.open(components.last ?? [], in: directory, O_WRONLY | O_CREAT | O_TRUNC)
    try file.append(bytes)
    try file.close()
  }

  package func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  package func makeDirectory(_ name: String) throws { try syscalls.makeDirectory(path(name)) }

  package func link(to destination: String, at name: String) throws {
    guard symlink(destination, path(name)) == 0 else {
      throw SystemError(call: .linkat, path: path(name), code: errno)
    }
  }

  package func read(_ name: String) throws -> [UInt8] {
    let file = try syscalls.open(path(name), O_RDONLY)
    return try file.bytes(at: 0, count: Int(try file.status().byteCount))
  }

  package func exists(_ name: String) -> Bool { (try? syscalls.status(path(name))) != nil }

  /// The names in the directory, or in one below it, in byte order; as text.
  package func names(in name: String = ".") throws -> [String] {
    try syscalls.names(in: try open(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Descriptors of this process that are open on the directory or on something in it. A test that runs beside others
  /// counts its own alone.
  package func openDescriptorCount() throws -> Int {
    let directory = try syscalls.open("/proc/self/fd", O_RDONLY | O_DIRECTORY)
    return try syscalls.names(in: directory).count { name in
      var target = [CChar](repeating: 0, count: 4_096)
      let count = readlinkat(directory.descriptor, name.map(CChar.init(bitPattern:)) + [0], &target, target.count)
      guard count > 0 else { return false }
      let text = String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
      return text == path || text.hasPrefix(path + "/") || text.hasPrefix(path + " ")
    }
  }

  private func empty(_ directory: OpenFile) {
    // A test may have taken away the permission to remove.
    try? directory.setPermissions(0o700)
    for name in (try? syscalls.names(in: directory)) ?? [] {
      let isDirectory = (try? syscalls.status(name, in: directory).kind) == .directory
      if isDirectory {
        _ = fchmodat(directory.descriptor, name.map(CChar.init(bitPattern:)) + [0], 0o700, 0)
        if let inner = try? syscalls.open(name, in: directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) { empty(inner) }
      }
      try? syscalls.remove(name, in: directory, isDirectory: isDirectory)
    }
  }
}
