/// Text from outside (names, paths, messages of drivers) made fit to be printed.
extension String {
  /// Control characters, line separators and direction overrides as escapes, so that a name can neither move the cursor
  /// nor forge a line of output. A backslash stays as it is: region names have it doubled already, so `\n` is unambiguous.
  var printable: String {
    guard utf8.contains(where: { !(0x20..<0x7F).contains($0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isUnprintable { text += scalar.escaped } else { text.unicodeScalars.append(scalar) }
    }
    return text
  }

  /// As `printable`, but keeps line breaks (a compiler's log has them) and indents what follows one.
  var printableLines: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n  ")
  }

  /// Columns on a terminal.
  var columnCount: Int {
    reduce(0) { $0 + ($1.unicodeScalars.first.map(\.isWide) == true ? 2 : 1) }
  }

  /// At most so many columns: the middle gives way, because the beginnings of paths and the ends of names tell them apart.
  func shortened(toColumns limit: Int) -> String {
    guard columnCount > limit else { return self }
    guard limit > 1 else { return String(prefix(limit)) }
    let tailLimit = (limit - 1) / 2
    let head = prefix(columns: limit - 1 - tailLimit, of: Array(self))
    let tail = prefix(columns: tailLimit, of: Array(reversed()))
    return String(head) + "…" + String(tail.reversed())
  }

  private func prefix(columns limit: Int, of characters: [Character]) -> [Character] {
    var columns = 0
    return Array(
      characters.prefix { character in
        columns += String(character).columnCount
        return columns <= limit
      })
  }
}

extension Unicode.Scalar {
  fileprivate var isUnprintable: Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default:
      switch properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
  }

  fileprivate var escaped: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(value, radix: 16, uppercase: true))}"
    }
  }

  /// Takes two columns: the wide blocks of Unicode Standard Annex 11, roughly.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
