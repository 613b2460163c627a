import HoloModel
import Testing

@Suite("Printable text")
struct PrintableTextTests {
  @Test(
    "What would move the cursor or forge a line is escaped, and read back",
    arguments: [
      ("line\nbreak", "line\\nbreak"), ("\t\r", "\\t\\r"), ("\u{1B}[31mred", "\\u{1B}[31mred"),
      ("a\u{202E}b", "a\\u{202E}b"),
      ("\u{2028}", "\\u{2028}"), ("\u{7F}", "\\u{7F}"), ("\u{E0001}x\n", "\u{E0001}x\\n"),
      // A backslash of a name stands doubled: what follows it is no escape.
      ("\\\\n\n", "\\\\n\\n"), ("\\xFF\n", "\\xFF\\n"), ("\\\\\\\\\u{1}", "\\\\\\\\\\u{1}"),
    ])
  func isReadBack(text: String, shown: String) {
    #expect(Array(PrintableText.escape(text).utf8) == Array(shown.utf8))
    #expect(PrintableText.unescape(shown).map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test(
    "What was not made so is no escape",
    arguments: [
      "", "a/b", "\\", "\\\\", "\\\\n", "\\xFF", "\\u", "\\u{", "\\u{}", "\\u{1b}", "\\u{01B}", "\\u{A}", "\\u{41}",
      "\\u{+1}",
      "\\u{D800}", "\\u{110000}", "\\u{FFFFFFFFF}", "\\u1B", "\\n\n", "\\q", "\\n\\u{41}", "ü",
    ])
  func leavesTheRest(shown: String) {
    #expect(PrintableText.unescape(shown) == nil)
  }

  @Test("Every character that is escaped comes back")
  func everyScalar() {
    var escaped = 0
    for value in UInt32(1)..<0x1_1000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let name = "a" + String(scalar) + "n"
      let shown = PrintableText.escape(name)
      guard !shown.utf8.elementsEqual(name.utf8) else { continue }
      escaped += 1
      if PrintableText.unescape(shown)?.utf8.elementsEqual(name.utf8) != true { Issue.record("U+\(value)") }
    }
    // C0 but NUL, DEL, C1, the two separators and twelve marks of direction.
    #expect(escaped == 31 + 1 + 32 + 2 + 12)
  }

  @Test("No two names are shown alike, and none is shown as another's own name")
  func isUnambiguous() {
    // All paths of three of these characters, as names.
    let bytes = Array("\\nu{1}x\n\u{1}".utf8)
    var names: [[UInt8]: [UInt8]] = [:]
    for first in bytes {
      for second in bytes {
        for third in bytes {
          let name = RegionName.escape([first, second, third])
          let shown = PrintableText.escape(name)
          #expect(names.updateValue(Array(name.utf8), forKey: Array(shown.utf8)) == nil)
          if !shown.utf8.elementsEqual(name.utf8) {
            #expect(RegionName.unescape(shown) == nil)
            #expect(PrintableText.unescape(shown)?.utf8.elementsEqual(name.utf8) == true)
          }
        }
      }
    }
  }
}
