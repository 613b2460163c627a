import HoloModel
import HoloSystem

extension String {
  /// Text from outside (names, paths, messages of drivers) fit to be printed.
  var printable: String { PrintableText.escape(showingCarriedBytes) }

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
