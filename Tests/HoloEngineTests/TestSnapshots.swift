import HoloEngine
import HoloFormat
import TestSupport

extension ScratchDirectory {
  /// The container of this name.
  func reference(_ name: String) -> SnapshotReference { SnapshotReference(path(name), store: "") }
}

extension ChunkMap {
  /// Bytes of each chunk.
  func chunkByteCounts(ofRegion region: Int) throws -> [Int] {
    var counts: [Int] = []
    try forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in counts.append(chunk.byteCount) }
    return counts
  }
}
