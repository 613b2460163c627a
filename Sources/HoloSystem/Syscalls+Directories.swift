import CLinux
import Glibc

// Unsafe here: `dirent` names are read in place, bounded by the NUL that the kernel wrote; names go to the kernel as C
// strings that live through the call.

extension Syscalls {
  /// The names in a directory as bytes, in byte order, without `.` and `..`. Names need not be UTF-8.
  package func names(in directory: OpenFile) throws(SystemError) -> [[UInt8]] {
    // A descriptor of its own: fdopendir takes over the one it is given, and its position.
    let descriptor = try perform(.opendir, directory.path) { _ in
      openat(directory.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      _ = Glibc.close(descriptor)
      throw SystemError(call: .opendir, path: directory.path, code: code)
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      var entry: UnsafeMutablePointer<dirent>?
      _ = try perform(.readdir, directory.path) { _ -> Int32 in
        errno = 0
        entry = Glibc.readdir(stream)
        return entry == nil && errno != 0 ? -1 : 0
      }
      guard let entry else { break }
      // By pointer: a record is shorter than `dirent`, so the struct must never be copied whole.
      let first = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
      let length = strlen(first.assumingMemoryBound(to: CChar.self))
      let name = [UInt8](UnsafeRawBufferPointer(start: first, count: length))
      if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The directory above (the root's is itself), to find names in: it may be one that cannot be listed.
  package func openDirectory(above directory: OpenFile) throws(SystemError) -> OpenFile {
    try open("..", in: directory, linux_o_path | O_DIRECTORY)
  }

  package func makeDirectory(_ path: String, permissions: UInt32 = 0o777) throws(SystemError) {
    let name = PathBytes.cString(path)
    _ = try perform(.mkdir, path) { _ in mkdir(name, permissions) }
  }

  package func makeDirectory(
    _ name: String, in directory: OpenFile, permissions: UInt32 = 0o777
  ) throws(SystemError) {
    try makeDirectory(PathBytes.bytes(name), in: directory, permissions: permissions)
  }

  package func makeDirectory(
    _ name: [UInt8], in directory: OpenFile, permissions: UInt32 = 0o777
  ) throws(SystemError) {
    _ = try perform(.mkdirat, name, in: directory) { mkdirat(directory.descriptor, $0, permissions) }
  }

  package func remove(_ path: String) throws(SystemError) {
    let name = PathBytes.cString(path)
    _ = try perform(.unlink, path) { _ in unlink(name) }
  }

  package func remove(_ name: String, in directory: OpenFile, isDirectory: Bool = false) throws(SystemError) {
    try remove(PathBytes.bytes(name), in: directory, isDirectory: isDirectory)
  }

  package func remove(_ name: [UInt8], in directory: OpenFile, isDirectory: Bool = false) throws(SystemError) {
    _ = try perform(.unlinkat, name, in: directory) {
      unlinkat(directory.descriptor, $0, isDirectory ? AT_REMOVEDIR : 0)
    }
  }

  package func removeDirectory(_ path: String) throws(SystemError) {
    let name = PathBytes.cString(path)
    _ = try perform(.rmdir, path) { _ in rmdir(name) }
  }

  /// Renames within one directory. `replacing` false: fails with EEXIST where the new name is taken.
  package func rename(
    _ name: String, to newName: String, in directory: OpenFile, replacing: Bool
  ) throws(SystemError) {
    try rename(PathBytes.bytes(name), to: PathBytes.bytes(newName), in: directory, replacing: replacing)
  }

  package func rename(
    _ name: [UInt8], to newName: [UInt8], in directory: OpenFile, replacing: Bool
  ) throws(SystemError) {
    let source = try cString(name, .renameat2, in: directory)
    do {
      _ = try perform(.renameat2, newName, in: directory) { target in
        replacing
          ? renameat(directory.descriptor, source, directory.descriptor, target)
          : linux_rename_noreplace(directory.descriptor, source, target)
      }
    } catch {
      // A file system, or a kernel, without RENAME_NOREPLACE.
      guard !replacing, error.code == EINVAL || error.code == ENOSYS else { throw error }
      try renameByLink(name, to: newName, in: directory)
    }
  }

  /// A second name first, which never replaces, and then without the old one. If the old one cannot be removed, the
  /// file has both: what was asked for has happened, and the old name is garbage like any other.
  private func renameByLink(
    _ name: [UInt8], to newName: [UInt8], in directory: OpenFile
  ) throws(SystemError) {
    let source = try cString(name, .linkat, in: directory)
    _ = try perform(.linkat, newName, in: directory) { target in
      linkat(directory.descriptor, source, directory.descriptor, target, 0)
    }
    try? remove(name, in: directory)
  }
}

extension Syscalls {
  /// Runs a call on a name below a directory; the name may be any bytes but NUL.
  func perform(
    _ call: Call, _ name: [UInt8], in directory: OpenFile, _ body: (UnsafePointer<CChar>) -> Int32
  ) throws(SystemError) -> Int32 {
    let terminated = try cString(name, call, in: directory)
    return try perform(call, directory.path(of: name)) { _ in body(terminated) }
  }

  private func cString(_ name: [UInt8], _ call: Call, in directory: OpenFile) throws(SystemError) -> [CChar] {
    guard !name.contains(0) else {
      throw SystemError(call: call, path: directory.path, code: EINVAL)
    }
    return name.map(CChar.init(bitPattern:)) + [0]
  }
}
