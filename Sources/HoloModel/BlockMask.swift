/// Some of a chunk's blocks (HWP-Format.md, section 6): bit b for block b.
package struct BlockMask: Hashable, Sendable {
  package var bits: UInt64

  package init(bits: UInt64 = 0) { self.bits = bits }

  /// Every block of a chunk of so many bytes, at least one.
  package init(allOf chunkByteCount: Int) {
    bits = .max >> UInt64(64 - Self.blockCount(chunkByteCount: chunkByteCount))
  }

  package static func blockCount(chunkByteCount: Int) -> Int {
    (chunkByteCount + ChunkGeometry.blockByteCount - 1) / ChunkGeometry.blockByteCount
  }

  package var count: Int { bits.nonzeroBitCount }
  package var isEmpty: Bool { bits == 0 }

  package func contains(_ block: Int) -> Bool { bits >> UInt64(block) & 1 == 1 }
  package mutating func insert(_ block: Int) { bits |= 1 << UInt64(block) }
  package func union(_ other: Self) -> Self { Self(bits: bits | other.bits) }

  /// Whether a chunk of so many bytes has the blocks, and at least one is named.
  package func isValid(chunkByteCount: Int) -> Bool {
    guard !isEmpty, chunkByteCount > 0 else { return false }
    return bits & ~Self(allOf: chunkByteCount).bits == 0
  }

  /// Numbers of the blocks, ascending.
  package var blocks: some Sequence<Int> {
    sequence(state: bits) { bits -> Int? in
      guard bits != 0 else { return nil }
      defer { bits &= bits - 1 }
      return bits.trailingZeroBitCount
    }
  }

  /// Where the blocks are in a chunk of so many bytes: neighbours as one range. The mask is valid for it.
  package func ranges(chunkByteCount: Int) -> [Range<Int>] {
    let size = ChunkGeometry.blockByteCount
    var ranges: [Range<Int>] = []
    var rest = bits
    while rest != 0 {
      let first = rest.trailingZeroBitCount
      let length = (~(rest >> UInt64(first))).trailingZeroBitCount
      ranges.append((first * size)..<min((first + length) * size, chunkByteCount))
      let end = first + length
      rest &= end >= 64 ? 0 : UInt64.max << UInt64(end)
    }
    return ranges
  }

  /// Bytes of the blocks.
  package func byteCount(chunkByteCount: Int) -> Int {
    ranges(chunkByteCount: chunkByteCount).reduce(0) { $0 + $1.count }
  }
}
