/// How the bytes of a path are carried in a `String`, and back: a path of Linux is any bytes, and text is UTF-8.
///
/// A byte that is no UTF-8 stands as two noncharacters (Unicode 15, section 23.7: for use within a program): U+FDD0 and its high
/// digit, U+FDE0 and its low one. The bytes of such a character itself are carried so too. So every path has one text,
/// and that text is the path again to the byte.
package enum PathBytes {
  private static let high: UInt32 = 0xFDD0
  private static let low: UInt32 = 0xFDE0

  package static func text(_ path: some Collection<UInt8>) -> String {
    if let text = String(validating: path, as: UTF8.self), !text.hasCarriedBytes { return text }
    var text = String.UnicodeScalarView()
    var rest = Array(path)[...]
    while let byte = rest.first {
      let scalar = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self)?.unicodeScalars.first }
        .first
      if let scalar, !isCarrier(scalar) {
        text.append(scalar)
        rest.removeFirst(UTF8.width(scalar))
      } else {
        text += [high + UInt32(byte >> 4), low + UInt32(byte & 15)].compactMap(Unicode.Scalar.init)
        rest.removeFirst()
      }
    }
    return String(text)
  }

  package static func bytes(_ text: String) -> [UInt8] {
    guard text.hasCarriedBytes else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    text.forEachPiece { byte, scalar in
      if let byte { bytes.append(byte) } else if let scalar { bytes += String(scalar).utf8 }
    }
    return bytes
  }

  /// For calls of C.
  package static func cString(_ text: String) -> [CChar] { bytes(text).map(CChar.init(bitPattern:)) + [0] }

  fileprivate static func isCarrier(_ scalar: Unicode.Scalar) -> Bool { (high..<(low + 16)).contains(scalar.value) }

  /// The byte that two scalars carry.
  fileprivate static func byte(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> UInt8? {
    guard (high..<low).contains(first.value), (low..<(low + 16)).contains(second.value) else { return nil }
    return UInt8(first.value - high) << 4 | UInt8(second.value - low)
  }
}

extension String {
  /// Whether bytes that are no UTF-8 may be carried in it.
  package var hasCarriedBytes: Bool { utf8.contains(0xEF) && unicodeScalars.contains(where: PathBytes.isCarrier) }

  /// With the bytes that it carries as `\xHH`, as the names of regions have them (HWP-Format.md, section 7).
  package var showingCarriedBytes: String {
    guard hasCarriedBytes else { return self }
    var text = String.UnicodeScalarView()
    forEachPiece { byte, scalar in
      if let byte { text += "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".unicodeScalars }
      if let scalar { text.append(scalar) }
    }
    return String(text)
  }

  fileprivate func forEachPiece(_ body: (_ byte: UInt8?, _ scalar: Unicode.Scalar?) -> Void) {
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if let second = rest.first, let byte = PathBytes.byte(scalar, second) {
        rest.removeFirst()
        body(byte, nil)
      } else {
        body(nil, scalar)
      }
    }
  }
}
