import HoloModel
import Synchronization

/// A frame, and where it is read from.
package struct StoredFrame: Sendable {
  package var extent: FrameExtent
  package var source: any RandomAccessSource
  package var path: String
  /// Of another container than the snapshot's own.
  package var isAncestor: Bool
}

/// One of the frames that together make a chunk.
package struct StoredLayer: Sendable {
  package var record: SegmentLayer
  /// Of what it gives.
  package var byteCount: Int
  /// Nil where every component is constant, or the frame is not to be had.
  package var frame: StoredFrame?
  /// Why the frame is not to be had: an ancestor is missing, or cannot be read.
  package var defect: FormatError?
}

/// One chunk of a region: what it must hash to, how it is coded, and where it is stored.
package struct StoredChunk: Sendable {
  package var chainingValue: Digest256
  /// Of what was read; nil where the region is kept exactly.
  package var rawChainingValue: Digest256?
  /// Bytes of the region before it.
  package var offset: UInt64
  /// Of the chunk itself.
  package var byteCount: Int
  /// At least one, the oldest first.
  package var layers: [StoredLayer]

  /// Of its first layer.
  package var coding: Coding { layers[0].record.coding }
  /// Of its first layer; nil where every component is constant.
  package var frame: FrameExtent? { layers[0].frame?.extent }
  /// Of what its first layer's frame decompresses to; 0 without a frame.
  package var streamByteCount: Int { coding.streamByteCount(chunkByteCount: byteCount) ?? 0 }
}

/// Where segments come from: a container, or what was salvaged of one.
protocol SegmentStore: Sendable {
  var path: String { get }
  var containerID: Digest128 { get }
  /// Reads, checks and parses a segment.
  func segment(at position: Int) throws(FormatError) -> Segment
  /// A frame of a container that a segment names. Throws where the container, or the frame, is not to be had.
  func frame(_ number: UInt32, of id: Digest128, in segment: Segment) throws(FormatError) -> StoredFrame
}

/// Where every chunk of a state is stored, whether the container is whole or was salvaged. Any thread.
package final class ChunkMap: Sendable {
  /// The regions whose index is whole.
  package let regions: RegionTable
  /// Of these regions. The payload is that of the whole container, 0 where it is not known.
  package let totals: ContainerTotals
  /// What is lost: damaged segments, regions without all their parts. Empty for the index of an intact container.
  package let problems: [FormatError]
  /// A stretch of the index is lost: there may have been regions of which not even the names are left.
  package let hasLostStretch: Bool

  private let store: any SegmentStore
  /// The segments used last. A restore goes through them in order, several workers a little apart.
  private let cache = Mutex(Cache())

  private struct Cache {
    var entries: [(position: Int, segment: Segment)] = []
    var next = 0
  }

  private static let cachedSegments = 4

  init(
    regions: RegionTable, totals: ContainerTotals, problems: [FormatError], hasLostStretch: Bool,
    store: any SegmentStore
  ) {
    self.regions = regions
    self.totals = totals
    self.problems = problems
    self.hasLostStretch = hasLostStretch
    self.store = store
  }

  package func chunk(_ index: UInt64, ofRegion region: Int) throws(FormatError) -> StoredChunk {
    let reference = regions.part(region: region, chunk: index)
    let segment = try segment(at: Int(reference.segment))
    let part = segment.parts[Int(reference.part)]
    precondition(index >= part.firstChunk && index - part.firstChunk < part.chunkCount, "no such chunk")
    return try chunk(
      entry: part.firstEntry + Int(index - part.firstChunk), in: segment, reference, region: region)
  }

  /// Every chunk of a region, in order: faster than one by one.
  package func forEachChunk(
    ofRegion region: Int, _ body: (_ index: UInt64, _ chunk: StoredChunk) throws(FormatError) -> Void
  ) throws(FormatError) {
    let count = regions.chunkCount(ofRegion: region)
    var index: UInt64 = 0
    while index < count {
      let reference = regions.part(region: region, chunk: index)
      let segment = try segment(at: Int(reference.segment))
      for entry in segment.parts[Int(reference.part)].entries {
        try body(index, chunk(entry: entry, in: segment, reference, region: region))
        index += 1
      }
    }
  }

  /// The chunks that are stored in each of these frames: what damage to the frames means.
  package func chunks(
    storedIn frames: Set<UInt32>
  ) throws(FormatError) -> [UInt32: [(region: Int, chunk: UInt64)]] {
    var found: [UInt32: [(region: Int, chunk: UInt64)]] = [:]
    guard !frames.isEmpty else { return found }
    try forEachFrame { (frame, region, chunk) throws(FormatError) in
      if frames.contains(frame) { found[frame, default: []].append((region, chunk)) }
    }
    return found
  }

  /// Calls `body` for each frame of the container itself that a chunk is stored in, with the frame's number.
  package func forEachFrame(
    _ body: (_ frame: UInt32, _ region: Int, _ chunk: UInt64) throws(FormatError) -> Void
  ) throws(FormatError) {
    try regions.forEachPart { (region, reference) throws(FormatError) in
      let segment = try segment(at: Int(reference.segment))
      guard segment.containerID == store.containerID else { return }
      let part = segment.parts[Int(reference.part)]
      for index in 0..<part.chunkCount {
        try segment.forEachOwnFrame(of: part.firstEntry + index) { (frame) throws(FormatError) in
          try body(frame, region, part.firstChunk + UInt64(index))
        }
      }
    }
  }

  /// The segment that indexes a chunk, and where it stands among the state's segments.
  package func place(
    ofChunk index: UInt64, region: Int
  ) throws(FormatError) -> (position: Int, segment: Segment, entry: Int) {
    let reference = regions.part(region: region, chunk: index)
    let segment = try segment(at: Int(reference.segment))
    let part = segment.parts[Int(reference.part)]
    return (Int(reference.segment), segment, part.firstEntry + Int(index - part.firstChunk))
  }

  private func chunk(
    entry: Int, in segment: Segment, _ reference: RegionTable.Part, region: Int
  ) throws(FormatError) -> StoredChunk {
    let part = segment.parts[Int(reference.part)]
    let range = segment.range(of: entry, in: part, regionByteCount: regions.byteCount(ofRegion: region))
    return StoredChunk(
      chainingValue: segment.chainingValue(at: entry),
      rawChainingValue: part.isQuantized ? segment.rawChainingValue(at: entry, of: Int(reference.part)) : nil,
      offset: reference.offset + UInt64(range.lowerBound), byteCount: range.count,
      layers: try segment.layers(at: entry).map { record in
        var layer = StoredLayer(record: record, byteCount: record.byteCount(chunkByteCount: range.count))
        guard let number = record.frame else { return layer }
        do throws(FormatError) {
          layer.frame = try store.frame(number, of: record.containerID, in: segment)
        } catch { layer.defect = error }
        return layer
      })
  }

  private func segment(at position: Int) throws(FormatError) -> Segment {
    let cached = cache.withLock { cache in cache.entries.first { $0.position == position }?.segment }
    if let cached { return cached }
    let segment = try store.segment(at: position)
    cache.withLock { cache in
      if cache.entries.count < Self.cachedSegments {
        cache.entries.append((position, segment))
      } else {
        cache.entries[cache.next] = (position, segment)
        cache.next = (cache.next + 1) % Self.cachedSegments
      }
    }
    return segment
  }
}
