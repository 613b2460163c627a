import HoloSystem

/// Bytes of a container, to be read anywhere, by any thread.
package protocol RandomAccessSource: Sendable {
  var byteCount: UInt64 { get }
  /// Reads until the buffer is full or the bytes end, and returns how many were read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int
}

/// A file, read with pread: a file that is cut off while it is read gives an error, not a signal.
package struct FileSource: RandomAccessSource {
  private let file: OpenFile
  /// When the source was made.
  package let byteCount: UInt64

  package init(_ file: OpenFile) throws(SystemError) {
    self.file = file
    byteCount = UInt64(max(0, try file.status().byteCount))
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
    guard offset < byteCount else { return 0 }
    return try file.read(into: buffer, at: Int64(offset))
  }
}

/// Bytes in memory.
package struct MemorySource: RandomAccessSource {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var byteCount: UInt64 { UInt64(bytes.count) }

  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
    guard offset < byteCount else { return 0 }
    let count = min(buffer.count, bytes.count - Int(offset))
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)...].prefix(count)))
    }
    return count
  }
}

extension RandomAccessSource {
  /// Exactly these bytes. Checked against the source's size before memory is allocated.
  package func bytes(at offset: UInt64, count: UInt64, path: String) throws(FormatError) -> [UInt8] {
    guard offset <= byteCount, count <= byteCount - offset else {
      throw FormatError(.truncated, "the file ends too early", path: path, offset: offset, byteCount: count)
    }
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
      do throws(SystemError) { initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset) } catch {
        failure = error
      }
    }
    if let failure { throw FormatError(failure) }
    guard bytes.count == count else {
      throw FormatError(.truncated, "the file became shorter", path: path, offset: offset, byteCount: count)
    }
    return bytes
  }
}
