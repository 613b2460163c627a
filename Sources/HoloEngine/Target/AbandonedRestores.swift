import Glibc
import HoloStore
import HoloSystem

/// Removes what restores that did not end have left in directories.
struct AbandonedRestores {
  /// Whether a restore has ended, by its token. One that has ended never comes back.
  private var hasEnded: [[UInt8]: Bool] = [:]
  /// Without the marks.
  private(set) var removedFileCount = 0

  /// Returns the names that stay.
  mutating func clear(_ directory: OpenFile) throws(SystemError) -> [[UInt8]] {
    var staying: [[UInt8]] = []
    for name in try directory.syscalls.names(in: directory) {
      guard let partial = PartialTargetName(name) else {
        staying.append(name)
        continue
      }
      let isMark = partial.number == 0
      // A mark goes while its lock is held: it may be one that a restore has just made, and not locked yet.
      let isRemoved =
        isMark
        ? try PartialFile.removeIfGarbage(name, in: directory) : try removePartial(name, partial.run, in: directory)
      if !isRemoved { staying.append(name) }
      if isRemoved, !isMark { removedFileCount += 1 }
    }
    return staying
  }

  private mutating func removePartial(
    _ name: [UInt8], _ run: [UInt8], in directory: OpenFile
  ) throws(SystemError) -> Bool {
    do {
      guard try hasEnded(run, seenFrom: directory), try directory.syscalls.status(name, in: directory).kind == .file
      else { return false }
      try directory.syscalls.remove(name, in: directory)
      return true
    } catch {
      guard PartialFile.harmless.contains(error.code) else { throw error }
      return false
    }
  }

  private mutating func hasEnded(_ run: [UInt8], seenFrom directory: OpenFile) throws(SystemError) -> Bool {
    if let known = hasEnded[run] { return known }
    let ended: Bool
    do {
      // Its partial file was seen, so it held its mark once; whoever gets the lock now may let it go again.
      ended =
        try Self.mark(of: run, seenFrom: directory).map { (file) throws(SystemError) in try file.tryLock() } ?? true
    } catch {
      guard PartialFile.harmless.contains(error.code) else { throw error }
      ended = false
    }
    hasEnded[run] = ended
    return ended
  }

  /// A restore's mark lies in its target: in this directory or one above it.
  private static func mark(of run: [UInt8], seenFrom directory: OpenFile) throws(SystemError) -> OpenFile? {
    let syscalls = directory.syscalls
    let name = RestoreRun.markName(of: run)
    var current = directory
    while true {
      do { return try syscalls.open(name, in: current, O_RDWR | O_NOFOLLOW | O_NONBLOCK) } catch {
        guard error.code == ENOENT else { throw error }
      }
      let above = try syscalls.openDirectory(above: current)
      if try above.status().identity == current.status().identity { return nil }
      current = above
    }
  }
}
