import HoloModel

// What a test knows of bytes that may be bent: nothing here traps, whatever they are.
extension [UInt8] {
  /// Nil where the bytes end before.
  func number<Value: FixedWidthInteger & UnsignedInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value? {
    let size = MemoryLayout<Value>.size
    guard offset >= 0, count >= size, offset <= count - size else { return nil }
    return Value(littleEndian: withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
  }

  /// A place or a length of the file that stands there; nil where the file has no such.
  func place<Value: FixedWidthInteger & UnsignedInteger>(at offset: Int, as type: Value.Type) -> Int? {
    number(at: offset, as: type).flatMap { $0 <= UInt64(count) ? Int($0) : nil }
  }

  mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { put($0, at: offset) }
  }

  /// BLAKE3 of these ranges, one after the other, cut to so many bytes.
  mutating func putHash(of ranges: Range<Int>..., byteCount: Int, at offset: Int) {
    let hash = BLAKE3.hash(ranges.flatMap { self[$0] })
    hash.withBytes { put(UnsafeRawBufferPointer(rebasing: $0[..<byteCount]), at: offset) }
  }

  /// Copies bytes to another place; none where one of both goes past the end.
  mutating func copy(_ count: Int, from source: Int, to target: Int) {
    guard source >= 0, source <= self.count - count else { return }
    let piece = Array(self[source..<(source + count)])
    piece.withUnsafeBytes { put($0, at: target) }
  }

  /// Leaves out what would stand past the end.
  mutating func put(_ value: UnsafeRawBufferPointer, at offset: Int) {
    guard offset >= 0, offset <= count - value.count else { return }
    for (index, byte) in value.enumerated() { self[offset + index] = byte }
  }
}
