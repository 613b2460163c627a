import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import Synchronization

/// The directory that a restore writes below.
///
/// Nothing is ever written outside it: names are checked, and every component is opened relative to the one before and
/// never through a symbolic link. What a run created is remembered, so that a run that fails can take all of it away
/// again, and nothing else.
///
/// Thread-safe: files are begun, written and completed from any thread.
package final class RestoreTarget: Sendable {
  package let path: String

  private let syscalls: Syscalls
  private let overwrite: Bool
  private let root: OpenFile
  private let createdRoot: Bool
  private let journal: Mutex<Journal>

  /// What this run has done below the root.
  private struct Journal {
    var createdDirectories: [[[UInt8]]] = []
    /// Directories in which something was created or renamed.
    var touchedDirectories: Set<[[UInt8]]> = [[]]
    var partials: [ObjectIdentifier: (directory: OpenFile, name: [UInt8])] = [:]
    var createdFiles: [(components: [[UInt8]], identity: FileStatus.Identity)] = []
    var replacedFiles: [[[UInt8]]] = []
    /// Directories in which there is no more to be removed of restores that did not end.
    var clearedDirectories: Set<[[UInt8]]> = []
    var removedPartialCount = 0
    /// Files come directory by directory: where the last one went.
    var cursor: DirectoryCursor
  }

  private static let directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW

  /// Files that restores which did not end had left in the directories that this one came to, and which it removed.
  package var removedPartialCount: Int { journal.withLock { $0.removedPartialCount } }

  /// Creates the directory, or opens an empty one; with `overwrite`, one that holds anything. Its parent must exist.
  /// The path itself may go through symbolic links: it is the user's.
  package init(path: String, overwrite: Bool, syscalls: Syscalls = Syscalls()) throws(HoloError) {
    var created = true
    var isEmpty = true
    var removedPartialCount = 0
    do { try syscalls.makeDirectory(path) } catch {
      guard error.code == EEXIST else { throw Self.openingError(error, path: path) }
      created = false
    }
    do {
      root = try syscalls.open(path, O_RDONLY | O_DIRECTORY)
      if !created {
        let foreign = try syscalls.names(in: root).filter { !PartialTargetName.isOurs($0) }
        if foreign.isEmpty || overwrite {
          removedPartialCount = try PartialFile.removeGarbage(in: root, where: PartialTargetName.isOurs)
        }
        // What a restore that still runs holds is there as before.
        isEmpty = try syscalls.names(in: root).isEmpty
      }
    } catch {
      if created { try? syscalls.removeDirectory(path) }
      throw Self.openingError(error, path: path)
    }
    guard isEmpty || overwrite else {
      throw HoloError(
        .cannotCreate, "the target exists and is not empty", place: .init(path: path),
        remedy: "restore to a new directory, or use --overwrite to replace the files of the same names")
    }
    self.path = path
    self.syscalls = syscalls
    self.overwrite = overwrite
    createdRoot = created
    var journal = Journal(cursor: DirectoryCursor(root: root))
    journal.removedPartialCount = removedPartialCount
    self.journal = Mutex(journal)
  }

  private static func openingError(_ error: SystemError, path: String) -> HoloError {
    switch error.code {
    case ENOTDIR where error.call == .open:
      return HoloError(
        .cannotCreate, "the target exists and is not a directory", place: .init(path: path),
        remedy: "restore to a new directory")
    case ENOENT:
      return HoloError(
        .cannotCreate, "the directory of the target does not exist", place: .init(path: path), remedy: "create it first"
      )
    default: return HoloError(writing: error)
    }
  }

  // MARK: Directories

  /// Creates the directories of the state, closed to others until `finish` gives them their modes.
  package func begin(_ directories: [DirectoryEntry]) throws(HoloError) {
    for entry in directories {
      let components = try Self.components(entry.name)
      _ = try directory(components, permissions: entry.permissions == nil ? 0o777 : 0o700, region: nil)
    }
  }

  /// Gives the directories their modes and times, each after those below it, and makes all names durable.
  package func finish(
    _ directories: [DirectoryEntry], cancellation: Cancellation = Cancellation()
  ) throws(HoloError) {
    var entries: [[[UInt8]]: DirectoryEntry] = [:]
    for entry in directories { entries[try Self.components(entry.name)] = entry }
    for components in Self.deepestFirst(journal.withLock { $0.touchedDirectories }.union(entries.keys)) {
      try cancellation.check()
      let directory = try directory(components, permissions: 0o777, region: nil)
      do {
        if let permissions = entries[components]?.permissions { try directory.setPermissions(permissions) }
        if let modified = entries[components]?.modified {
          try directory.setModified(seconds: modified.seconds, nanoseconds: modified.nanoseconds)
        }
        try directory.synchronize()
      } catch { throw HoloError(writing: error) }
    }
    if createdRoot { try synchronizeParent() }
  }

  /// Each after those below it, and neighbours side by side.
  private static func deepestFirst(_ directories: Set<[[UInt8]]>) -> [[[UInt8]]] {
    // No name has a NUL: with one between them, the order of the bytes is that of the names.
    directories.map { (key: Array($0.joined(separator: [0])), components: $0) }
      .sorted { $1.key.lexicographicallyPrecedes($0.key) }.map(\.components)
  }

  /// Takes away the directories that this run created and that nothing has come into, the target itself with them.
  package func removeEmptyDirectories() {
    journal.withLock { journal in
      journal.cursor = DirectoryCursor(root: root)
      for components in journal.createdDirectories.reversed() {
        guard let parent = try? journal.cursor.move(to: components.dropLast(), entering: existing),
          (try? syscalls.remove(components.last ?? [], in: parent, isDirectory: true)) != nil
        else { continue }
        journal.touchedDirectories.remove(components)
      }
    }
    if createdRoot { try? syscalls.removeDirectory(path) }
  }

  private func existing(_ way: ArraySlice<[UInt8]>, in parent: OpenFile) throws(SystemError) -> OpenFile {
    try syscalls.open(way.last ?? [], in: parent, Self.directoryFlags)
  }

  private func synchronizeParent() throws(HoloError) {
    do { try syscalls.open(Self.parentPath(of: path), O_RDONLY | O_DIRECTORY).synchronize() } catch {
      throw HoloError(writing: error)
    }
  }

  /// The directory that holds a path's last component, in the kernel's words: `x/y/..` for `x/y`, but `.` for `x`.
  private static func parentPath(of path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
  }

  /// Opens a directory below the root, creating what is missing of the way.
  private func directory(
    _ components: [[UInt8]], permissions: UInt32, region: String?
  ) throws(HoloError) -> OpenFile {
    let result: Result<OpenFile, SystemError> = journal.withLock { journal in
      var cursor = DirectoryCursor(root: root)
      swap(&cursor, &journal.cursor)
      defer { swap(&cursor, &journal.cursor) }
      do throws(SystemError) {
        return .success(
          try cursor.move(to: components) { (way, parent) throws(SystemError) in
            try enter(
              way, in: parent, permissions: way.count == components.count ? permissions : 0o777, &journal)
          })
      } catch { return .failure(error) }
    }
    do { return try result.get() } catch {
      guard error.code == ENOTDIR || error.code == ELOOP else { throw HoloError(writing: error, region: region) }
      throw HoloError(
        .cannotCreate, "a file or a symbolic link is where a directory should be",
        place: .init(path: error.path, region: region), remedy: "remove it, or restore to a new directory")
    }
  }

  private func enter(
    _ way: ArraySlice<[UInt8]>, in directory: OpenFile, permissions: UInt32, _ journal: inout Journal
  ) throws(SystemError) -> OpenFile {
    let name = way.last ?? []
    do {
      let found = try syscalls.open(name, in: directory, Self.directoryFlags)
      if overwrite, journal.clearedDirectories.insert(Array(way)).inserted {
        journal.removedPartialCount += try PartialFile.removeGarbage(in: found, where: PartialTargetName.isOurs)
      }
      return found
    } catch {
      guard error.code == ENOENT else { throw error }
    }
    do {
      try syscalls.makeDirectory(name, in: directory, permissions: permissions)
      journal.createdDirectories.append(Array(way))
      journal.clearedDirectories.insert(Array(way))
      journal.touchedDirectories.formUnion([Array(way), Array(way.dropLast())])
    } catch {
      guard error.code == EEXIST else { throw error }
    }
    return try syscalls.open(name, in: directory, Self.directoryFlags)
  }

  // MARK: Files

  /// Begins a file of a known size.
  /// - Parameter modified: nil leaves the time as it comes; so do `permissions`, under the process' umask.
  package func beginFile(
    named name: String, byteCount: UInt64, permissions: UInt32? = nil, modified: Timestamp? = nil
  ) throws(HoloError) -> TargetFile {
    let components = try Self.components(name)
    let parent = Array(components.dropLast())
    let directory = try directory(parent, permissions: 0o777, region: name)
    do {
      let file = try TargetFile(
        region: name, components: components, directory: directory, byteCount: byteCount, permissions: permissions,
        modified: modified, target: self)
      journal.withLock { journal in
        journal.partials[ObjectIdentifier(file)] = (directory, file.partialName)
        journal.touchedDirectories.insert(parent)
      }
      return file
    } catch { throw HoloError(writing: error, region: name) }
  }

  /// Gives a file its name. After an error the temporary file is gone.
  func publish(_ file: TargetFile, identity: FileStatus.Identity) throws(HoloError) {
    let replaced: Bool
    do { replaced = try rename(file) } catch {
      forget(file)
      throw Self.publishingError(error, region: file.region)
    }
    journal.withLock { journal in
      journal.partials[ObjectIdentifier(file)] = nil
      if replaced {
        journal.replacedFiles.append(file.components)
      } else {
        journal.createdFiles.append((file.components, identity))
      }
    }
  }

  /// True where a file was replaced.
  private func rename(_ file: TargetFile) throws(SystemError) -> Bool {
    do {
      try syscalls.rename(file.partialName, to: file.name, in: file.directory, replacing: false)
      return false
    } catch {
      guard error.code == EEXIST, overwrite else { throw error }
    }
    try syscalls.rename(file.partialName, to: file.name, in: file.directory, replacing: true)
    return true
  }

  private static func publishingError(_ error: SystemError, region: String) -> HoloError {
    switch error.code {
    case EEXIST:
      HoloError(
        .cannotCreate, "a file of that name exists", place: .init(path: error.path, region: region),
        remedy: "restore to a new directory, or use --overwrite")
    case EISDIR:
      HoloError(
        .cannotCreate, "a directory is where a file should be", place: .init(path: error.path, region: region),
        remedy: "remove it, or restore to a new directory")
    default: HoloError(writing: error, region: region)
    }
  }

  /// Removes a temporary file.
  func forget(_ file: TargetFile) {
    let wasThere = journal.withLock { $0.partials.removeValue(forKey: ObjectIdentifier(file)) != nil }
    if wasThere { try? syscalls.remove(file.partialName, in: file.directory) }
  }

  private static func components(_ name: String) throws(HoloError) -> [[UInt8]] {
    guard let components = RegionName.components(name) else { throw FileTree.unsafe(name) }
    return components
  }

  // MARK: Rollback

  /// Takes away everything that this run created, as far as it can be had. Returns what stays that was not so before, a
  /// sentence each: files that were replaced (with `overwrite`), and what could not be removed.
  package func rollback() -> [String] {
    let done = journal.withLock { journal in
      defer { journal = Journal(cursor: DirectoryCursor(root: root)) }
      return journal
    }
    var cursor = DirectoryCursor(root: root)
    var notices: [String] = []
    for partial in done.partials.values { try? syscalls.remove(partial.name, in: partial.directory) }
    for (components, identity) in done.createdFiles.reversed() {
      do {
        let directory = try cursor.move(to: components.dropLast(), entering: existing)
        let name = components.last ?? []
        // Another file that has taken the name since is not ours to remove.
        guard try syscalls.status(name, in: directory).identity == identity else { continue }
        try syscalls.remove(name, in: directory)
      } catch { notices.append("could not be removed: \(error)") }
    }
    for components in done.createdDirectories.reversed() {
      do {
        try syscalls.remove(
          components.last ?? [], in: cursor.move(to: components.dropLast(), entering: existing), isDirectory: true)
      } catch { notices.append("could not be removed: \(error)") }
    }
    if createdRoot {
      do { try syscalls.removeDirectory(path) } catch { notices.append("could not be removed: \(error)") }
    }
    let replaced = done.replacedFiles.map { RegionName.escape(Array($0.joined(separator: [UInt8(ascii: "/")]))) }
    return notices + replaced.map { "\(path)/\($0) was replaced, and stays" }
  }
}
