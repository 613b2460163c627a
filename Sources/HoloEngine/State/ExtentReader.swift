import HoloFormat
import HoloSystem

// Unsafe here: bytes are read into a buffer that the caller keeps alive through the call.

/// Reads the bytes of runs of a file, one run after the other.
struct ExtentReader {
  private let extents: [FileExtent]
  private var index = 0
  /// Bytes of the present run that were read.
  private var done: UInt64 = 0

  init(_ extents: [FileExtent]) { self.extents = extents }

  /// Fills the buffer, with zeros where the file ends; false where it does. There are so many bytes left.
  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, from file: OpenFile
  ) throws(SystemError) -> Bool {
    var isWhole = true
    var filled = 0
    while filled < buffer.count {
      guard done < extents[index].byteCount else {
        index += 1
        done = 0
        continue
      }
      let count = Int(min(UInt64(buffer.count - filled), extents[index].byteCount - done))
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + count)])
      let read = try file.read(into: part, at: Int64(extents[index].offset + done))
      if read < count {
        UnsafeMutableRawBufferPointer(rebasing: part[read...]).initializeMemory(as: UInt8.self, repeating: 0)
        isWhole = false
      }
      done += UInt64(count)
      filled += count
    }
    return isWhole
  }
}
