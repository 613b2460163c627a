import HoloSystem

/// Memory that both the host and a backend's device can use. See ``ComputeSession`` for the rules.
///
/// `@unchecked Sendable`: it is handed from thread to thread and used by one at a time; the engine's pipeline orders
/// that.
package final class ComputeBuffer: @unchecked Sendable {
  /// The host's view. Page-aligned when a session made it; wherever the caller's memory is when it was wrapped.
  package let bytes: UnsafeMutableRawBufferPointer
  let storage: Storage

  /// What keeps the memory, and who may use it.
  enum Storage {
    /// The memory is kept by `pages`; nil: it is the caller's.
    case host(pages: PageBuffer?)
    case openCL(OpenCLMemory)
  }

  init(bytes: UnsafeMutableRawBufferPointer, storage: Storage) {
    self.bytes = bytes
    self.storage = storage
  }

  var byteCount: Int { bytes.count }
}
