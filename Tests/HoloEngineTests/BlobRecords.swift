import TestSupport

/// What a program might write out of a structure of its own: a record a line, each with text of its own.
struct BlobRecords {
  private(set) var records: [[UInt8]] = []

  /// - Parameter byteCount: of a record's text.
  init(_ count: Int, of byteCount: Int = 1_600, _ generator: inout SeededGenerator) {
    for number in 0..<count { records.append(Self.record(number, byteCount, &generator)) }
  }

  var bytes: [UInt8] { Array(records.joined()) }

  mutating func insert(at place: Int, _ generator: inout SeededGenerator) {
    records.insert(Self.record(1_000_000 + place, 1_600, &generator), at: place)
  }

  mutating func remove(at place: Int) { records.remove(at: place) }

  mutating func change(at place: Int, _ generator: inout SeededGenerator) {
    records[place] = Self.record(2_000_000 + place, 1_500, &generator)
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private static func record(_ number: Int, _ byteCount: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    Array("{\"id\":\(number),\"kind\":\"observation\",\"text\":\"".utf8)
      + generator.bytes(byteCount / 2).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } + Array("\"}\n".utf8)
  }
}
