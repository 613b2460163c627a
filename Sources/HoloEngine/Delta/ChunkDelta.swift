import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel

/// One worker's comparison of chunks with those of a base: which are as they were, of which some blocks have changed, and how others differ.
final class ChunkDelta {
  /// More blocks than these differ from a whole chunk in some layer below: then the chunk is stored whole again.
  private static let mostBlocks = 32
  /// Each takes a restore as long as a whole chunk, unless it is small.
  private static let usualDifferences = 4

  private let base: CaptureBase
  private let session: any ComputeSession
  /// For chunks of the base; made when the first is wanted.
  private var decoder: ChunkDecoder?
  /// Of one chunk; likewise.
  private var differences: ComputeBuffer?
  private var masks: [UInt64] = []

  /// Bytes that a worker takes for it, at most: a chunk of the base in all its forms.
  static let byteCount = 3 << 20

  init(base: CaptureBase, session: any ComputeSession) {
    self.base = base
    self.session = session
  }

  /// Decides for each chunk how much of it is stored.
  ///
  /// - Parameter values: those of the blocks, of the batch's chunks.
  func apply(to batch: CaptureBatch, _ source: ComputeBuffer, _ values: BlockValues) throws(HoloError) {
    for index in batch.chunks.indices {
      let chunk = batch.chunks[index]
      guard chunk.chunking == .grid else {
        applyToPiece(index, in: batch)
        continue
      }
      guard !chunk.isUnread, let region = chunk.baseRegion,
        let old = base.chunk(chunk.index, ofRegion: region, byteCount: chunk.byteCount)
      else { continue }
      batch.chunks[index].before = old
      if chunk.digest.chainingValue == old.stored.chainingValue {
        batch.chunks[index].delta = .unchanged(old.layers)
      } else {
        let isLarge =
          if chunk.quantizer != nil { true } else { try !takeBlocks(of: index, in: batch, source, over: old, values) }
        if isLarge { batch.chunks[index].alternative = chunk.difference(from: old.layers) }
      }
    }
  }

  /// A chunk that is cut by its content is stored where the base has none like it.
  private func applyToPiece(_ index: Int, in batch: CaptureBatch) {
    let chunk = batch.chunks[index]
    let value = chunk.value(chunk.digest)
    guard let layer = base.layer(giving: value, byteCount: chunk.byteCount) else { return }
    batch.chunks[index].delta = .unchanged([layer])
    // Where it stands as it did, its segment may be listed again.
    let old = chunk.baseRegion.flatMap { base.chunk(chunk.index, ofRegion: $0, byteCount: chunk.byteCount) }
    if let old, old.stored.chainingValue == value { batch.chunks[index].before = old }
  }

  /// Stores the changed blocks of a chunk alone, where these are few, with those that changed before. False where many have changed.
  private func takeBlocks(
    of index: Int, in batch: CaptureBatch, _ source: ComputeBuffer, over old: CaptureBase.Chunk, _ values: BlockValues
  ) throws(HoloError) -> Bool {
    let byteCount = batch.chunks[index].byteCount
    let changed = try changes(of: index, in: batch, source, from: old, values)
    // Where no block differs though the chunk does, the digests are wrong.
    guard !changed.isEmpty else { return true }
    var layers = old.layers
    let differing = layers.newestBlocks.reduce(changed) { $0.union($1) }
    let most = min(Self.mostBlocks, BlockMask(allOf: byteCount).count - 1)
    guard differing.count <= most, let stored = Self.merge(changed, into: &layers) else { return changed.count <= most }
    batch.chunks[index].codedByteCount = stored.byteCount(chunkByteCount: byteCount)
    // Distances between rows mean nothing among blocks that were picked.
    batch.chunks[index].shape = []
    batch.chunks[index].delta = .blocks(stored, over: layers)
    return true
  }

  /// The blocks that are not as they were.
  private func changes(
    of index: Int, in batch: CaptureBatch, _ source: ComputeBuffer, from old: CaptureBase.Chunk, _ values: BlockValues
  ) throws(HoloError) -> BlockMask {
    if let digests = base.digests(of: old) {
      var changed = BlockMask()
      for (block, digest) in digests.enumerated() where digest != values.digest(ofBlock: block, span: index) {
        changed.insert(block)
      }
      return changed
    }
    // A damaged base is no reason not to capture: what cannot be compared is stored.
    guard let before = try decoded(old) else { return BlockMask(allOf: old.stored.byteCount) }
    let pair = wave_comparison(
      left: batch.chunks[index].offset, right: before.offset, byteCount: old.stored.byteCount)
    do { try session.compare(source, before.decoder.output, pairs: [pair], masks: &masks) } catch {
      throw HoloError(error)
    }
    return BlockMask(bits: masks[0])
  }

