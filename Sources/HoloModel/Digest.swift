/// 32 bytes of BLAKE3: a root, a chaining value, a snapshot id.
package struct Digest256: Hashable, Sendable {
  package static let byteCount = 32
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  package init() {}

  /// Takes the first 32 bytes; the buffer holds at least as many.
  package init(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count >= Self.byteCount)
    withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(32))) }
  }

  /// From 64 hexadecimal digits.
  package init?(hexadecimal text: some StringProtocol) {
    let digits = text.utf8.compactMap { UInt8(ascii: $0) }
    guard text.utf8.count == 64, digits.count == 64 else { return nil }
    withUnsafeMutableBytes(of: &words) { bytes in
      for i in 0..<32 { bytes[i] = digits[2 * i] << 4 | digits[2 * i + 1] }
    }
  }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: words, body)
  }

  package mutating func withMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
    withUnsafeMutableBytes(of: &words, body)
  }

  /// 64 lower-case hexadecimal digits.
  package var hexadecimal: String { withBytes { hexadecimalText($0) } }

  /// The first 16 bytes.
  package var short: Digest128 { withBytes { Digest128($0) } }
}

/// The first 16 bytes of a BLAKE3 hash; also a container id.
package struct Digest128: Hashable, Sendable {
  package static let byteCount = 16
  private var words: (UInt64, UInt64) = (0, 0)

  package init() {}

  /// Takes the first 16 bytes; the buffer holds at least as many.
  package init(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count >= Self.byteCount)
    withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(16))) }
  }

  /// 128 random bits, from the system's generator.
  package static func random() -> Self {
    var generator = SystemRandomNumberGenerator()
    var value = Self()
    value.words = (generator.next(), generator.next())
    return value
  }

  package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: words, body)
  }

  package var hexadecimal: String { withBytes { hexadecimalText($0) } }
}

private func hexadecimalText(_ bytes: UnsafeRawBufferPointer) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

extension UInt8 {
  /// The value of a hexadecimal digit.
  fileprivate init?(ascii: UInt8) {
    switch ascii {
    case 0x30...0x39: self = ascii - 0x30
    case 0x41...0x46: self = ascii - 0x41 + 10
    case 0x61...0x66: self = ascii - 0x61 + 10
    default: return nil
    }
  }
}
