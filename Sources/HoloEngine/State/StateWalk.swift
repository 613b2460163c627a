import Glibc
import HoloSystem
import Synchronization

/// The way through the directories of states. It remembers where it got to, so that a walk in order opens each directory once,
/// however deep it lies; every component is opened relative to the one before, and never through a symbolic link.
///
/// Thread-safe; it holds the last directories of the way open until ``rest()``, or until nothing refers to it.
package final class StateWalk: Sendable {
  private struct Position {
    let root: OpenFile
    var cursor: DirectoryCursor
  }

  private let position = Mutex<Position?>(nil)

  /// The directory so many components below a root.
  func directory(_ components: [[UInt8]], below root: OpenFile) throws(SystemError) -> OpenFile {
    let result: Result<OpenFile, SystemError> = position.withLock { position in
      var here = position ?? Position(root: root, cursor: DirectoryCursor(root: root))
      if here.root !== root { here = Position(root: root, cursor: DirectoryCursor(root: root)) }
      // Not kept twice meanwhile: the arrays stay unshared.
      position = nil
      defer { position = here }
      do throws(SystemError) {
        return .success(
          try here.cursor.move(to: components) { (way, parent) throws(SystemError) in
            try parent.syscalls.open(way.last ?? [], in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
          })
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Closes what is open.
  func rest() { position.withLock { $0 = nil } }
}
