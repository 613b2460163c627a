import Glibc
import HoloSystem

/// A file that is being written under a temporary name and held by a kernel lock, so that nobody takes it for garbage.
///
/// A `.partial` whose lock can be had is what a crash left behind. Two races are closed here: a cleaner may find the
/// file before its creator has locked it (the creator then sees that its file has lost its name, and makes another),
/// and a cleaner may open a file that is published before it gets the lock (it looks whether the name is still that
/// file's).
package enum PartialFile {
  /// A creator loses against a cleaner once or twice; never so often.
  private static let attemptLimit = 100

  /// Creates and locks a file.
  package static func create(
    _ name: [UInt8], in directory: OpenFile, permissions: UInt32 = 0o666
  ) throws(SystemError) -> OpenFile {
    try create({ name }, in: directory, permissions: permissions).file
  }

  /// The same, with another name at every attempt: a name that a cleaner took for garbage does not come back.
  package static func create(
    _ makeName: () -> [UInt8], in directory: OpenFile, permissions: UInt32 = 0o666
  ) throws(SystemError) -> (name: [UInt8], file: OpenFile) {
    let syscalls = directory.syscalls
    for _ in 0..<attemptLimit {
      let name = makeName()
      let file = try syscalls.open(
        name, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: permissions)
      do {
        // Waits for a cleaner at most, which holds the lock only to remove the file.
        try lock(file)
        if try isNamed(name, file, in: directory) { return (name, file) }
      } catch {
        try? syscalls.remove(name, in: directory)
        throw error
      }
    }
    throw SystemError(call: .flock, path: directory.path, code: EWOULDBLOCK)
  }

  /// Removes the garbage among the files whose names are ours; returns how many files that were.
  package static func removeGarbage(
    in directory: OpenFile, where isOurs: (_ name: [UInt8]) -> Bool
  ) throws(SystemError) -> Int {
    var removed = 0
    for name in try directory.syscalls.names(in: directory) where isOurs(name) {
      if try removeIfGarbage(name, in: directory) { removed += 1 }
    }
    return removed
  }

  /// Removes a file of ours that nobody holds; false where it stays.
  package static func removeIfGarbage(_ name: [UInt8], in directory: OpenFile) throws(SystemError) -> Bool {
    do {
      let file = try directory.syscalls.open(name, in: directory, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
      guard try file.status().kind == .file, try file.tryLock(), try isNamed(name, file, in: directory) else {
        return false
      }
      try directory.syscalls.remove(name, in: directory)
      return true
    } catch {
      guard harmless.contains(error.code) else { throw error }
      return false
    }
  }

  /// What looking at garbage may fail with and be no concern of ours: it is gone meanwhile, another user's, or on a file
  /// system without locks.
  package static let harmless = [ENOENT, EACCES, EPERM, ELOOP, EISDIR, ENXIO] + withoutLocks

  /// What `flock` fails with on a file system that has no locks. There nothing is ever garbage.
  private static let withoutLocks = [ENOSYS, EOPNOTSUPP]

  private static func lock(_ file: OpenFile) throws(SystemError) {
    do { try file.lock() } catch {
      guard withoutLocks.contains(error.code) else { throw error }
    }
  }

  private static func isNamed(
    _ name: [UInt8], _ file: OpenFile, in directory: OpenFile
  ) throws(SystemError) -> Bool {
    do {
      return try directory.syscalls.status(name, in: directory).identity == file.status().identity
    } catch {
      if error.code == ENOENT { return false }
      throw error
    }
  }
}
