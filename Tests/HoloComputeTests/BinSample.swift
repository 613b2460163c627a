import Foundation
import HoloModel
import TestSupport

/// Words of one kind in memory, and a way to have them in bins.
struct BinSample {
  enum Kind: CaseIterable {
    case alike, few, peaked, anything, heavyTailed, walk, steps
  }

  var kind: Kind
  var width: Int
  var stride: Int
  var words: [UInt64]
  var bins: Bins

  static let lags: [[UInt32]] = [[], [1], [1, 1], [3], [1, 64], [1, 100, 1000], [65], [.max], [2, 1, .max]]

  init(_ kind: Kind, count: Int, width: Int, stride: Int, bins: Bins, _ generator: inout SeededGenerator) {
    self.kind = kind
    self.width = width
    self.stride = stride
    self.bins = bins
    let mask = UInt64.max >> (64 - 8 * width)
    let numbers = Self.numbers(kind, count: count, &generator)
    if bins.mapping == .ratio {
      let most: UInt64 = width == 4 ? 1 << 22 : 1 << 40
      words = numbers.map { number in
        let m = Int64(number % (2 * most)) - Int64(most)
        return width == 4
          ? UInt64((Float(m) / Float(bins.divisor)).bitPattern) : (Double(m) / Double(bins.divisor)).bitPattern
      }
    } else {
      words = numbers.map { $0 & mask }
    }
  }

  private static func numbers(_ kind: Kind, count: Int, _ generator: inout SeededGenerator) -> [UInt64] {
    let constant = generator.next()
    var sum: UInt64 = 1 << 20
    return (0..<count).map { _ in
      let random = generator.next()
      switch kind {
      case .alike: return constant
      case .few: return constant &* (random % 5)
      case .peaked: return random % 50 == 0 ? random >> 32 % 7 : 0
      case .anything: return random
      case .heavyTailed: return generator.next() >> (random % 64)
      case .walk:
        sum = sum &+ random % 9 &- 4
        return sum
      case .steps: return (random % 1000) << 12
      }
    }
  }

  /// A chunk with the words, and other bytes between them where the stride is 2.
  func chunk(_ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = generator.bytes(words.count * width * stride)
    for (index, word) in words.enumerated() {
      for byte in 0..<width { bytes[index * width * stride + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte)) }
    }
    return bytes
  }
}