  /// The difference of a chunk from what it was, where it has an alternative.
  ///
  /// - Parameter words: what is coded of the batch's chunks.
  /// - Returns: bytes, from the buffer's first on, and the layers that they are added to, which may have as many differences as is usual. Nil where there is no alternative, or the base's
  ///   chunk cannot be had.
  func difference(
    of index: Int, in batch: CaptureBatch, _ words: ComputeBuffer
  ) throws(HoloError) -> (bytes: ComputeBuffer, order: DifferenceOrder, layers: [SegmentLayer], isOneOfMany: Bool)? {
    let chunk = batch.chunks[index]
    guard let order = chunk.alternative, let old = chunk.before else { return nil }
    guard let before = try decoded(old, withCodes: order == .codes),
      let operand = order == .codes ? before.decoder.codes : before.decoder.output
    else { return nil }
    let task = wave_combination(
      left: chunk.offset, right: before.offset, target: 0, byteCount: chunk.byteCount,
      width: chunk.elementType.wordByteCount, operation: order.subtraction)
    do {
      let differences =
        if let differences { differences } else { try session.makeBuffer(byteCount: ChunkGeometry.chunkByteCount) }
      self.differences = differences
      try session.combine(words, operand, tasks: [task], target: differences)
      return (differences, order, old.layers, old.layers.count { $0.order != nil } >= Self.usualDifferences)
    } catch { throw HoloError(error) }
  }

  /// A chunk as the base has it, and where it stands in the decoder's output (and codes); nil where it cannot be had.
  private func decoded(
    _ old: CaptureBase.Chunk, withCodes: Bool = false
  ) throws(HoloError) -> (decoder: ChunkDecoder, offset: Int)? {
    let decoder =
      if let decoder { decoder } else {
        try ChunkDecoder(session: session, byteCount: ChunkGeometry.chunkByteCount)
      }
    self.decoder = decoder
    if withCodes, decoder.codes == nil {
      do { decoder.codes = try session.makeBuffer(byteCount: decoder.output.bytes.count) } catch {
        throw HoloError(error)
      }
    }
    // With frames checked, what cannot be read is an outcome, not an error.
    let outcomes = try decoder.decode([base.plan(of: old)], .init(source: base.container.source, checksFrames: true))
    guard case .sound(let offset) = outcomes[0] else { return nil }
    return (decoder, offset)
  }

  /// Makes room for one more layer: where there are as many as there can be, the newest become one with it, as many of them as
  /// cost the fewest bytes for each layer that is gained.
  ///
  /// - Returns: the blocks of the new layer; nil where there is no room to be made.
  static func merge(_ changed: BlockMask, into layers: inout [SegmentLayer]) -> BlockMask? {
    guard layers.count >= HWP.Limit.layersPerChunk else { return changed }
    var best = (blocks: changed, count: 0, cost: Int.max)
    var union = changed
    for (index, blocks) in layers.newestBlocks.enumerated() {
      let count = index + 1
      union = union.union(blocks)
      let cost = union.count * 1_000 / count
      if cost < best.cost { best = (union, count, cost) }
    }
    guard best.count > 0 else { return nil }
    layers.removeLast(best.count)
    return best.blocks
  }
}

extension [SegmentLayer] {
  /// What those that replace blocks replace, the newest first: not those under one that changes the whole chunk.
  fileprivate var newestBlocks: [BlockMask] {
    var blocks: [BlockMask] = []
    while blocks.count < count, let mask = self[count - 1 - blocks.count].blocks { blocks.append(mask) }
    return blocks
  }
}

extension CaptureBatch.Chunk {
  /// What a difference from a chunk in these layers would be of; nil where there can be none, or it is not worth while.
  fileprivate func difference(from layers: [SegmentLayer]) -> DifferenceOrder? {
    guard elementType != .bytes, layers.count < HWP.Limit.layersPerChunk else { return nil }
    if let quantization {
      guard let last = layers.last, let codes = last.codes, quantization.quantizer.hasCodes(of: codes.quantizer) else {
        return nil
      }
      return .codes
    }
    return DifferenceOrder(of: elementType)
  }
}
