import HoloFormat
import HoloSystem

// Unsafe here: elements are written straight into one page buffer, within its bounds, and handed on when it is full.

/// A file of a generated state, written from front to back through one buffer of fixed size.
final class GeneratedFile {
  static let bufferByteCount = 1 << 20

  private let file: TargetFile
  private let buffer: PageBuffer
  private var used = 0
  private var written: UInt64 = 0

  init(_ name: String, in target: RestoreTarget, buffer: PageBuffer) throws(HoloError) {
    file = try target.beginFile(named: name, byteCount: 0)
    self.buffer = buffer
  }

  /// Lets `fill` write elements until so many are written, as many at a time as have room.
  func append<Element: BitwiseCopyable>(
    _ type: Element.Type, count: Int, fill: (UnsafeMutableBufferPointer<Element>) -> Void
  ) throws(HoloError) {
    let size = MemoryLayout<Element>.size
    var left = count
    while left > 0 {
      // Elements stand at multiples of their size; what came before may have ended anywhere.
      if used % size != 0 || used == buffer.bytes.count { try flush() }
      let room = min(left, (buffer.bytes.count - used) / size)
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[used..<(used + room * size)])
      fill(part.bindMemory(to: Element.self))
      used += room * size
      left -= room
    }
  }

  func append(_ bytes: [UInt8]) throws(HoloError) {
    var offset = 0
    try append(UInt8.self, count: bytes.count) { room in
      for index in room.indices { room[index] = bytes[offset + index] }
      offset += room.count
    }
  }

  func append(_ text: String) throws(HoloError) { try append(Array(text.utf8)) }

  /// Ends the file; returns its length.
  func complete() throws(HoloError) -> UInt64 {
    try flush()
    try file.complete()
    return written
  }

  private func flush() throws(HoloError) {
    try file.write(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<used]), at: written)
    written += UInt64(used)
    used = 0
  }
}
