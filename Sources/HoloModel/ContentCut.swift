// Unsafe here: the bytes are the caller's buffer, and are only read within its bounds.

/// Where content-defined chunks end (HWP-Format.md, section 15). No part of the format: but what one writer has stored another
/// finds again only if they cut alike.
///
/// A rolling hash as of Gear (Xia et al., "Ddelta", Performance Evaluation 79, 2014), with a second, easier condition for long
/// chunks (FastCDC, USENIX ATC 2016), and the smallest hash where neither comes true.
package enum ContentCut {
  /// What a chunk of a content-defined region can have; the region's last one may be shorter.
  package static let byteCounts = 1_024...ChunkGeometry.chunkByteCount

  private static let leastByteCount = 8_192
  private static let usualByteCount = 32_768
  private static let mostByteCount = 131_072
  private static let strictLimit: UInt64 = 1 << 47
  private static let easyLimit: UInt64 = 1 << 51

  /// For each byte, what it adds to the hash.
  private static let gear: [UInt64] = (0...UInt8.max).map { byte in
    BLAKE3.hash([byte]).withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
  }

  /// Bytes of the chunk with which a region, or the rest of one, begins; all of them where the region ends before.
  ///
  /// - Parameter bytes: not empty. Of the rest more than 131,072 bytes are not looked at.
  package static func firstByteCount(of bytes: UnsafeRawBufferPointer) -> Int {
    let end = min(bytes.count, mostByteCount)
    return gear.withUnsafeBufferPointer { gear in
      var hash: UInt64 = 0
      var smallest = (hash: UInt64.max, byteCount: end)
      for index in 0..<end {
        hash = hash &<< 1 &+ gear[Int(bytes[index])]
        let count = index + 1
        guard count >= leastByteCount, hash < easyLimit || count >= usualByteCount else { continue }
        if hash < (count < usualByteCount ? strictLimit : easyLimit) { return count }
        if count >= usualByteCount, hash <= smallest.hash { smallest = (hash, count) }
      }
      return end < mostByteCount ? end : smallest.byteCount
    }
  }
}
