import Glibc
import HoloFormat
import HoloSystem

// Unsafe here: the bench owns the memory for as long as it runs.

/// A sink into memory that was faulted in before.
final class PageSink: ByteSink {
  private let memory: UnsafeMutableRawBufferPointer
  private var byteCount = 0

  init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    guard bytes.count <= memory.count - byteCount else {
      throw SystemError(call: .write, path: "memory", code: ENOSPC)
    }
    UnsafeMutableRawBufferPointer(rebasing: memory[byteCount...]).copyMemory(from: bytes)
    byteCount += bytes.count
  }
}

/// A container in memory.
struct PageSource: RandomAccessSource, @unchecked Sendable {
  private let memory: UnsafeRawBufferPointer

  init(_ memory: UnsafeRawBufferPointer) { self.memory = memory }

  var byteCount: UInt64 { UInt64(memory.count) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
    guard offset < byteCount else { return 0 }
    let count = min(buffer.count, memory.count - Int(offset))
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[Int(offset)..<(Int(offset) + count)]))
    return count
  }
}
