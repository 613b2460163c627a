import HoloSystem

/// What went wrong with a store, and what to do about it.
package struct StoreError: Error, Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case noSuchStore
    case noSuchSnapshot
    /// An id prefix that several snapshots have.
    case ambiguous
    /// A reference that cannot name any snapshot.
    case malformedReference
    /// A file of that name is there.
    case exists
    /// No space, a read-only file system, no such directory.
    case cannotCreate
    case inputOutput
    /// Another process holds it.
    case busy
    case permission

    /// From sysexits.h, as the command line returns it.
    package var exitStatus: Int32 {
      switch self {
      case .ambiguous, .malformedReference: 64
      case .noSuchStore, .noSuchSnapshot: 66
      case .exists, .cannotCreate: 73
      case .inputOutput: 74
      case .busy: 75
      case .permission: 77
      }
    }
  }

  package var kind: Kind
  /// What happened: a clause without a full stop.
  package var message: String
  package var path: String
  /// What the user can do; nil where there is nothing.
  package var remedy: String?
  package var cause: SystemError?

  package init(_ kind: Kind, _ message: String, path: String, remedy: String? = nil, cause: SystemError? = nil) {
    self.kind = kind
    self.message = message
    self.path = path
    self.remedy = remedy
    self.cause = cause
  }

  /// A failed system call while a container, or the store itself, was made.
  package init(creating cause: SystemError) {
    switch cause.meaning {
    case .noSpace:
      self.init(
        .cannotCreate, "no space is left", path: cause.path, remedy: "free some space, or use another store",
        cause: cause)
    case .readOnlyFileSystem:
      self.init(
        .cannotCreate, "the file system is read-only", path: cause.path, remedy: "use another store", cause: cause)
    case .noSuchFile:
      self.init(
        .cannotCreate, "there is no such directory", path: cause.path, remedy: "create it first", cause: cause)
    case .exists:
      self.init(.exists, "a file of that name exists", path: cause.path, remedy: "choose another name", cause: cause)
    case .nameTooLong:
      self.init(.cannotCreate, "the name is too long", path: cause.path, remedy: "choose a shorter one", cause: cause)
    default: self.init(cause)
    }
  }

  /// A failed fsync: a file system may tell of a full disk only then.
  init(synchronizing cause: SystemError, _ message: String) {
    self.init(
      cause.meaning == .noSpace ? .cannotCreate : .inputOutput, "\(message): \(cause.reason)", path: cause.path,
      remedy: cause.meaning == .noSpace
        ? "free some space, or use another store" : "check the disk, then capture again",
      cause: cause)
  }

  /// A failed system call.
  package init(_ cause: SystemError) {
    switch cause.meaning {
    case .noPermission:
      self.init(
        .permission, "no permission", path: cause.path, remedy: "check who may read and write it", cause: cause)
    case .busy:
      self.init(.busy, "another process holds it", path: cause.path, remedy: "try again", cause: cause)
    default: self.init(.inputOutput, cause.failure, path: cause.path, cause: cause)
    }
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String { "\(message) (\(path))" + (remedy.map { "; \($0)" } ?? "") }
}
