import HoloModel

extension ContentCut {
  /// Bytes of each chunk that a writer cuts these into.
  package static func lengths(of bytes: [UInt8]) -> [Int] {
    bytes.withUnsafeBytes { buffer in
      var (lengths, start) = ([Int](), 0)
      while start < buffer.count {
        lengths.append(firstByteCount(of: UnsafeRawBufferPointer(rebasing: buffer[start...])))
        start += lengths[lengths.count - 1]
      }
      return lengths
    }
  }
}
