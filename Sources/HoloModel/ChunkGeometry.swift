/// How a region is cut (HWP-Format.md, section 1). Set in stone.
package enum ChunkGeometry {
  /// Bytes of a chunk: the unit of work, of storage and of parallelism.
  package static let chunkByteCount = 262_144
  /// Bytes of a block: the unit of change.
  package static let blockByteCount = 4_096
  /// BLAKE3 leaves of a whole chunk.
  package static let leavesPerChunk: UInt64 = 256

  /// Chunks of a region of so many bytes.
  package static func chunkCount(regionByteCount: UInt64) -> UInt64 {
    regionByteCount / UInt64(chunkByteCount) + (regionByteCount % UInt64(chunkByteCount) == 0 ? 0 : 1)
  }

  /// Bytes of chunk `index`; the index is less than `chunkCount`.
  package static func chunkByteCount(at index: UInt64, regionByteCount: UInt64) -> Int {
    Int(min(UInt64(chunkByteCount), regionByteCount - index * UInt64(chunkByteCount)))
  }
}
