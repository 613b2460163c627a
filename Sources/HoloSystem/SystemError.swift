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
}

extension SystemError: CustomStringConvertible {
  package var description: String { "\(call.rawValue) \(path): \(reason)" }
}
