import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import Synchronization

/// The directory that a restore writes below.
///
/// Nothing is ever written outside it: names are checked, and every component is opened relative to the one before and
/// never through a symbolic link. Files wait under temporary names until `finish`, so that what is there is not touched
/// before all of the new is. What a run created is remembered, so that a run that fails can take all of it away again, and
/// nothing else.
///
/// Thread-safe: files are begun, written and completed from any thread.
package final class RestoreTarget: Sendable {
  package let path: String

  /// The set-id bits and the sticky bit stay behind: a snapshot from elsewhere must not become a privileged program here.
  static let restoredPermissions: UInt32 = 0o777

  private let syscalls: Syscalls
  private let overwrite: Bool
  private let root: OpenFile
  private let device: UInt64
  private let createdRoot: Bool
  private let run: RestoreRun
  private let journal: Mutex<Journal>

  /// What this run has done below the root.
  private struct Journal {
    var createdDirectories: [[[UInt8]]] = []
    /// Directories in which something was created or renamed.
    var touchedDirectories: Set<[[UInt8]]> = [[]]
    /// Files that are being written.
    var open: [ObjectIdentifier: (directory: OpenFile, name: [UInt8])] = [:]
    /// Files that are whole, under their temporary names until they are published.
    var written: [Publication.File] = []
    var publication: Publication?
    var durability: Durability
    /// Directories in which there is no more to be removed of restores that did not end.
    var clearedDirectories: Set<[[UInt8]]> = []
    var abandoned: AbandonedRestores
    /// Files come directory by directory: where the last one went.
    var cursor: DirectoryCursor
  }

  private static let directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW

  /// Files that restores which did not end had left in the directories that this one came to, and which it removed.
  package var removedPartialCount: Int { journal.withLock { $0.abandoned.removedFileCount } }

  /// Creates the directory, or opens an empty one; with `overwrite`, one that holds anything. Its parent must exist.
  /// The path itself may go through symbolic links: it is the user's.
  ///
  /// - Parameter permissions: of a directory that is created, until `finish`.
  package init(path: String, overwrite: Bool, permissions: UInt32 = 0o777, syscalls: Syscalls = Syscalls())
    throws(HoloError)
  {
    var created = true
    var isEmpty = true
    var abandoned = AbandonedRestores()
    do { try syscalls.makeDirectory(path, permissions: permissions) } catch {
      guard error.code == EEXIST else { throw HoloError(openingTarget: error, path: path) }
      created = false
    }
    do {
      root = try syscalls.open(path, O_RDONLY | O_DIRECTORY)
      device = try root.status().device
      if !created {
        let foreign = try syscalls.names(in: root).filter { PartialTargetName($0) == nil }
        // What a restore that still runs holds is there as before.
        isEmpty = foreign.isEmpty || overwrite ? try abandoned.clear(root).isEmpty : false
      }
    } catch {
      if created { try? syscalls.removeDirectory(path) }
      throw HoloError(openingTarget: error, path: path)
    }
    guard isEmpty || overwrite else {
      throw HoloError(
        .cannotCreate, "the target exists and is not empty", place: .init(path: path),
        remedy: "restore to a new directory, or use --overwrite to replace the files of the same names")
    }
    do { run = try RestoreRun(in: root, mayBeUnmarked: !created) } catch {
      if created { try? syscalls.removeDirectory(path) }
      throw HoloError(writing: error, path: path)
    }
    self.path = path
    self.syscalls = syscalls
    self.overwrite = overwrite
    createdRoot = created
    journal = Mutex(
      Journal(
        durability: Durability(root: root, device: device), abandoned: abandoned, cursor: DirectoryCursor(root: root)))
  }

  /// What whoever runs this may still write to the target's file system.
  func freeByteCount() throws(HoloError) -> UInt64 {
    do { return try root.freeByteCount() } catch { throw HoloError(writing: error) }
  }

  // MARK: Directories

  /// Creates the directories of the state, closed to others until `finish` gives them their modes. Fails where it could not
  /// do so, because a directory that is there is another's: by then files would have been replaced.
  package func begin(_ directories: [DirectoryEntry]) throws(HoloError) {
    for entry in directories {
      let components = try Self.components(entry.name)
      let made = try directory(components, permissions: entry.permissions == nil ? 0o777 : 0o700, region: nil)
      guard entry.permissions != nil || entry.modified != nil else { continue }
      do { try made.setPermissions(made.status().permissions) } catch { throw HoloError(writing: error) }
    }
  }

  /// Gives the files their names, then the directories their modes and times, each after those below it, and makes all of
  /// it durable. Without an error, everything that was completed is there.
  ///
  /// - Parameter root: mode and time of the target itself, where this run has created it.
  package func finish(
    _ directories: [DirectoryEntry], root attributes: FileAttributes? = nil, cancellation: Cancellation = Cancellation()
  ) throws(HoloError) {
    var entries: [[[UInt8]]: DirectoryEntry] = [:]
    for entry in directories { entries[try Self.components(entry.name)] = entry }
    if createdRoot, let attributes {
      entries[[]] = DirectoryEntry(name: "", permissions: attributes.permissions, modified: attributes.modified)
    }
    try publish(cancellation)
    // From here on what was replaced cannot be had again: the rest is done, whoever asks for an end.
    let mayStop = journal.withLock { $0.publication?.replacedCount == 0 }
    var durability = Durability(root: root, device: device)
    for components in Self.deepestFirst(journal.withLock { $0.touchedDirectories }.union(entries.keys)) {
      if mayStop { try cancellation.check() }
      let directory = try directory(components, permissions: 0o777, region: nil)
      do {
        let status = try directory.status()
        if let permissions = entries[components]?.permissions {
          let kept = status.permissions & ~Self.restoredPermissions
          try directory.setPermissions(kept | permissions & Self.restoredPermissions)
        }
        if let modified = entries[components]?.modified {
          try directory.setModified(seconds: modified.seconds, nanoseconds: modified.nanoseconds)
        }
        if durability.takesSingly(on: status.device, in: directory) { try directory.synchronize() }
      } catch { throw HoloError(writing: error) }
    }
    try Self.synchronize(&durability)
    if createdRoot { try synchronizeParent() }
  }

  private func publish(_ cancellation: Cancellation) throws(HoloError) {
    var (durability, files) = journal.withLock { ($0.durability, $0.written) }
    try Self.synchronize(&durability)
    var publication = Publication(files, overwrite: overwrite)
    defer {
      journal.withLock { journal in
        journal.written = []
        journal.publication = publication
      }
    }
    try publication.run(cancellation: cancellation) { (components) throws(HoloError) in
      try directory(Array(components), permissions: 0o777, region: nil)
    }
    do { try run.end() } catch { throw HoloError(writing: error) }
  }

  private static func synchronize(_ durability: inout Durability) throws(HoloError) {
    for fileSystem in durability.takeFileSystems() {
      do { try fileSystem.synchronizeFileSystem() } catch { throw HoloError(writing: error) }
    }
  }

  /// Each after those below it, and neighbours side by side.
  private static func deepestFirst(_ directories: Set<[[UInt8]]>) -> [[[UInt8]]] {
    // No name has a NUL: with one between them, the order of the bytes is that of the names.
    directories.map { (key: Array($0.joined(separator: [0])), components: $0) }
      .sorted { $1.key.lexicographicallyPrecedes($0.key) }.map(\.components)
  }

  /// Takes away the directories that this run created and that nothing has come into, the target itself with them.
  /// - Parameter wanted: these stay.
  package func removeEmptyDirectories(but wanted: [DirectoryEntry] = []) throws(HoloError) {
    var staying: Set<[[UInt8]]> = []
    for entry in wanted { staying.insert(try Self.components(entry.name)) }
    let isEmpty = journal.withLock { journal in
      journal.cursor = DirectoryCursor(root: root)
      for index in journal.createdDirectories.indices.reversed() {
        let components = journal.createdDirectories[index]
        guard !staying.contains(components),
          let parent = try? journal.cursor.move(to: components.dropLast(), entering: existing),
          (try? syscalls.remove(components.last ?? [], in: parent, isDirectory: true)) != nil
        else { continue }
        journal.createdDirectories.remove(at: index)
        journal.touchedDirectories.remove(components)
      }
      return journal.createdDirectories.isEmpty && journal.written.isEmpty
    }
    guard createdRoot, isEmpty else { return }
    do { try run.end() } catch { throw HoloError(writing: error) }
    try? syscalls.removeDirectory(path)
  }

  private func existing(_ way: ArraySlice<[UInt8]>, in parent: OpenFile) throws(SystemError) -> OpenFile {
    try syscalls.open(way.last ?? [], in: parent, Self.directoryFlags)
  }

  private func synchronizeParent() throws(HoloError) {
    do { try syscalls.open(TargetPath.parent(of: path), O_RDONLY | O_DIRECTORY).synchronize() } catch {
      throw HoloError(writing: error)
    }
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
        _ = try journal.abandoned.clear(found)
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
    try checkPlace(of: components.last ?? [], in: directory, region: name)
    do {
      let file = try TargetFile(
        region: name, components: components, directory: directory, run: run, byteCount: byteCount,
        permissions: permissions, modified: modified, target: self)
      journal.withLock { journal in
        journal.open[ObjectIdentifier(file)] = (directory, file.partialName)
        journal.touchedDirectories.insert(parent)
      }
      return file
    } catch {
      throw HoloError(writing: error, path: directory.path(of: components.last ?? []), region: name)
    }
  }

  /// What could not be published is refused before it is written.
  private func checkPlace(of name: [UInt8], in directory: OpenFile, region: String) throws(HoloError) {
    let isDirectory: Bool
    do { isDirectory = try syscalls.status(name, in: directory).kind == .directory } catch {
      if error.code == ENOENT { return }
      throw HoloError(writing: error, path: directory.path(of: name), region: region)
    }
    guard overwrite, !isDirectory else {
      throw HoloError.taken(directory.path(of: name), region: region, byDirectory: isDirectory)
    }
  }

  /// Whether a file is to be made durable by itself.
  func takesSingly(_ file: TargetFile) -> Bool {
    journal.withLock { $0.durability.takesSingly(on: file.identity.device, in: file.directory) }
  }

  /// Keeps a file that is whole for `finish`.
  func keep(_ file: TargetFile) {
    journal.withLock { journal in
      journal.open[ObjectIdentifier(file)] = nil
      journal.written.append(
        Publication.File(
          number: file.number, components: file.components, partialName: file.partialName, identity: file.identity))
    }
  }

  /// Removes a temporary file.
  func forget(_ file: TargetFile) {
    let wasThere = journal.withLock { $0.open.removeValue(forKey: ObjectIdentifier(file)) != nil }
    if wasThere { try? syscalls.remove(file.partialName, in: file.directory) }
  }

  private static func components(_ name: String) throws(HoloError) -> [[UInt8]] {
    guard let components = RegionName.components(name) else { throw FileTree.unsafe(name) }
    return components
  }

  // MARK: Rollback

  /// Takes away everything that this run created, as far as it can be had; but once a file that was there has been
  /// replaced, what has its name stays. Returns what is not as it was before, in sentences.
  package func rollback() -> [String] {
    let done = journal.withLock { journal in
      defer {
        journal = Journal(
          durability: journal.durability, abandoned: journal.abandoned, cursor: DirectoryCursor(root: root))
      }
      return journal
    }
    var cursor = DirectoryCursor(root: root)
    var failures: [SystemError] = []
    func attempt(_ body: () throws(SystemError) -> Void) {
      do { try body() } catch {
        if error.code != ENOENT { failures.append(error) }
      }
    }
    for partial in done.open.values { try? syscalls.remove(partial.name, in: partial.directory) }
    for file in done.written + (done.publication?.waiting ?? []) {
      attempt { () throws(SystemError) in
        try syscalls.remove(file.partialName, in: cursor.move(to: file.components.dropLast(), entering: existing))
      }
    }
    let replacedCount = done.publication?.replacedCount ?? 0
    for file in replacedCount == 0 ? done.publication?.created.reversed() ?? [] : [] {
      attempt { () throws(SystemError) in
        let directory = try cursor.move(to: file.components.dropLast(), entering: existing)
        // Another file that has taken the name since is not ours to remove.
        guard try syscalls.status(file.name, in: directory).identity == file.identity else { return }
        try syscalls.remove(file.name, in: directory)
      }
    }
    attempt { () throws(SystemError) in try run.end() }
    for components in done.createdDirectories.reversed() {
      attempt { () throws(SystemError) in
        let parent = try cursor.move(to: components.dropLast(), entering: existing)
        do throws(SystemError) { try syscalls.remove(components.last ?? [], in: parent, isDirectory: true) } catch {
          guard replacedCount > 0, error.code == ENOTEMPTY else { throw error }
        }
      }
    }
    if createdRoot { attempt { () throws(SystemError) in try syscalls.removeDirectory(path) } }
    return [done.publication.flatMap(Self.sentence), Self.sentence(failures)].compactMap { $0 }
  }

  private static func sentence(_ publication: Publication) -> String? {
    guard publication.replacedCount > 0 else { return nil }
    let replaced = "\(publication.replacedCount) of \(publication.replacementCount.counted("file"))"
    let created = publication.created.isEmpty ? "" : ", \(publication.created.count.counted("new file")) beside them"
    return "\(replaced) in the target that were to be replaced have been, and stay\(created)"
  }

  private static func sentence(_ failures: [SystemError]) -> String? {
    guard let first = failures.first else { return nil }
    let more = failures.count == 1 ? "" : ", and \((failures.count - 1).counted("other thing"))"
    return "\(first.path) could not be removed: \(first.reason)\(more)"
  }
}
