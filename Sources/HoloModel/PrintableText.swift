/// Text from outside made fit to be printed, and read back as it was printed.
package enum PrintableText {
  /// Control characters, line separators and direction overrides as escapes (`\n`, `\u{1B}`), so that a name can neither
  /// move the cursor nor forge a line of output. A backslash stays as it is: region names have it doubled already, so that
  /// no two of them are shown alike.
  package static func escape(_ text: String) -> String {
    guard text.utf8.contains(where: { !(0x20..<0x7F).contains($0) }) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
      if isUnprintable(scalar) { shown += escape(scalar) } else { shown.unicodeScalars.append(scalar) }
    }
    return shown
  }

  /// The text that is shown so; nil where that is the same, or where nothing is shown so. A doubled backslash begins no
  /// escape.
  package static func unescape(_ shown: String) -> String? {
    guard shown.utf8.contains(backslash) else { return nil }
    var text = String.UnicodeScalarView()
    var rest = Substring(shown).unicodeScalars
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      if let (escaped, length) = escaped(rest) {
        text.append(escaped)
        rest.removeFirst(length)
      } else {
        text.append(scalar)
        if let next = rest.popFirst() { text.append(next) }
      }
    }
    let result = String(text)
    // An escape of what is shown as it is, or in other digits, was not made here.
    guard escape(result).utf8.elementsEqual(shown.utf8), !result.utf8.elementsEqual(shown.utf8) else { return nil }
    return result
  }

  private static let backslash = UInt8(ascii: "\\")
  private static let letters: [(letter: Unicode.Scalar, scalar: Unicode.Scalar)] = [
    ("n", "\n"), ("r", "\r"), ("t", "\t"),
  ]

  /// What the escape behind a backslash stands for, and how long it is.
  private static func escaped(_ rest: Substring.UnicodeScalarView) -> (scalar: Unicode.Scalar, length: Int)? {
    guard let first = rest.first else { return nil }
    if let known = letters.first(where: { $0.letter == first }) { return (known.scalar, 1) }
    // Six digits name every scalar.
    let head = rest.prefix(9)
    guard head.starts(with: ["u", "{"]), let end = head.firstIndex(of: "}") else { return nil }
    let digits = head[..<end].dropFirst(2)
    guard let value = UInt32(String(digits), radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, digits.count + 3)
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    if let known = letters.first(where: { $0.scalar == scalar }) { return "\\\(known.letter)" }
    return "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default:
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
  }
}
