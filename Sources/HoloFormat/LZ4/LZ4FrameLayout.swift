import HoloModel

/// The one form that payload frames have (HWP-Format.md, section 4). Set in stone.
enum LZ4FrameLayout {
  /// Magic, FLG, BD, content size, HC.
  static let headerByteCount = 15
  /// Before each block: its size.
  static let blockStartByteCount = 4
  /// End mark and content checksum.
  static let endByteCount = 8
  static let blockByteCount = 262_144
  static let mostBlocks = 64
  /// One block of one byte.
  static let leastByteCount = headerByteCount + blockStartByteCount + 1 + endByteCount
  /// Bit 31 of a block's size: the block is stored uncompressed.
  static let uncompressed: UInt32 = 1 << 31

  private static let flags: UInt8 = 0x6C
  private static let blockSizeCode: UInt8 = 0x50

  /// Writes the header of a stream of so many bytes.
  static func writeHeader(streamByteCount: Int, into target: UnsafeMutableRawBufferPointer) {
    target.storeBytes(of: HWP.Magic.payload.littleEndian, as: UInt32.self)
    target[4] = flags
    target[5] = blockSizeCode
    target.storeBytes(of: UInt64(streamByteCount).littleEndian, toByteOffset: 6, as: UInt64.self)
    target[14] = headerCheck(UnsafeRawBufferPointer(target))
  }

  /// Bytes of the stream, if a canonical header stands here, else nil.
  static func streamByteCount(header: UnsafeRawBufferPointer) -> Int? {
    guard header.count >= headerByteCount,
      UInt32(littleEndian: header.loadUnaligned(as: UInt32.self)) == HWP.Magic.payload, header[4] == flags,
      header[5] == blockSizeCode
    else { return nil }
    let count = UInt64(littleEndian: header.loadUnaligned(fromByteOffset: 6, as: UInt64.self))
    guard (1...UInt64(HWP.Limit.streamByteCount)).contains(count), header[14] == headerCheck(header) else { return nil }
    return Int(count)
  }

  private static func headerCheck(_ header: UnsafeRawBufferPointer) -> UInt8 {
    UInt8(truncatingIfNeeded: XXH32.hash(UnsafeRawBufferPointer(rebasing: header[4..<14])) >> 8)
  }
}
