import Glibc
import HoloStore
import HoloSystem
import Synchronization

/// One restore into a target, and the hidden file that says, by a kernel lock, that it still runs: `.restore.TOKEN.partial`
/// in the target's directory. So its partial files need no lock, and no descriptor, each; and since the mark is there
/// before the first of them and goes after the last, who finds no mark that is held knows that they are garbage for ever.
final class RestoreRun: Sendable {
  private static let base = Array("restore".utf8)

  let token: [UInt8]
  private let directory: OpenFile
  private let name: [UInt8]
  private let file: Mutex<OpenFile?>
  private let fileCount = Atomic<UInt32>(0)

  /// - Parameter mayBeUnmarked: go without the mark in a directory that cannot be written itself, though what lies below it
  ///   may be. Another restore that clears such a directory cannot tell this run's partial files from garbage.
  init(in directory: OpenFile, mayBeUnmarked: Bool) throws(SystemError) {
    var token: [UInt8] = []
    self.directory = directory
    do {
      let made = try PartialFile.create(
        {
          token = PartialTargetName.randomRun()
          return Self.markName(of: token)
        }, in: directory, permissions: 0o600)
      name = made.name
      file = Mutex(made.file)
    } catch {
      guard mayBeUnmarked, [EACCES, EPERM, EROFS].contains(error.code) else { throw error }
      name = []
      file = Mutex(nil)
    }
    self.token = token
  }

  static func markName(of token: [UInt8]) -> [UInt8] { PartialTargetName.bytes(run: token, number: 0, beside: base) }

  /// A number that no other file of this run has.
  func nextNumber() -> UInt32 { fileCount.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Removes the mark: no partial file is left.
  func end() throws(SystemError) {
    guard let held = file.withLock({ $0 }) else { return }
    try directory.syscalls.remove(name, in: directory)
    file.withLock { $0 = nil }
    try? held.close()
  }
}
