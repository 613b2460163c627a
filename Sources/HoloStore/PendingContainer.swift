import Glibc
import HoloModel
import HoloSystem
import Synchronization

/// A container that is being written, and not there until it is published.
///
/// Publication is atomic: the file is made durable, renamed without replacing anything, and its directory made durable.
/// A crash at any moment leaves the old store or the new one. Whatever fails on the way, the container is abandoned: an
/// fsync that failed is never tried again, since the kernel may already have dropped what it could not write.
package final class PendingContainer: Sendable {
  /// To write the container to, front to back.
  package let file: OpenFile
  /// Files that captures which did not end well had left here, and which were removed.
  package let removedGarbageCount: Int

  private let directory: OpenFile
  private let partialName: [UInt8]
  /// The names to take, the first that is free.
  private let names: @Sendable (_ attempt: Int) -> String?
  private let isOpen = Mutex(true)

  /// - Parameters:
  ///   - form: of the temporary name; garbage of the same form is removed.
  ///   - names: for attempt 0, 1, …; nil gives up.
  init(
    in directory: OpenFile, form: PartialName, containerID: Digest128,
    names: @escaping @Sendable (_ attempt: Int) -> String?
  ) throws(StoreError) {
    partialName = form.name(token: containerID.hexadecimal)
    do {
      removedGarbageCount = try PartialFile.removeGarbage(in: directory, where: form.matches)
      file = try PartialFile.create(partialName, in: directory)
    } catch { throw StoreError(creating: error) }
    self.directory = directory
    self.names = names
  }

  deinit { abandon() }

  /// Makes the container durable and gives it its name; returns its path. Called once, after the last byte is written.
  package func publish() throws(StoreError) -> String {
    guard takeOpen() else {
      throw StoreError(.inputOutput, "the container was published or abandoned before", path: file.path)
    }
    do { try file.synchronize() } catch {
      discard(partialName)
      throw StoreError(synchronizing: error, "the container could not be made durable and was abandoned")
    }
    let name: String
    do { name = try takeName() } catch {
      discard(partialName)
      throw error
    }
    do { try directory.synchronize() } catch {
      discard(PathBytes.bytes(name))
      throw StoreError(synchronizing: error, "the container's name could not be made durable; it was abandoned")
    }
    // What is durable and has its name is not lost by an error of close.
    try? file.close()
    return directory.path == "." ? name : directory.path.path(of: name)
  }

  /// Removes what was written. Does nothing after `publish`.
  package func abandon() {
    if takeOpen() { discard(partialName) }
  }

  private func takeName() throws(StoreError) -> String {
    var attempt = 0
    var taken = ""
    while let name = names(attempt) {
      do {
        try directory.syscalls.rename(partialName, to: PathBytes.bytes(name), in: directory, replacing: false)
        return name
      } catch {
        guard error.code == EEXIST else { throw StoreError(creating: error) }
      }
      taken = name
      attempt += 1
    }
    throw StoreError(
      .exists, "a file of that name exists", path: directory.path.path(of: taken), remedy: "choose another name")
  }

  /// The name goes before the lock does, so that no cleaner counts it.
  private func discard(_ name: [UInt8]) {
    try? directory.syscalls.remove(name, in: directory)
    try? file.close()
  }

  /// True for the one caller that ends it.
  private func takeOpen() -> Bool {
    isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
  }
}
