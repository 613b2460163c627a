import HoloFormat
import HoloModel

/// The snapshot that an incremental or differential capture is relative to: where its chunks are stored, and what their blocks hash to.
/// Any thread.
package final class CaptureBase: Sendable {
  /// A chunk of the base.
  struct Chunk: Sendable {
    var stored: StoredChunk
    /// Where its segment stands among those of the base.
    var position: Int
    var index: UInt64
    var region: Int

    /// The oldest first.
    var layers: [SegmentLayer] { stored.layers.map(\.record) }
  }

  package let container: StoredContainer
  package var snapshotID: Digest256 { reader.snapshotID }
  let reader: ContainerReader
  private let chunks: ChunkMap
  private let regions: [[UInt8]: Int]
  /// By what they give: the layers of chunks that are cut by their content.
  private let pieces: [Piece: SegmentLayer]

  private struct Piece: Hashable {
    var value: Digest256
    var byteCount: Int
  }

  /// Proves the index of a container that was opened with its ancestors.
  package init(_ reader: ContainerReader) throws(FormatError) {
    chunks = try reader.index()
    container = StoredContainer(reader, chunks: chunks)
    self.reader = reader
    var regions: [[UInt8]: Int] = [:]
    for (index, region) in container.regions.enumerated() { regions[Array(region.descriptor.name.utf8)] = index }
    self.regions = regions
    var pieces: [Piece: SegmentLayer] = [:]
    for region in chunks.regions.indices where chunks.regions[region].chunking == .content {
      try chunks.forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in
        guard let layer = chunk.layers.first, layer.defect == nil else { return }
        pieces[Piece(value: chunk.chainingValue, byteCount: chunk.byteCount)] = layer.record
      }
    }
    self.pieces = pieces
  }

  /// The region of that name, if its chunks can be compared with those of `source`.
  func region(like source: RegionSource) -> Int? {
    guard let index = regions[Array(source.name.utf8)] else { return nil }
    let descriptor = chunks.regions[index]
    return descriptor.elementType == source.elementType
      && (descriptor.quantization == nil) == (source.quantization == nil)
      && descriptor.chunking == source.chunking ? index : nil
  }

  /// What the chunks of the region of that name are quantized with.
  func quantizer(like source: RegionSource) -> Quantizer? {
    guard let region = region(like: source) else { return nil }
    return container.regions[region].usedQuantizer
  }

  /// How a chunk is stored; nil where the region has no such chunk of that length, or it cannot be had.
  func chunk(_ index: UInt64, ofRegion region: Int, byteCount: Int) -> Chunk? {
    guard index < chunks.regions.chunkCount(ofRegion: region), let stored = try? chunks.chunk(index, ofRegion: region),
      stored.byteCount == byteCount, stored.layers.allSatisfy({ $0.defect == nil }),
      let place = try? chunks.place(ofChunk: index, region: region)
    else { return nil }
    return Chunk(stored: stored, position: place.position, index: index, region: region)
  }

  /// Where a chunk that is cut by its content is stored, wherever it stood; nil where the base has none like it.
  func layer(giving value: Digest256, byteCount: Int) -> SegmentLayer? {
    pieces[Piece(value: value, byteCount: byteCount)]
  }

  /// How a chunk is stored to which nothing has written, and its region's root if it is the only one; nil where it has to be read: its
  /// region is within a bound, of which what was read says how far it is kept, or has other chunks.
  func unreadChunk(_ index: UInt64, of source: RegionSource, byteCount: Int) -> (chunk: Chunk, root: Digest256?)? {
    let start = index * UInt64(ChunkGeometry.chunkByteCount)
    guard let region = source.baseRegion, let changes = source.changes, source.quantization == nil,
      source.chunking == .grid,
      !changes.overlaps(start..<(start + UInt64(byteCount))),
      let chunk = chunk(index, ofRegion: region, byteCount: byteCount)
    else { return nil }
    let isOnly = source.byteCount <= UInt64(ChunkGeometry.chunkByteCount)
    let descriptor = chunks.regions[region]
    guard !isOnly || descriptor.gridChunkCount == 1 else { return nil }
    return (chunk, isOnly ? descriptor.root : nil)
  }

  /// The digests of a chunk's blocks (HWP-Format.md, section 6); nil where one of them cannot be found.
  func digests(of chunk: Chunk) -> [Digest128]? {
    let blockCount = BlockMask.blockCount(chunkByteCount: chunk.stored.byteCount)
    var digests = [Digest128](repeating: Digest128(), count: blockCount)
    // What later layers give need not be looked for in the earlier ones.
    var missing = BlockMask(allOf: chunk.stored.byteCount)
    let layers = chunk.layers
    for (index, layer) in layers.enumerated().reversed() {
      let given = layer.blocks ?? BlockMask(allOf: chunk.stored.byteCount)
      let wanted = BlockMask(bits: given.bits & missing.bits)
      guard !wanted.isEmpty else { continue }
      let isLast = index == layers.count - 1
      guard let found = find(layers[...index], isLast: isLast, of: chunk, count: given.count) else { return nil }
      for (digest, block) in zip(found, given.blocks) where wanted.contains(block) { digests[block] = digest }
      missing.bits &= ~given.bits
    }
    return digests
  }

  /// Those of the last of some layers, which are the chunk's oldest.
  private func find(_ layers: ArraySlice<SegmentLayer>, isLast: Bool, of chunk: Chunk, count: Int) -> [Digest128]? {
    guard let layer = layers.last else { return nil }
    if isLast, let place = try? chunks.place(ofChunk: chunk.index, region: chunk.region),
      let digests = place.segment.blockDigests(at: place.entry, count: count)
    {
      return digests
    }
    return try? reader.container(layer.containerID).blockDigests(
      of: Array(layers), chunk: chunk.index, region: chunks.regions[chunk.region].name, count: count)
  }

  /// The plan that brings a chunk back.
  func plan(of chunk: Chunk) -> ChunkPlan {
    container.regions[chunk.region].plan(chunk: chunk.index, region: chunk.region)
  }

  /// A segment of the base's list, and what it holds.
  func segment(at position: Int) -> (reference: SegmentReference, segment: Segment)? {
    guard let segment = try? reader.segment(at: position) else { return nil }
    return (reader.segmentReferences[position], segment)
  }

  /// What a snapshot says of a container that it needs.
  func note(of id: Digest128) -> AncestorNote {
    if id == reader.containerID {
      return AncestorNote(
        snapshotID: reader.snapshotID, createdNanoseconds: container.createdNanoseconds,
        fileName: container.path.fileName)
    }
    return reader.note(of: id) ?? AncestorNote()
  }
}

extension String {
  /// The last component of a path.
  fileprivate var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
