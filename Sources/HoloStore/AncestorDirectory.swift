import Glibc
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// Finds the containers that snapshots need by their ids, which stand in their headers, whatever their files are called: in the directory of
/// the snapshot's own file, then in a store. Any thread.
package final class AncestorDirectory: AncestorSource {
  /// What a file is read through.
  package typealias Wrap = @Sendable (_ source: any RandomAccessSource, _ path: String) -> any RandomAccessSource

  private let directories: [String]
  private let path: String
  private let syscalls: Syscalls
  private let wrap: Wrap
  /// What a look at the directories has found.
  private struct Found {
    /// Paths of the files that say that they have an id.
    var paths: [Digest128: [String]] = [:]
    /// What has kept some of them from being looked at, if it was not their own fault.
    var failure: SystemError?
  }

  /// Nil before anybody has looked, or where not all could be looked at.
  private let known = Mutex<Found?>(nil)

  /// - Parameters:
  ///   - path: of the snapshot whose ancestors are looked for.
  ///   - store: another directory to look in; nil for none.
  package init(
    besides path: String, store: String?, syscalls: Syscalls, wrap: @escaping Wrap = { source, _ in source }
  ) {
    let own = SnapshotStore.splitPath(path).directory
    directories = [own] + [store].compactMap { $0 }.filter { $0 != own }
    self.path = path
    self.syscalls = syscalls
    self.wrap = wrap
  }

  package func openContainer(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader {
    let all = look()
    let candidates = all.paths[id] ?? []
    var found: [ContainerReader] = []
    var failure = candidates.isEmpty ? all.failure.map { FormatError($0) } : nil
    for candidate in candidates {
      do throws(FormatError) {
        found.append(try open(candidate))
      } catch { failure = error }
    }
    if let note, note.snapshotID != Digest256() { found.removeAll { $0.originalSnapshotID != note.snapshotID } }
    // A remnant has fewer frames than what it is left of.
    found.sort { $0.frames.absentCount < $1.frames.absentCount }
    guard let first = found.first else { throw failure ?? FormatError(missing: id, note: note, of: path) }
    // Copies are one container.
    guard Set(found.map(\.originalSnapshotID)).count == 1 else {
      throw FormatError(
        .malformed, "several files say that they are one container: \(found.map(\.path).joined(separator: ", "))",
        path: path, remedy: "remove those that are not what this snapshot was taken over")
    }
    return first
  }

  /// Whether there is a file that says that it has the id.
  package func has(_ id: Digest128) -> Bool { look().paths[id] != nil }

  private func open(_ path: String) throws(FormatError) -> ContainerReader {
    let source: FileSource
    do throws(SystemError) { source = try FileSource(syscalls.open(path, O_RDONLY | O_NONBLOCK)) } catch {
      throw FormatError(error)
    }
    return try ContainerReader.open(ancestor: wrap(source, path), path: path)
  }

  private func look() -> Found {
    known.withLock { known in
      if let known { return known }
      let found = scan()
      if found.failure == nil { known = found }
      return found
    }
  }

  /// Reads the header of every container there is. What cannot be read is not the one that is looked for.
  private func scan() -> Found {
    var found = Found()
    for directory in directories {
      do throws(SystemError) {
        let opened = try syscalls.open(directory, O_RDONLY | O_DIRECTORY)
        for bytes in try syscalls.names(in: opened) {
          let name = PathBytes.text(bytes)
          guard bytes.first != UInt8(ascii: "."), name.hasSuffix(ContainerFormat.hwp.fileExtension) else { continue }
          try note(directory.path(of: name), in: &found)
        }
      } catch { found.failure = error.isOfTheProcess ? error : found.failure }
    }
    return found
  }

  /// Throws where this process can open no more.
  private func note(_ path: String, in found: inout Found) throws(SystemError) {
    do throws(SystemError) {
      let file = try syscalls.open(path, O_RDONLY | O_NONBLOCK)
      guard try file.status().kind == .file, let id = try? ContainerHeader.containerID(of: FileSource(file), path: path)
      else { return }
      found.paths[id, default: []].append(path)
    } catch {
      guard error.isOfTheProcess else { return }
      throw error
    }
  }
}

extension SystemError {
  /// It says nothing of the file that was to be opened.
  fileprivate var isOfTheProcess: Bool { meaning == .tooManyOpenFiles || meaning == .noMemory }
}
