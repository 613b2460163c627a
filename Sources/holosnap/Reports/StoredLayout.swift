import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// How the chunks of a snapshot are stored: what `inspect --verbose` adds.
struct StoredLayout {
  /// How many chunks have each of several names, the most frequent first.
  typealias Counts = [(name: String, chunkCount: Int)]

  /// Of a region.
  struct Chunks {
    var count = 0
    /// What is stored of them here.
    var kinds: Counts = []
    /// How that is coded.
    var codings: Counts = []
  }

  /// Of a `.hwp`; nil where there are none.
  private let frames: (segmentCount: Int, count: Int)?
  /// In the state's order.
  let regions: [Chunks]

  init(path: String) throws(HoloError) {
    do {
      let source = try FileSource(Syscalls().open(path, O_RDONLY | O_NONBLOCK))
      switch try OpenedContainer.open(
        source, path: path, ancestors: AncestorDirectory(besides: path, store: nil, syscalls: Syscalls()))
      {
      case .hwp(let reader):
        let chunks = try reader.index()
        frames = (reader.segmentReferences.count, reader.frames.count)
        regions = try chunks.regions.indices.map { try Self.chunks(ofRegion: $0, in: chunks, of: reader.containerID) }
      case .wave(let reader):
        frames = nil
        regions = reader.regions.map {
          let count = Int(clamping: $0.gridChunkCount)
          return Chunks(count: count, codings: [(name: Coding.Method.raw.name, chunkCount: count)])
        }
      }
    } catch { throw HoloError(wrapping: error) }
  }

  var text: String {
    let chunkCount = regions.reduce(0) { $0 + $1.count }
    guard let frames else { return Quantity.count(chunkCount, "chunk") }
    return Quantity.count(chunkCount, "chunk") + " and " + Quantity.count(frames.segmentCount, "segment")
      + " of index in " + Quantity.count(frames.count, "frame")
  }

  private static func chunks(
    ofRegion region: Int, in chunks: ChunkMap, of id: Digest128
  ) throws(FormatError) -> Chunks {
    var count = 0
    var (kinds, codings): ([String: Int], [String: Int]) = ([:], [:])
    try chunks.forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in
      count += 1
      let last = chunk.layers[chunk.layers.count - 1].record
      guard last.containerID == id else {
        kinds["as before", default: 0] += 1
        return
      }
      kinds[last.effect.name, default: 0] += 1
      codings[last.coding.name, default: 0] += 1
    }
    func sorted(_ counts: [String: Int]) -> Counts {
      counts.map { (name: $0, chunkCount: $1) }.sorted { ($1.chunkCount, $0.name) < ($0.chunkCount, $1.name) }
    }
    return Chunks(count: count, kinds: sorted(kinds), codings: sorted(codings))
  }
}

extension SegmentLayer.Effect {
  fileprivate var name: String {
    switch self {
    case .whole: "whole"
    case .blocks: "changed blocks"
    case .difference: "differences from before"
    }
  }
}

extension Coding {
  /// `planes`, or of two components that differ `ratio palette + constant`.
  fileprivate var name: String {
    let names = methods.map(\.name)
    return Set(names).count == 1 ? names[0] : names.joined(separator: " + ")
  }
}

extension Coding.Method {
  fileprivate var name: String {
    switch self {
    case .raw: "as it is"
    case .constant: "constant"
    case .planes: "planes"
    case .difference: "neighbour difference"
    case .floatDifference: "neighbour difference of floats"
    case .palette: "palette"
    case .ratioPalette: "ratio palette"
    case .bins: "bins"
    }
  }
}
