import HoloModel
import TestSupport
import Testing

/// Where chunks end that are cut by their content (HWP-Format.md, section 15).
@Suite("Content-defined chunks")
struct ContentCutTests {
  /// BLAKE3 of 0, 1, …, each of four bytes.
  private static let hashes = (0..<UInt32(8_192)).flatMap { number in
    BLAKE3.hash(withUnsafeBytes(of: number.littleEndian) { Array($0) }).withBytes { Array($0) }
  }

  @Test("Hashes of numbers end where the page says")
  func hashesOfNumbers() {
    #expect(Self.hashes.count == 262_144)
    #expect(ContentCut.lengths(of: Self.hashes) == [25_281, 43_830, 36_979, 39_142, 48_709, 34_649, 33_554])
  }

  @Test("What repeats after 251 bytes ends where the page says")
  func repetition() {
    let bytes = (0..<400_000).map { UInt8($0 % 251) }
    #expect(ContentCut.lengths(of: bytes) == [130_909, 131_022, 131_022, 7_047])
  }

  @Test(
    "Zeros end after 131,072 bytes, or with the region",
    arguments: [
      (1, [1]), (1_023, [1_023]), (1_024, [1_024]), (8_191, [8_191]), (8_192, [8_192]), (8_193, [8_193]),
      (32_767, [32_767]), (32_768, [32_768]), (32_769, [32_769]), (131_071, [131_071]), (131_072, [131_072]),
      (131_073, [131_072, 1]), (262_144, [131_072, 131_072]), (400_000, [131_072, 131_072, 131_072, 6_784]),
    ])
  func zeros(count: Int, expected: [Int]) {
    #expect(ContentCut.lengths(of: [UInt8](repeating: 0, count: count)) == expected)
  }

  @Test(
    "A region that ends before its first cut is one chunk",
    arguments: [
      (1, [1]), (8_191, [8_191]), (8_193, [8_193]), (25_280, [25_280]), (25_281, [25_281]), (25_282, [25_281, 1]),
    ])
  func beforeTheFirstCut(count: Int, expected: [Int]) {
    #expect(ContentCut.lengths(of: Array(Self.hashes[..<count])) == expected)
  }

  /// The hash depends on the last 64 bytes: these are moved about among zeros.
  ///
  /// - Parameters:
  ///   - end: of the 64 bytes in `hashes`: 25,281 has a hash below 2^47, 69,111 one below 2^51 alone.
  ///   - place: where they end among the zeros.
  @Test(
    "A short chunk needs a small hash, a long one an easy one",
    arguments: [
      (25_281, 8_191, nil), (25_281, 8_192, 8_192), (25_281, 8_193, 8_193), (25_281, 32_767, 32_767),
      (25_281, 32_768, 32_768), (69_111, 8_192, nil), (69_111, 32_767, nil), (69_111, 32_768, 32_768),
      (69_111, 131_071, 131_071), (69_111, 131_072, 131_072), (69_111, 131_073, nil),
    ] as [(Int, Int, Int?)])
  func conditions(end: Int, place: Int, expected: Int?) {
    var bytes = [UInt8](repeating: 0, count: 140_000)
    bytes.replaceSubrange((place - 64)..<place, with: Self.hashes[(end - 64)..<end])
    #expect(bytes.withUnsafeBytes { ContentCut.firstByteCount(of: $0) } == expected ?? Self.leastAmong(bytes))
  }

  /// The last of the smallest hashes where no chunk may end before: counted without any of what is tested but the table's values.
  private static func leastAmong(_ bytes: [UInt8]) -> Int {
    let table = (0...UInt8.max).map { byte in
      BLAKE3.hash([byte]).withBytes { value in (0..<8).reduce(UInt64(0)) { $0 | UInt64(value[$1]) << (8 * $1) } }
    }
    func hash(endingAt count: Int) -> UInt64 {
      bytes[max(0, count - 64)..<count].reduce(0) { 2 &* $0 &+ table[Int($1)] }
    }
    var (least, place) = (UInt64.max, 0)
    for count in 32_768...131_072 {
      let value = hash(endingAt: count)
      if value <= least { (least, place) = (value, count) }
    }
    return place
  }

  @Test("Behind an insertion the chunks are those that were there")
  func insertion() {
    let before = Self.hashes + (0..<400_000).map { UInt8($0 % 7 * ($0 % 4_001 == 0 ? 31 : 1)) }
    let after = Array(before[..<100_000]) + Array("inserted".utf8) + before[100_000...]
    func pieces(_ bytes: [UInt8]) -> [Digest256] {
      var start = 0
      return ContentCut.lengths(of: bytes).map { length in
        defer { start += length }
        return BLAKE3.hash(Array(bytes[start..<(start + length)]))
      }
    }
    let (old, new) = (pieces(before), pieces(after))
    #expect(Set(new).subtracting(old).count <= 2)
    #expect(new.last == old.last && new.first == old.first)
  }
}
