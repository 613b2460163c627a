import HoloModel
import Testing

@Suite("Region names")
struct RegionNameTests {
  @Test(
    "Paths of any bytes have a name, and come back from it",
    arguments: [
      (Array("a/b.f32".utf8), "a/b.f32"), (Array("two words\nand a line".utf8), "two words\nand a line"),
      (Array("ümläut/日本".utf8), "ümläut/日本"), ([0x61, 0x5C, 0x62], "a\\\\b"), ([0xFF], "\\xFF"),
      // Latin-1, a sequence that breaks off, a surrogate, an overlong slash, and past the last code point.
      ([0x66, 0xFC, 0x72], "f\\xFCr"), ([0xE2, 0x82, 0x2F], "\\xE2\\x82/"), ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"),
      ([0xC0, 0xAF], "\\xC0\\xAF"), ([0xF4, 0x90, 0x80, 0x80], "\\xF4\\x90\\x80\\x80"),
      ([0xF0, 0x9F, 0x8C, 0x8A], "🌊"), (Array("\\xFF".utf8), "\\\\xFF"),
    ] as [([UInt8], String)])
  func escapes(path: [UInt8], name: String) {
    #expect(Array(RegionName.escape(path).utf8) == Array(name.utf8))
    #expect(RegionName.unescape(name) == path)
  }

  @Test("Every pair of bytes comes back")
  func everyPair() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let path = [first, second, 0x41]
        if RegionName.unescape(RegionName.escape(path)) != path { Issue.record("\(path)") }
      }
    }
  }

  @Test("Composed and decomposed letters are two names")
  func keepsNormalization() {
    let (composed, decomposed) = (Array("\u{E9}".utf8), Array("e\u{301}".utf8))
    #expect(!RegionName.escape(composed).utf8.elementsEqual(RegionName.escape(decomposed).utf8))
  }

  @Test(
    "Escapes that are malformed, or were not needed, are no name",
    arguments: ["\\", "a\\", "\\x", "\\xF", "\\xff", "\\xFG", "\\n", "\\x41", "\\xC3\\xA9", "\\x2F", "\\x00"])
  func refusesOtherEscapes(name: String) {
    #expect(RegionName.unescape(name) == nil)
    #expect(RegionName.components(name) == nil)
  }

  @Test(
    "Names that would lead out of a target have no components",
    arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "a/..", "a\0b", "\0"])
  func refusesUnsafeNames(name: String) {
    #expect(RegionName.components(name) == nil)
  }

  @Test(
    "Names that only look unsafe are taken", arguments: ["...", "a/..b/.c", " ", "-rf", "~", "C:\\\\x", "a\\xFF/b"])
  func takesOddNames(name: String) {
    #expect(RegionName.components(name)?.count == name.utf8.split(separator: UInt8(ascii: "/")).count)
  }

  @Test("The longest name is 4,096 bytes as written")
  func limitsLength() {
    #expect(RegionName.components(String(repeating: "a", count: 4_096)) != nil)
    #expect(RegionName.components(String(repeating: "a", count: 4_097)) == nil)
  }
}
