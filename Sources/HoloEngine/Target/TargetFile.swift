import HoloFormat
import HoloStore
import HoloSystem
import Synchronization

// Unsafe here: bytes to write come as a buffer that the caller keeps alive through the call.

/// One file that a restore writes: hidden under a temporary name until all of it is there.
///
/// `write` may be called from many threads at once; `complete` once, after every write has returned, or `discard`.
package final class TargetFile: Sendable {
  let region: String
  let directory: OpenFile
  let partialName: [UInt8]
  let name: [UInt8]
  let components: [[UInt8]]

  private let file: OpenFile
  private let identity: FileStatus.Identity
  private let permissions: UInt32?
  private let modified: Timestamp?
  private let target: RestoreTarget
  private let isOpen = Mutex(true)

  /// Creates the temporary file with its final size.
  init(
    region: String, components: [[UInt8]], directory: OpenFile, byteCount: UInt64, permissions: UInt32?,
    modified: Timestamp?, target: RestoreTarget
  ) throws(SystemError) {
    let syscalls = directory.syscalls
    let name = components.last ?? []
    let partialName = PartialTargetName.random(beside: name)
    // Nobody else may read it before its own mode is set; without one, it is as a new file would be.
    let file = try PartialFile.create(
      partialName, in: directory, permissions: permissions == nil ? 0o666 : 0o600)
    do {
      identity = try file.status().identity
      try file.truncate(to: Int64(clamping: byteCount))
    } catch {
      try? syscalls.remove(partialName, in: directory)
      throw error
    }
    self.region = region
    self.components = components
    self.directory = directory
    self.partialName = partialName
    self.name = name
    self.file = file
    self.permissions = permissions
    self.modified = modified
    self.target = target
  }

  deinit { discard() }

  /// Writes bytes of the file: header, elements and tail each where they belong.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(HoloError) {
    do { try file.write(bytes, at: Int64(clamping: offset)) } catch {
      throw HoloError(writing: error, region: region)
    }
  }

  /// Sets mode and time, makes the bytes durable and gives the file its name. After an error nothing of it is left.
  package func complete() throws(HoloError) {
    guard takeOpen() else { return }
    do {
      // The set-id bits stay behind: a snapshot from elsewhere must not become a privileged program here.
      if let permissions { try file.setPermissions(permissions & 0o1777) }
      if let modified { try file.setModified(seconds: modified.seconds, nanoseconds: modified.nanoseconds) }
      try file.synchronize()
    } catch {
      target.forget(self)
      throw HoloError(writing: error, region: region)
    }
    try target.publish(self, identity: identity)
    // What is durable and has its name is not lost by an error of close.
    try? file.close()
  }

  /// Removes the temporary file. Does nothing after `complete`.
  package func discard() {
    if takeOpen() { target.forget(self) }
  }

  /// True for the one caller that ends the file.
  private func takeOpen() -> Bool {
    isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
  }
}
