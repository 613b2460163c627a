import TestSupport

/// Bends files of one kind, the same way for the same seed: bits, numbers of the widths that fields have, stretches that go,
/// come or move, words of the format, pieces of another file.
package struct Mutator {
  private let corpus: [[UInt8]]
  /// Of the corpus, what its parser takes: most bent files are made of it.
  private let taken: [[UInt8]]
  private let words: [[UInt8]]
  private let parser: FuzzParser
  private var generator: SeededGenerator

  private static let byteLimit = 1 << 16

  /// - Parameters:
  ///   - corpus: not empty.
  ///   - taken: which files of it the parser takes; none: not known.
  package init(_ parser: FuzzParser, corpus: [[UInt8]], taken: [[UInt8]] = [], seed: UInt64) {
    precondition(!corpus.isEmpty)
    self.parser = parser
    self.corpus = corpus
    self.taken = taken.isEmpty ? corpus : taken
    words = parser.words.map { Array($0.utf8) }
    generator = SeededGenerator(seed: seed)
  }

  /// A file of the corpus, bent.
  package mutating func next() -> [UInt8] {
    var bytes = below(8) == 0 ? corpus[below(corpus.count)] : taken[below(taken.count)]
    mutate(&bytes)
    return bytes
  }

  package mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0...below(1 + below(4)) { change(&bytes) }
    if bytes.count > Self.byteLimit { bytes.removeLast(bytes.count - Self.byteLimit) }
  }

  package mutating func flip() -> Bool { below(2) == 0 }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard bytes.count >= 8 else {
      bytes += generator.bytes(8)
      return
    }
    let offset = place(in: bytes)
    // A length, rather a short one.
    let count = min(bytes.count - offset, 1 + below(1 << (1 + below(7))))
    switch below(16) {
    case 0, 1: bytes[offset] ^= 1 << UInt8(below(8))
    case 2, 3: bytes[offset] = UInt8(truncatingIfNeeded: generator.next())
    case 4, 5, 6: putNumber(&bytes, at: offset)
    case 7: addToNumber(&bytes, at: offset)
    case 8: bytes.removeSubrange(offset..<(offset + count))
    case 9: if below(8) == 0 { bytes.removeLast(bytes.count - offset) } else { bytes[offset] = 0 }
    case 10:
      bytes.insert(contentsOf: below(2) == 0 ? [UInt8](repeating: 0, count: count) : generator.bytes(count), at: offset)
    case 11: bytes.insert(contentsOf: Array(bytes[offset..<(offset + count)]), at: place(in: bytes))
    case 12: move(&bytes, offset..<(offset + count), to: place(in: bytes))
    case 13, 14: putWord(&bytes, at: offset)
    default: splice(&bytes, at: offset, count: count)
    }
  }

  /// Where tables are, more often than in what they are about.
  private mutating func place(in bytes: [UInt8]) -> Int {
    switch parser {
    case .wave where bytes.count > 4_096 + 144:
      // The head's fields; from the last bytes on.
      let tables = min(bytes.count - 4_096, 1_536)
      return below(4) == 0 ? below(160) : below(8) == 0 ? below(bytes.count) : bytes.count - 1 - below(tables)
    case .legacy, .npy: return below(4) == 0 ? below(bytes.count) : below(min(bytes.count, 192))
    default: return below(bytes.count)
    }
  }

  private mutating func below(_ count: Int) -> Int { Int(truncatingIfNeeded: generator.next() % UInt64(count)) }

  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 255, 256, 4_095, 4_096, 4_097, 0x7FFF, 0x8000, 0x8001, 0xFFFF,
    1 << 16, 262_143, 262_144, 262_145, 270_336, 1 << 20, 1 << 24, 0x7FFF_FFFF, 1 << 31, 0xFFFF_FFFE, 0xFFFF_FFFF,
    1 << 32, 1 << 45, 1 << 53, 1 << 60, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max - 7, .max - 1, .max,
  ]

  private mutating func putNumber(_ bytes: inout [UInt8], at offset: Int) {
    let places = [UInt64(bytes.count), UInt64(bytes.count) &- 144, UInt64(offset)]
    let value = below(6) == 0 ? places[below(3)] : Self.numbers[below(Self.numbers.count)]
    put(value, width: 1 << below(4), &bytes, at: offset)
  }

  private mutating func addToNumber(_ bytes: inout [UInt8], at offset: Int) {
    let width = 1 << below(4)
    var value: UInt64 = 0
    for index in 0..<min(width, bytes.count - offset) { value |= UInt64(bytes[offset + index]) << (8 * index) }
    let change = UInt64(1) << UInt64(below(8 * width))
    put(below(2) == 0 ? value &+ change : value &- change, width: width, &bytes, at: offset)
  }

  private func put(_ value: UInt64, width: Int, _ bytes: inout [UInt8], at offset: Int) {
    for index in 0..<min(width, bytes.count - offset) {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  private func move(_ bytes: inout [UInt8], _ range: Range<Int>, to target: Int) {
    let piece = Array(bytes[range])
    for index in 0..<min(piece.count, bytes.count - target) { bytes[target + index] = piece[index] }
  }

  private mutating func putWord(_ bytes: inout [UInt8], at offset: Int) {
    let word = words[below(words.count)]
    if below(2) == 0 {
      bytes.insert(contentsOf: word, at: offset)
    } else {
      bytes.replaceSubrange(offset..<min(bytes.count, offset + word.count), with: word)
    }
  }

  /// A piece of another file, in the place of so many bytes.
  private mutating func splice(_ bytes: inout [UInt8], at offset: Int, count: Int) {
    let other = corpus[below(corpus.count)]
    guard !other.isEmpty else { return }
    let start = below(3) == 0 ? below(other.count) : min(offset, other.count - 1)
    bytes.replaceSubrange(offset..<(offset + count), with: other[start..<min(other.count, start + count)])
  }
}

extension FuzzParser {
  /// What stands in such files and says something.
  fileprivate var words: [String] {
    switch self {
    case .hwp:
      [
        "HWPSNAP\n", "HWPSEGM\n", "HWPMANI\n", "HWPTAIL\n", "W*M\u{18}", "Y*M\u{18}", "Z*M\u{18}", "\\\\", "\\xFF", "/",
        "..", "null", "{}", "\"seconds\":", "1e308", "-9007199254740993",
      ]
    case .wave:
      [
        "RIFF", "RF64", "WAVE", "JUNK", "ds64", "fmt ", "fact", "data", "hwpF", "hwpI", "hwpC", "hwpS", "hwpM", "hwpX",
        "hwpR", "hwpH", "HWPWAVE\n", "HWPTABL\n", "HWPWEND\n", "cue ", "LIST", "\\xFF", "{}",
      ]
    case .legacy: ["WAVEV001", "{}", "\u{1}\0\0\0", "\u{2}\0\0\0"]
    case .npy:
      [
        "'descr'", "'fortran_order'", "'shape'", "True", "False", "<f4", "|u1", "<c16", ">f8", "(", ")", "(0,)",
        "(18446744073709551615,)", "9223372036854775808", "1L", ",", ":", "{", "}", "'", "\"", "\n", "\\", "[]",
      ]
    case .npz:
      ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}", "\u{1}\0\u{10}\0", ".npy"]
    case .safetensors:
      [
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F4\"", "\"C64\"", "[]", "[0,0]",
        "[9007199254740991,9007199254740991]", "null", "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud800", "1e3",
        "-1", "0", "00", " ",
      ]
    }
  }
}
