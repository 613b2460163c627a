import CWaveKernels

/// BLAKE3 of bytes that come piece by piece. Keeps one chunk and 32 bytes a level of the tree, however many come.
package struct BLAKE3Stream: Sendable {
  /// The last chunk is the root's where it is the only one, so it is kept until another follows.
  private var pending: [UInt8] = []
  private var tree = RegionTree()
  private var chunkCount: UInt64 = 0

  package init() {}

  package mutating func append(_ bytes: some Collection<UInt8>) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if pending.count == ChunkGeometry.chunkByteCount {
        tree.append(BLAKE3.chainingValue(pending, chunk: chunkCount))
        chunkCount += 1
        pending.removeAll(keepingCapacity: true)
      }
      let piece = rest.prefix(ChunkGeometry.chunkByteCount - pending.count)
      pending += piece
      rest = rest.dropFirst(piece.count)
    }
  }

  /// Of all that came so far.
  package var value: Digest256 {
    var tree = tree
    if chunkCount > 0 { tree.append(BLAKE3.chainingValue(pending, chunk: chunkCount)) }
    return tree.root() ?? BLAKE3.hash(pending)
  }
}
