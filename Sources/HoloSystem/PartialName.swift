/// How files are named while they are written: hidden, and with a token that tells them apart.
package struct PartialName: Sendable {
  /// NAME_MAX of Linux: the longest name, in bytes.
  private static let nameByteLimit = 255

  private let start: [UInt8]
  private let end: [UInt8]
  private let tokenByteCount: Int

  /// `.TOKENEND.partial`, with `end` such as `.hwp`.
  package init(end: String, tokenByteCount: Int) {
    start = [UInt8(ascii: ".")]
    self.end = Array((end + ".partial").utf8)
    self.tokenByteCount = tokenByteCount
  }

  /// `.BASE.TOKEN.partial`, beside a file that will be named `BASE`. A base too long for that is cut.
  package init(base: [UInt8], tokenByteCount: Int) {
    end = Array(".partial".utf8)
    self.tokenByteCount = tokenByteCount
    start =
      [UInt8(ascii: ".")] + base.prefix(Self.nameByteLimit - 2 - tokenByteCount - end.count) + [UInt8(ascii: ".")]
  }

  /// The name with a token of hexadecimal digits.
  package func name(token: String) -> [UInt8] { start + Array(token.utf8) + end }

  /// Whether a name is of this form, with any token.
  package func matches(_ name: [UInt8]) -> Bool {
    guard name.count == start.count + tokenByteCount + end.count, name.starts(with: start) else { return false }
    let token = name.dropFirst(start.count).prefix(tokenByteCount)
    return Array(name.suffix(end.count)) == end && token.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }
}
