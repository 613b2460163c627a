/// Reads one JSON text that came from outside, strictly as RFC 8259 has it, integers between −2⁵³ and 2⁵³.
///
/// `parse` gives a small text as a value: at most 16 levels deep, no key of an object twice (HWP-Format.md, section 8).
/// Whoever knows what must stand there reads a large text piece by piece, without a tree of it in memory.
package struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private static let mostLevels = 16

  /// Nil where the bytes are not UTF-8.
  package init?(_ bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    self.bytes = bytes
  }

  /// The value that takes up all of the bytes; nil where they are malformed.
  mutating func parse() -> JSONValue? {
    guard let value = value(level: 0), isAtEnd() else { return nil }
    return value
  }

  /// Whether nothing but white space follows.
  package mutating func isAtEnd() -> Bool {
    skipSpace()
    return position == bytes.count
  }

  /// Reads an object. `member` is handed each key (which may come twice), reads the value after it and says whether
  /// that went well. False where something else stands here.
  package mutating func readObject(_ member: (inout JSONParser, String) -> Bool) -> Bool {
    guard takeAfterSpace("{") else { return false }
    if takeAfterSpace("}") { return true }
    repeat {
      guard let key = readText(), takeAfterSpace(":"), member(&self, key) else { return false }
    } while takeAfterSpace(",")
    return takeAfterSpace("}")
  }

  /// Reads an array, as `readObject` does an object.
  package mutating func readArray(_ element: (inout JSONParser) -> Bool) -> Bool {
    guard takeAfterSpace("[") else { return false }
    if takeAfterSpace("]") { return true }
    repeat {
      guard element(&self) else { return false }
    } while takeAfterSpace(",")
    return takeAfterSpace("]")
  }

  package mutating func readText() -> String? {
    skipSpace()
    return peek == UInt8(ascii: "\"") ? text() : nil
  }

  package mutating func readInteger() -> Int64? {
    skipSpace()
    guard case .integer(let value)? = number() else { return nil }
    return value
  }

  package mutating func readNull() -> Bool { takeAfterSpace("null") }

  private mutating func value(level: Int) -> JSONValue? {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return level < Self.mostLevels ? object(level: level + 1) : nil
    case UInt8(ascii: "["): return level < Self.mostLevels ? array(level: level + 1) : nil
    case UInt8(ascii: "\""): return text().map(JSONValue.text)
    case UInt8(ascii: "n"): return take("null") ? .null : nil
    case UInt8(ascii: "t"): return take("true") ? .boolean(true) : nil
    case UInt8(ascii: "f"): return take("false") ? .boolean(false) : nil
    default: return number()
    }
  }

  private mutating func object(level: Int) -> JSONValue? {
    var values: [String: JSONValue] = [:]
    // By their bytes: to `String`, keys of different bytes can be equal.
    var keys: Set<[UInt8]> = []
    let isWhole = readObject { parser, key in
      guard keys.insert(Array(key.utf8)).inserted, let value = parser.value(level: level) else { return false }
      values[key] = value
      return true
    }
    return isWhole ? .object(values) : nil
  }

  private mutating func array(level: Int) -> JSONValue? {
    var values: [JSONValue] = []
    let isWhole = readArray { parser in
      guard let value = parser.value(level: level) else { return false }
      values.append(value)
      return true
    }
    return isWhole ? .array(values) : nil
  }

  private mutating func number() -> JSONValue? {
    let start = position
    _ = take("-")
    if !take("0") && digits() == 0 { return nil }
    var isInteger = true
    if take(".") {
      isInteger = false
      if digits() == 0 { return nil }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      if digits() == 0 { return nil }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard isInteger else { return Double(text).map(JSONValue.real) }
    guard let value = Int64(text), value.magnitude < 1 << 53 else { return nil }
    return .integer(value)
  }

  /// How many there are.
  private mutating func digits() -> Int {
    let start = position
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    return position - start
  }

  private mutating func text() -> String? {
    position += 1
    var units: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        units += String(scalar).utf8
      case 0..<0x20: return nil
      default: units.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = peek else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let unit = codeUnit() else { return nil }
      guard 0xD800..<0xDC00 ~= unit else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
      let rest = position
      if take("\\u"), let low = codeUnit(), 0xDC00..<0xE000 ~= low {
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      }
      // Half of a pair alone: RFC 8259, section 8.2, leaves it to the reader.
      position = rest
      return "\u{FFFD}"
    default: return nil
    }
  }

  private mutating func codeUnit() -> UInt32? {
    guard bytes.count - position >= 4 else { return nil }
    let digits = bytes[position..<(position + 4)]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    position += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { expected in
      guard bytes[position...].starts(with: expected) else { return false }
      position += expected.count
      return true
    }
  }

  private mutating func takeAfterSpace(_ text: StaticString) -> Bool {
    skipSpace()
    return take(text)
  }
}
