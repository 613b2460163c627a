import HoloModel
import Synchronization

/// Where the containers are that snapshots need beside their own.
package protocol AncestorSource: Sendable {
  /// Opens a container, up to and with its manifest. Throws where there is none of that id.
  ///
  /// - Parameter note: what the snapshot says of it.
  func openContainer(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader
}

/// The ancestors of one container, each opened when it is first needed, and once. Any thread.
final class Ancestors: Sendable {
  private let source: (any AncestorSource)?
  private let path: String
  private let opened = Mutex<[Digest128: Result<ContainerReader, FormatError>]>([:])

  /// - Parameter path: of the container whose ancestors they are.
  init(_ source: (any AncestorSource)?, path: String) {
    self.source = source
    self.path = path
  }

  func container(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader {
    // Under the lock: who comes second waits for the first, and opens nothing again.
    let result = opened.withLock { opened in
      if let known = opened[id] { return known }
      let result: Result<ContainerReader, FormatError>
      do throws(FormatError) { result = .success(try open(id, note: note)) } catch { result = .failure(error) }
      opened[id] = result
      return result
    }
    return try result.get()
  }

  private func open(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader {
    guard let source else { throw FormatError(missing: id, note: note, of: path) }
    let reader = try source.openContainer(id, note: note)
    guard reader.containerID == id else {
      throw FormatError(.malformed, "the container is not the one that \(path) needs", path: reader.path)
    }
    return reader
  }
}

extension FormatError {
  /// An ancestor is not to be found.
  package init(missing id: Digest128, note: AncestorNote?, of path: String) {
    var name = "the container \(id.hexadecimal.prefix(16))"
    if let note, note.snapshotID != Digest256() {
      name = "snapshot \(note.snapshotID.hexadecimal.prefix(16))"
      if !note.fileName.isEmpty { name += " (\(note.fileName))" }
    }
    self.init(
      .missingAncestor, "an ancestor is missing: \(name)", path: path,
      remedy: "put its file back beside this one, under any name")
  }
}
