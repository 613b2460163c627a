import CLinux
import Glibc

// Unsafe here: buffers are passed to the kernel as pointer and length; every caller hands in a buffer that outlives the
// call.

/// What `fstat` tells of a file.
package struct FileStatus: Hashable, Sendable {
  package enum Kind: Sendable { case file, directory, symbolicLink, other }
  package var kind: Kind
  package var byteCount: Int64
  package var permissions: UInt32
  package var modifiedSeconds: Int64
  package var modifiedNanoseconds: UInt32
  package var device: UInt64
  package var inode: UInt64

  /// Which file it is, whatever its name.
  package struct Identity: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
  }

  package var identity: Identity { Identity(device: device, inode: inode) }

  init(_ raw: stat) {
    switch raw.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .symbolicLink
    default: kind = .other
    }
    byteCount = Int64(raw.st_size)
    permissions = raw.st_mode & 0o7777
    modifiedSeconds = Int64(raw.st_mtim.tv_sec)
    modifiedNanoseconds = UInt32(raw.st_mtim.tv_nsec)
    device = UInt64(raw.st_dev)
    inode = UInt64(raw.st_ino)
  }
}

/// An open file. Closed explicitly (an error of `close` can be seen) or, at the latest, when it is released.
/// Reads and writes at offsets may come from any thread; everything else from one at a time.
package final class OpenFile: @unchecked Sendable {
  package let syscalls: Syscalls
  /// For messages only.
  package let path: String
  package private(set) var descriptor: Int32

  init(syscalls: Syscalls, path: String, descriptor: Int32) {
    self.syscalls = syscalls
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  package func close() throws(SystemError) {
    guard descriptor >= 0 else { return }
    let closing = descriptor
    descriptor = -1
    do {
      _ = try syscalls.perform(.close, path, repeatInterrupted: false) { _ in Glibc.close(closing) }
    } catch {
      // A close that failed has still given the descriptor back (Linux), except where a test made it fail before.
      if fcntl(closing, F_GETFD) != -1 { _ = Glibc.close(closing) }
      throw error
    }
  }

  package func status() throws(SystemError) -> FileStatus {
    var raw = stat()
    _ = try syscalls.perform(.fstat, path) { _ in fstat(descriptor, &raw) }
    return FileStatus(raw)
  }

  /// Reads until the buffer is full or the file ends; returns the bytes read.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = try syscalls.perform(.pread, path) { most in
        pread(descriptor, buffer.baseAddress! + done, min(buffer.count - done, most), Int(offset) + done)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The bytes from an offset on: so many, or fewer where the file ends.
  package func bytes(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(SystemError) {
        initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of the buffer at an offset.
  package func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    var done = 0
    while done < buffer.count {
      done += try syscalls.perform(.pwrite, path) { most in
        pwrite(descriptor, buffer.baseAddress! + done, min(buffer.count - done, most), Int(offset) + done)
      }
    }
  }

  /// Writes all of the buffer at the descriptor's own position (a pipe has no other). Waits where a pipe is full, also one
  /// that does not make its writers wait: `O_NONBLOCK` belongs to all who share it.
  package func append(_ buffer: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < buffer.count {
      do throws(SystemError) {
        done += try syscalls.perform(.write, path) { most in
          Glibc.write(descriptor, buffer.baseAddress! + done, min(buffer.count - done, most))
        }
      } catch {
        guard error.code == EAGAIN else { throw error }
        try waitUntilWritable()
      }
    }
  }

  private func waitUntilWritable() throws(SystemError) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = try syscalls.perform(.poll, path) { _ in poll(&request, 1, -1) }
  }

  /// Writes all of the bytes at the descriptor's own position.
  package func append(_ bytes: [UInt8]) throws(SystemError) {
    let failure: SystemError? = bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try append(buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }

  /// Never repeated after a failure: the caller abandons the file.
  package func synchronize() throws(SystemError) {
    _ = try syscalls.perform(.fsync, path, repeatInterrupted: false) { _ in fsync(descriptor) }
  }

  /// Everything that was written to the file's file system, by anyone. Tells of data that was lost since the file was
  /// opened (Linux 5.8). Never repeated after a failure.
  package func synchronizeFileSystem() throws(SystemError) {
    _ = try syscalls.perform(.syncfs, path, repeatInterrupted: false) { _ in linux_syncfs(descriptor) }
  }

  /// Of the file's file system: what an unprivileged user may still write.
  package func freeByteCount() throws(SystemError) -> UInt64 {
    var raw = statvfs()
    _ = try syscalls.perform(.fstatvfs, path) { _ in fstatvfs(descriptor, &raw) }
    let (product, overflow) = UInt64(raw.f_bavail).multipliedReportingOverflow(by: UInt64(raw.f_frsize))
    return overflow ? .max : product
  }

  package func truncate(to byteCount: Int64) throws(SystemError) {
    _ = try syscalls.perform(.ftruncate, path) { _ in ftruncate(descriptor, Int(byteCount)) }
  }

  /// Takes the exclusive kernel lock of this open file; waits while another holds it.
  package func lock() throws(SystemError) {
    _ = try syscalls.perform(.flock, path) { _ in flock(descriptor, LOCK_EX) }
  }

  /// Takes the exclusive kernel lock of this open file without waiting; false where another holds it.
  package func tryLock() throws(SystemError) -> Bool {
    do {
      _ = try syscalls.perform(.flock, path) { _ in flock(descriptor, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      if error.code == EWOULDBLOCK { return false }
      throw error
    }
  }

  package func setPermissions(_ permissions: UInt32) throws(SystemError) {
    _ = try syscalls.perform(.fchmod, path) { _ in fchmod(descriptor, permissions & 0o7777) }
  }

  /// Sets the modification time; the access time stays.
  package func setModified(seconds: Int64, nanoseconds: UInt32) throws(SystemError) {
    let times = [
      timespec(tv_sec: 0, tv_nsec: linux_utime_omit), timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)),
    ]
    _ = try syscalls.perform(.futimens, path) { _ in futimens(descriptor, times) }
  }
}

extension Syscalls {
  /// `open` with O_CLOEXEC added.
  package func open(_ path: String, _ flags: Int32, permissions: UInt32 = 0o666) throws(SystemError) -> OpenFile {
    let name = PathBytes.cString(path)
    let descriptor = try perform(.open, path) { _ in Glibc.open(name, flags | O_CLOEXEC, permissions) }
    return OpenFile(syscalls: self, path: path, descriptor: descriptor)
  }

  /// Standard output, under a descriptor of its own: closing it leaves the process' own open.
  package func standardOutput() throws(SystemError) -> OpenFile {
    let path = "standard output"
    let descriptor = try perform(.fcntl, path) { _ in fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) }
    return OpenFile(syscalls: self, path: path, descriptor: descriptor)
  }

  /// `openat` below an open directory, with O_CLOEXEC added. `name` is one component.
  package func open(
    _ name: String, in directory: OpenFile, _ flags: Int32, permissions: UInt32 = 0o666
  ) throws(SystemError) -> OpenFile {
    try open(PathBytes.bytes(name), in: directory, flags, permissions: permissions)
  }

  package func open(
    _ name: [UInt8], in directory: OpenFile, _ flags: Int32, permissions: UInt32 = 0o666
  ) throws(SystemError) -> OpenFile {
    let descriptor = try perform(.openat, name, in: directory) {
      openat(directory.descriptor, $0, flags | O_CLOEXEC, permissions)
    }
    return OpenFile(syscalls: self, path: directory.path(of: name), descriptor: descriptor)
  }

  /// The absolute path without symbolic links, `.` and `..`.
  package func resolve(_ path: String) throws(SystemError) -> String {
    var resolved = ""
    let name = PathBytes.cString(path)
    _ = try perform(.realpath, path) { _ -> Int32 in
      guard let text = realpath(name, nil) else { return -1 }
      resolved = PathBytes.text(UnsafeRawBufferPointer(start: text, count: strlen(text)))
      free(text)
      return 0
    }
    return resolved
  }

  /// Follows symbolic links.
  package func status(_ path: String) throws(SystemError) -> FileStatus {
    var raw = stat()
    let name = PathBytes.cString(path)
    _ = try perform(.stat, path) { _ in stat(name, &raw) }
    return FileStatus(raw)
  }

  /// Does not follow a symbolic link. `name` is one component.
  package func status(_ name: String, in directory: OpenFile) throws(SystemError) -> FileStatus {
    try status(PathBytes.bytes(name), in: directory)
  }

  package func status(_ name: [UInt8], in directory: OpenFile) throws(SystemError) -> FileStatus {
    var raw = stat()
    _ = try perform(.fstatat, name, in: directory) { fstatat(directory.descriptor, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(raw)
  }
}
