import Glibc
import HoloFormat
import HoloSystem
import Synchronization

// Unsafe here: bytes to write come as a buffer that the caller keeps alive through the call.

/// One file that a restore writes, hidden under a temporary name until the target is finished.
///
/// `write` may be called from many threads at once; `complete` once, after every write has returned, or `discard`.
package final class TargetFile: Sendable {
  let region: String
  let directory: OpenFile
  /// Of the restore's files.
  let number: UInt32
  let partialName: [UInt8]
  let components: [[UInt8]]
  let identity: FileStatus.Identity

  private let file: OpenFile
  private let permissions: UInt32?
  private let modified: Timestamp?
  private let target: RestoreTarget
  private let isOpen = Mutex(true)

  /// Creates the temporary file with its final size.
  init(
    region: String, components: [[UInt8]], directory: OpenFile, run: RestoreRun, byteCount: UInt64,
    permissions: UInt32?, modified: Timestamp?, target: RestoreTarget
  ) throws(SystemError) {
    let syscalls = directory.syscalls
    let number = run.nextNumber()
    let partialName = PartialTargetName.bytes(run: run.token, number: number, beside: components.last ?? [])
    // Nobody else may read it before its own mode is set; without one, it is as a new file would be.
    let file = try syscalls.open(
      partialName, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
      permissions: permissions == nil ? 0o666 : 0o600)
    do {
      identity = try file.status().identity
      if byteCount > 0 { try file.truncate(to: Int64(clamping: byteCount)) }
    } catch {
      try? syscalls.remove(partialName, in: directory)
      throw error
    }
    self.region = region
    self.components = components
    self.directory = directory
    self.number = number
    self.partialName = partialName
    self.file = file
    self.permissions = permissions
    self.modified = modified
    self.target = target
  }

  deinit { discard() }

  /// Writes bytes of the file: header, elements and tail each where they belong.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(HoloError) {
    do { try file.write(bytes, at: Int64(clamping: offset)) } catch { throw failure(error) }
  }

  /// Sets mode and time: the file waits under its temporary name for `RestoreTarget.finish`. After an error nothing of it
  /// is left.
  package func complete() throws(HoloError) {
    guard takeOpen() else { return }
    do {
      if let permissions { try file.setPermissions(permissions & RestoreTarget.restoredPermissions) }
      if let modified { try file.setModified(seconds: modified.seconds, nanoseconds: modified.nanoseconds) }
      if target.takesSingly(self) {
        try file.synchronize()
        // What is durable is not lost by an error of close.
        try? file.close()
      } else {
        try close()
      }
    } catch {
      target.forget(self)
      throw failure(error)
    }
    target.keep(self)
  }

  /// Removes the temporary file. Does nothing after `complete`.
  package func discard() {
    if takeOpen() { target.forget(self) }
  }

  /// Where a file system tells of a full disk only now. A signal makes no difference: Linux has closed the file.
  private func close() throws(SystemError) {
    do { try file.close() } catch {
      guard error.code == EINTR else { throw error }
    }
  }

  private func failure(_ error: SystemError) -> HoloError {
    HoloError(writing: error, path: directory.path(of: components.last ?? []), region: region)
  }

  /// True for the one caller that ends the file.
  private func takeOpen() -> Bool {
    isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
  }
}
