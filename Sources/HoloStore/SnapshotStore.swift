import Glibc
import HoloFormat
import HoloModel
import HoloSystem

/// A directory of containers.
///
/// It has no index and no state of its own: what is in it is what the files say, so that containers can be copied,
/// renamed and removed with any tool.
package struct SnapshotStore: Sendable {
  package let path: String
  let syscalls: Syscalls

  /// What a container's file name ends with.
  static let fileExtensions = ContainerFormat.allCases.map(\.fileExtension)
  /// Captures of one second in one store; more is a mistake.
  private static let namesPerSecond = 100_000

  package init(path: String, syscalls: Syscalls = Syscalls()) {
    self.path = path
    self.syscalls = syscalls
  }

  // MARK: Writing

  /// Begins a container, named by the moment of its creation. Removes what crashed captures have left.
  /// - Parameter creating: also create the store, and the directories above it.
  package func begin(
    containerID: Digest128, createdNanoseconds: Int64, format: ContainerFormat = .hwp, creating: Bool
  ) throws(StoreError) -> PendingContainer {
    if creating { try createDirectory(path) }
    let directory = try openDirectory(creating: creating)
    let stamp = Self.stamp(createdNanoseconds)
    let form = PartialName(end: format.fileExtension, tokenByteCount: 2 * Digest128.byteCount)
    return try PendingContainer(in: directory, form: form, containerID: containerID) { attempt in
      guard attempt < Self.namesPerSecond else { return nil }
      return "snapshot_\(stamp)" + (attempt == 0 ? "" : "_\(attempt + 1)") + format.fileExtension
    }
  }

  /// `20261123T201305`, UTC.
  static func stamp(_ nanosecondsSinceEpoch: Int64) -> String {
    // Years of an Int64 of nanoseconds are 1677 to 2262: always four digits.
    RFC3339.text(nanosecondsSinceEpoch: nanosecondsSinceEpoch).prefix(19).filter { $0 != "-" && $0 != ":" }
  }

  /// Begins a container that gets the name the user chose. Fails at once where that name is taken.
  package static func begin(
    outputPath: String, containerID: Digest128, syscalls: Syscalls = Syscalls()
  ) throws(StoreError) -> PendingContainer {
    let (parent, name) = splitPath(outputPath)
    guard !name.isEmpty, name != ".", name != "..", !outputPath.hasSuffix("/") else {
      throw StoreError(.cannotCreate, "the output has no file name", path: outputPath, remedy: "name a file")
    }
    let directory: OpenFile
    let isTaken: Bool
    do {
      directory = try syscalls.open(parent, O_RDONLY | O_DIRECTORY)
      isTaken = try exists(name, in: directory)
    } catch { throw StoreError(creating: error) }
    guard !isTaken else {
      throw StoreError(
        .exists, "the output exists", path: outputPath, remedy: "choose another name, or remove it first")
    }
    let form = PartialName(base: PathBytes.bytes(name), tokenByteCount: 2 * Digest128.byteCount)
    return try PendingContainer(in: directory, form: form, containerID: containerID) { $0 == 0 ? name : nil }
  }

  private static func exists(_ name: String, in directory: OpenFile) throws(SystemError) -> Bool {
    do { _ = try directory.syscalls.status(name, in: directory) } catch {
      guard error.code == ENOENT else { throw error }
      return false
    }
    return true
  }

  /// Like `mkdir -p`; each new name is made durable.
  private func createDirectory(_ path: String) throws(StoreError) {
    let parent = Self.splitPath(path).directory
    do { try syscalls.makeDirectory(path) } catch {
      if error.code == EEXIST { return }
      guard error.code == ENOENT, parent != path else { throw StoreError(creating: error) }
      try createDirectory(parent)
      do { try syscalls.makeDirectory(path) } catch {
        // Another capture was faster.
        if error.code == EEXIST { return }
        throw StoreError(creating: error)
      }
    }
    do { try syscalls.open(parent, O_RDONLY | O_DIRECTORY).synchronize() } catch { throw StoreError(creating: error) }
  }

  // MARK: Reading

  /// The containers, newest first. One that is damaged is listed as such.
  package func entries() throws(StoreError) -> [StoreEntry] {
    let directory = try openDirectory()
    let names: [[UInt8]]
    do { names = try syscalls.names(in: directory) } catch { throw StoreError(error) }
    var entries: [StoreEntry] = []
    for bytes in names {
      let name = PathBytes.text(bytes)
      guard bytes.first != UInt8(ascii: "."),
        Self.fileExtensions.contains(where: name.hasSuffix), let entry = try entry(name, in: directory)
      else { continue }
      entries.append(entry)
    }
    return entries.sorted(by: StoreEntry.isNewer)
  }

  /// Of the snapshots whose file names tell a later second than `createdNanoseconds`, the newest one of the series; nil where
  /// there is none that can be read. Opens no others.
  package func snapshot(of series: String, after createdNanoseconds: Int64) throws(StoreError) -> StoreEntry? {
    let directory = try openDirectory()
    let names: [[UInt8]]
    do { names = try syscalls.names(in: directory) } catch { throw StoreError(error) }
    let stamp = "snapshot_" + Self.stamp(createdNanoseconds)
    for bytes in names.reversed() {
      let name = PathBytes.text(bytes)
      guard name.hasPrefix("snapshot_"), name.prefix(stamp.count) > stamp,
        Self.fileExtensions.contains(where: name.hasSuffix), let entry = try entry(name, in: directory),
        let snapshot = entry.snapshot, snapshot.createdNanoseconds > createdNanoseconds,
        snapshot.summary.series.utf8.elementsEqual(series.utf8)
      else { continue }
      return entry
    }
    return nil
  }

  /// Nil for what is no file, and for a file that has vanished since its name was read.
  private func entry(_ name: String, in directory: OpenFile) throws(StoreError) -> StoreEntry? {
    let path = self.path.path(of: name)
    do {
      // A container may be a symbolic link to one elsewhere.
      let file = try syscalls.open(name, in: directory, O_RDONLY | O_NONBLOCK)
      let status = try file.status()
      guard status.kind == .file else { return nil }
      var entry = StoreEntry(
        fileName: name, path: path, byteCount: UInt64(clamping: status.byteCount),
        modifiedSeconds: status.modifiedSeconds, content: .damaged(FormatError(.notAContainer, "", path: path)))
      do throws(FormatError) { entry.content = .snapshot(try StoreEntry.Snapshot(reading: file)) } catch {
        entry.content = .damaged(error)
      }
      return entry
    } catch {
      if error.code == ENOENT || error.code == ELOOP { return nil }
      // Of unknown age it counts as new: rather told of than passed over in silence.
      let status = try? syscalls.status(name, in: directory)
      return StoreEntry(
        fileName: name, path: path, byteCount: UInt64(clamping: status?.byteCount ?? 0),
        modifiedSeconds: status?.modifiedSeconds ?? .max, content: .damaged(FormatError(error)))
    }
  }

  func openDirectory(creating: Bool = false) throws(StoreError) -> OpenFile {
    do { return try syscalls.open(path, O_RDONLY | O_DIRECTORY) } catch {
      if creating && error.code == ENOTDIR {
        throw StoreError(
          .cannotCreate, "the store is not a directory", path: path, remedy: "name another with --store", cause: error)
      }
      guard error.code == ENOENT || error.code == ENOTDIR else { throw StoreError(error) }
      throw StoreError(
        .noSuchStore, "there is no store", path: path, remedy: "name one with --store or HOLOSNAP_STORE", cause: error)
    }
  }

  /// The directory of a path, and its last component.
  static func splitPath(_ path: String) -> (directory: String, name: String) {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let directory = slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    return (directory, String(decoding: bytes[(slash + 1)...], as: UTF8.self))
  }
}
