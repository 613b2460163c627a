import HoloModel

/// Reads fields one after the other from bytes that came from outside: every read is checked against the end.
package struct ByteCursor {
  private let bytes: [UInt8]
  private let end: Int
  package private(set) var position: Int
  /// For errors: the file, and the offset of `bytes` in it.
  let path: String
  private let base: UInt64

  /// - Parameter range: of `bytes`; nil for all of them.
  package init(_ bytes: [UInt8], range: Range<Int>? = nil, path: String, base: UInt64) {
    let range = range ?? bytes.indices
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    self.path = path
    self.base = base
    position = range.lowerBound
    end = range.upperBound
  }

  package var remaining: Int { end - position }

  package mutating func read<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(FormatError) -> Value {
    let range = try skip(MemoryLayout<Value>.size)
    return Value(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: type) })
  }

  /// Passes over so many bytes and says which they are, in the array that the cursor was made of.
  package mutating func skip(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw malformed("\(count) bytes are said to stand where there are only \(remaining)")
    }
    position += count
    return (position - count)..<position
  }

  mutating func skip(_ count: UInt32) throws(FormatError) -> Range<Int> { try skip(Int(count)) }

  package mutating func read(count: Int) throws(FormatError) -> [UInt8] { Array(bytes[try skip(count)]) }

  /// An IEEE-754 binary64 number.
  mutating func readDouble() throws(FormatError) -> Double { Double(bitPattern: try read()) }

  mutating func readDigest128() throws(FormatError) -> Digest128 { bytes.digest128(at: try skip(16).lowerBound) }

  mutating func readDigest256() throws(FormatError) -> Digest256 { bytes.digest256(at: try skip(32).lowerBound) }

  /// A cursor of its own over the next bytes, which this one passes over.
  package mutating func cursor(over count: Int) throws(FormatError) -> ByteCursor {
    let range = try skip(count)
    return ByteCursor(bytes, range: range, path: path, base: base)
  }

  mutating func expectZero(_ count: Int) throws(FormatError) {
    let range = try skip(count)
    guard bytes[range].allSatisfy({ $0 == 0 }) else {
      throw malformed("reserved bytes are not zero", at: range.lowerBound)
    }
  }

  /// What a length covers must be used up exactly (HWP-Format.md, section 1).
  package func expectEnd(of what: String) throws(FormatError) {
    guard remaining == 0 else { throw malformed("\(what) has \(remaining) bytes too many") }
  }

  package func malformed(_ message: String, at position: Int? = nil) -> FormatError {
    error(.malformed, message, at: position)
  }

  func error(_ kind: FormatError.Kind, _ message: String, at position: Int? = nil) -> FormatError {
    FormatError(kind, message, path: path, offset: base &+ UInt64(position ?? self.position))
  }
}

extension [UInt8] {
  func digest128(at offset: Int) -> Digest128 {
    self[offset..<(offset + 16)].withUnsafeBytes { Digest128($0) }
  }

  func digest256(at offset: Int) -> Digest256 {
    self[offset..<(offset + 32)].withUnsafeBytes { Digest256($0) }
  }

  func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value {
    precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
    return Value(littleEndian: withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
  }

  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(_ digest: Digest128) { digest.withBytes { append(contentsOf: $0) } }

  mutating func append(_ digest: Digest256) { digest.withBytes { append(contentsOf: $0) } }

  /// Puts the size of a skippable frame (HWP-Format.md, section 2) where it belongs, once the frame is whole.
  mutating func setSkippableSize() {
    let size = UInt32(count - HWP.Size.skippableStart).littleEndian
    Swift.withUnsafeBytes(of: size) { replaceSubrange(4..<8, with: $0) }
  }
}
