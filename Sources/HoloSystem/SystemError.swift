import Glibc

/// A system call that failed: which one, on what, and the errno it left.
package struct SystemError: Error, Hashable, Sendable {
  package let call: Syscalls.Call
  package let path: String
  package let code: Int32

  package init(call: Syscalls.Call, path: String, code: Int32) {
    self.call = call
    self.path = path
    self.code = code
  }

  /// What the C library says of the errno, "No such file or directory".
  package var reason: String { Syscalls.text(ofErrno: code) }

  /// Call and reason without the path, for errors that name their place themselves.
  package var failure: String { "\(call.rawValue) failed: \(reason)" }
}

extension SystemError {
  /// What an errno means to whoever asked for the work: messages and exit codes go by it, so that one errno means one
  /// thing everywhere.
  package enum Meaning: Hashable, Sendable {
    /// `CancellableSource` fails so.
    case cancelled
    case noMemory
    case noSuchFile
    /// A full disk, or a quota.
    case noSpace
    /// A limit of the file system or of the process (`ulimit -f`).
    case fileTooLarge
    case readOnlyFileSystem
    case exists
    case nameTooLong
    case tooManyOpenFiles
    case noPermission
    case busy
    case other
  }

  package var meaning: Meaning {
    switch code {
    case ECANCELED: .cancelled
    case ENOMEM: .noMemory
    case ENOENT, ENOTDIR: .noSuchFile
    case ENOSPC, EDQUOT: .noSpace
    case EFBIG: .fileTooLarge
    case EROFS: .readOnlyFileSystem
    case EEXIST: .exists
    case ENAMETOOLONG: .nameTooLong
    case EMFILE, ENFILE: .tooManyOpenFiles
    case EACCES, EPERM: .noPermission
    case EWOULDBLOCK: .busy
    default: .other
    }
  }
}

extension SystemError: CustomStringConvertible {
  package var description: String { "\(call.rawValue) \(path): \(reason)" }
}
