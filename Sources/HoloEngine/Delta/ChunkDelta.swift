import Glibc
import HoloCompute
import HoloFormat
import HoloModel

// Unsafe here: blocks are moved within a batch's buffer, at offsets that its chunks have.

/// One worker's comparison of chunks with those of a base: which are as they were, and of which some blocks have changed.
final class ChunkDelta {
  /// More blocks than these differ from a whole chunk in some layer below: then the chunk is stored whole again.
  private static let mostBlocks = 32

  private let base: CaptureBase
  private let session: any ComputeSession
  /// For chunks of the base that have no digests; made when the first is met.
  private var decoder: ChunkDecoder?

  init(base: CaptureBase, session: any ComputeSession) {
    self.base = base
    self.session = session
  }

  /// Decides for each chunk how much of it is stored, and puts the blocks that are side by side.
  ///
  /// - Parameter values: those of the blocks, of the batch's chunks.
  func apply(to batch: CaptureBatch, _ values: BlockValues) throws(HoloError) {
    for index in batch.chunks.indices {
      let chunk = batch.chunks[index]
      guard let region = chunk.baseRegion,
        let old = base.chunk(chunk.index, ofRegion: region, byteCount: chunk.byteCount)
      else { continue }
      batch.chunks[index].basePosition = old.position
      let value = withUnsafeBytes(of: chunk.digest.cv) { Digest256($0) }
      if value == old.stored.chainingValue {
        batch.chunks[index].delta = .unchanged(old.stored.layers.map(\.record))
      } else if chunk.quantizer == nil {
        try takeBlocks(of: index, in: batch, over: old, values)
      }
    }
  }

  /// Stores the changed blocks of a chunk alone, where these are few.
  private func takeBlocks(
    of index: Int, in batch: CaptureBatch, over old: CaptureBase.Chunk, _ values: BlockValues
  ) throws(HoloError) {
    let byteCount = batch.chunks[index].byteCount
    var changed = try changes(of: index, in: batch, from: old, values)
    // Where no block differs though the chunk does, the digests are wrong.
    guard !changed.isEmpty, changed != BlockMask(allOf: byteCount) else { return }
    var layers = old.stored.layers.map(\.record)
    let differing = layers.reduce(changed) { $0.union($1.blocks ?? BlockMask()) }
    guard differing.count <= min(Self.mostBlocks, BlockMask(allOf: byteCount).count - 1) else { return }
    changed = Self.merge(changed, into: &layers)
    var end = batch.chunks[index].offset
    for range in changed.ranges(chunkByteCount: byteCount) {
      let start = batch.chunks[index].offset + range.lowerBound
      UnsafeMutableRawBufferPointer(rebasing: batch.source.bytes[end..<(end + range.count)]).copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(batch.source.bytes)[start..<(start + range.count)]))
      end += range.count
    }
    session.didWrite(batch.source, range: batch.chunks[index].offset..<end)
    batch.chunks[index].codedByteCount = end - batch.chunks[index].offset
    // Distances between rows mean nothing among blocks that were picked.
    batch.chunks[index].shape = []
    batch.chunks[index].delta = .blocks(changed, over: layers)
  }

  /// The blocks that are not as they were.
  private func changes(
    of index: Int, in batch: CaptureBatch, from old: CaptureBase.Chunk, _ values: BlockValues
  ) throws(HoloError) -> BlockMask {
    var changed = BlockMask()
    if let digests = base.digests(of: old) {
      for (block, digest) in digests.enumerated() where digest != values.digest(ofBlock: block, span: index) {
        changed.insert(block)
      }
      return changed
    }
    let decoder =
      if let decoder { decoder } else {
        try ChunkDecoder(session: session, byteCount: ChunkGeometry.chunkByteCount)
      }
    self.decoder = decoder
    let outcomes = try decoder.decode(
      [base.plan(of: old)], .init(source: base.container.source, checksFrames: false))
    // A damaged base is no reason not to capture: what cannot be compared is stored.
    guard case .sound(let offset) = outcomes[0] else { return BlockMask(allOf: old.stored.byteCount) }
    let (before, now) = (UnsafeRawBufferPointer(decoder.output.bytes), batch.rawBytes(of: index))
    guard let old = before.baseAddress, let new = now.baseAddress else { return changed }
    for block in BlockMask(allOf: now.count).blocks {
      let start = block * ChunkGeometry.blockByteCount
      if memcmp(old + offset + start, new + start, min(ChunkGeometry.blockByteCount, now.count - start)) != 0 {
        changed.insert(block)
      }
    }
    return changed
  }

  /// Makes room for one more layer: where there are as many as there can be, the newest become one with it, as many of them as
  /// cost the fewest bytes for each layer that is gained.
  static func merge(_ changed: BlockMask, into layers: inout [SegmentLayer]) -> BlockMask {
    guard layers.count >= HWP.Limit.layersPerChunk else { return changed }
    var best = (blocks: changed, count: 0, cost: Int.max)
    var union = changed
    for count in 1..<layers.count {
      union = union.union(layers[layers.count - count].blocks ?? BlockMask())
      let cost = union.count * 1_000 / count
      if cost < best.cost { best = (union, count, cost) }
    }
    layers.removeLast(best.count)
    return best.blocks
  }
}
