import HoloSystem

/// Where a container is written: one forward pass. Used by one thread.
package protocol ByteSink: AnyObject {
  /// Appends all of the bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError)
}

/// A sink whose bytes can be written again, and whose last ones can be taken back: what a `.wave` needs.
package protocol PatchableSink: ByteSink {
  /// Writes over bytes that were written before. They lie before the end.
  func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError)
  /// Keeps the first `byteCount` bytes, of at least as many, and goes on behind them.
  func truncate(to byteCount: UInt64) throws(SystemError)
}

/// Writes into a file from its beginning. The file is the caller's, who synchronizes and closes it.
package final class FileSink: PatchableSink {
  private let file: OpenFile
  package private(set) var byteCount: UInt64 = 0

  package init(_ file: OpenFile) { self.file = file }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try file.write(bytes, at: Int64(byteCount))
    byteCount += UInt64(bytes.count)
  }

  package func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    precondition(offset <= byteCount && UInt64(bytes.count) <= byteCount - offset)
    try file.write(bytes, at: Int64(offset))
  }

  package func truncate(to byteCount: UInt64) throws(SystemError) {
    precondition(byteCount <= self.byteCount)
    try file.truncate(to: Int64(byteCount))
    self.byteCount = byteCount
  }
}

/// Writes at a descriptor's own position: a pipe.
package final class StreamSink: ByteSink {
  private let file: OpenFile

  package init(_ file: OpenFile) { self.file = file }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try file.append(bytes) }
}

/// Keeps the container in memory.
package final class MemorySink: PatchableSink {
  private var memory: UnsafeMutableRawBufferPointer
  package private(set) var byteCount = 0

  /// - Parameter capacity: bytes that are allocated at once. It grows only if they do not do.
  package init(capacity: Int = 1 << 20) {
    memory = .allocate(byteCount: max(capacity, 1), alignment: 64)
  }

  deinit { memory.deallocate() }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    let needed = byteCount + bytes.count
    if needed > memory.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(needed, 2 * memory.count), alignment: 64)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<byteCount]))
      memory.deallocate()
      memory = larger
    }
    UnsafeMutableRawBufferPointer(rebasing: memory[byteCount...]).copyMemory(from: bytes)
    byteCount = needed
  }

  package func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    precondition(offset <= byteCount && bytes.count <= byteCount - Int(offset))
    UnsafeMutableRawBufferPointer(rebasing: memory[Int(offset)...]).copyMemory(from: bytes)
  }

  package func truncate(to byteCount: UInt64) throws(SystemError) {
    precondition(byteCount <= self.byteCount)
    self.byteCount = Int(byteCount)
  }

  /// A copy of what was written.
  package var bytes: [UInt8] { withBytes { Array($0) } }

  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: memory[..<byteCount]))
  }

  /// Forgets what was written, keeps the memory.
  package func removeAll() { byteCount = 0 }
}
