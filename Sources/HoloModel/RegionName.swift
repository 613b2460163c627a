/// How the bytes of a file's path become the name of a region, and back (HWP-Format.md, section 7).
///
/// A region's name is text; a file's name is any bytes but NUL and `/`. Bytes that are not UTF-8 stand as `\xHH`, a
/// backslash as `\\`, so that every path has exactly one name, and a canonical name exactly one path.
///
/// Names are compared by their UTF-8 bytes, never as `String`: to `String` a composed and a decomposed "é" are equal,
/// to a file system they are two files.
package enum RegionName {
  /// The longest name, in bytes of UTF-8 (HWP-Format.md, section 12).
  package static let byteLimit = 4_096

  /// The name of a path.
  package static func escape(_ path: [UInt8]) -> String {
    var name: [UInt8] = []
    name.reserveCapacity(path.count)
    var rest = path[...]
    while let byte = rest.first {
      if byte == backslash {
        name += [backslash, backslash]
        rest.removeFirst()
      } else if let length = scalarLength(rest) {
        name += rest.prefix(length)
        rest.removeFirst(length)
      } else {
        name += [backslash, x, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        rest.removeFirst()
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  /// The path of a name; nil where no path has that name (a malformed escape, or one that was not needed).
  package static func unescape(_ name: String) -> [UInt8]? {
    var path: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == backslash else {
        path.append(byte)
        continue
      }
      switch rest.popFirst() {
      case backslash: path.append(backslash)
      case x:
        guard let high = rest.popFirst().flatMap(digits.firstIndex(of:)),
          let low = rest.popFirst().flatMap(digits.firstIndex(of:))
        else { return nil }
        path.append(UInt8(high << 4 | low))
      default: return nil
      }
    }
    // An escape of what needs none would give one file two names.
    return Array(escape(path).utf8) == Array(name.utf8) ? path : nil
  }

  /// The components of a name that may be written below a target; nil where the name is absolute, too long, or has a
  /// NUL or a component that is empty, `.` or `..`.
  package static func components(_ name: String) -> [[UInt8]]? {
    guard let path = unescape(name), !path.contains(0), name.utf8.count <= byteLimit else { return nil }
    let components = path.split(separator: slash, omittingEmptySubsequences: false).map(Array.init)
    let isSafe = components.allSatisfy { $0 != [] && $0 != [dot] && $0 != [dot, dot] }
    return isSafe ? components : nil
  }

  private static let backslash = UInt8(ascii: "\\")
  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
  private static let x = UInt8(ascii: "x")
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Bytes of the Unicode scalar that begins here; nil where the bytes are not UTF-8 (Unicode 15, table 3-7).
  private static func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = bytes.first else { return nil }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { second = 0xA0...0xBF }
      if first == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { second = 0x90...0xBF }
      if first == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    let following = bytes.dropFirst().prefix(length - 1)
    guard following.count == length - 1, let next = following.first, second.contains(next),
      following.allSatisfy({ 0x80...0xBF ~= $0 })
    else { return nil }
    return length
  }
}
