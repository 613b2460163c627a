/// How a region is cut into chunks (HWP-Format.md, sections 1 and 15). Raw values are on-disk codes: set in stone.
package enum Chunking: UInt8, Sendable {
  /// Every ``ChunkGeometry/chunkByteCount`` bytes.
  case grid = 0
  /// Where the bytes themselves say, so that an insertion changes the chunks around it, and none behind it.
  case content = 1
}
