/// A cheap look at bytes: can LZ4 make much of them?
///
/// LZ4 needs four bytes that came before: it pays where bytes are likely to be equal. How likely (2⁻ᴴ, with H the
/// collision entropy, Rényi, order 2) is estimated from a sample: bytes are compared with their near followers, eight
/// at a time.
enum NoiseTest {
  private static let pieceCount = 8
  private static let wordsPerPiece = 4
  /// Distances from a byte to those that it is compared with.
  private static let distances = (1, 2, 3, 5)
  private static let pairCount = pieceCount * wordsPerPiece * 8 * 4
  private static let pieceByteCount = wordsPerPiece * 8 + 5

  /// True where fewer than one pair in `rarity` is equal.
  ///
  /// - Parameter bytes: at least 64.
  static func isNoise(_ bytes: UnsafeRawBufferPointer, rarity: Int) -> Bool {
    precondition(bytes.count >= 64)
    guard let base = bytes.baseAddress else { return false }
    let step = (bytes.count - pieceByteCount) / (pieceCount - 1)
    // One count a byte lane: at most 128 in each.
    var lanes: UInt64 = 0
    for piece in 0..<pieceCount {
      for word in 0..<wordsPerPiece {
        let start = base + piece * step + word * 8
        let here = start.loadUnaligned(as: UInt64.self)
        lanes &+= equalBytes(here, (start + distances.0).loadUnaligned(as: UInt64.self))
        lanes &+= equalBytes(here, (start + distances.1).loadUnaligned(as: UInt64.self))
        lanes &+= equalBytes(here, (start + distances.2).loadUnaligned(as: UInt64.self))
        lanes &+= equalBytes(here, (start + distances.3).loadUnaligned(as: UInt64.self))
      }
    }
    var equalCount = 0
    for lane in 0..<8 { equalCount += Int(truncatingIfNeeded: lanes >> UInt64(8 * lane) & 0xFF) }
    return equalCount * rarity < pairCount
  }

  /// 1 in each byte in which the words are equal, 0 in the others (Hacker's Delight, section 6-1).
  private static func equalBytes(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    let difference = left ^ right
    return ~((difference & low) &+ low | difference | low) >> 7
  }
}
