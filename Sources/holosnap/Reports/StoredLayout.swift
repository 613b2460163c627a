import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// How the chunks of a snapshot are stored: what `inspect --verbose` adds.
struct StoredLayout {
  /// Codings and how many chunks have each, the most frequent first.
  typealias Codings = [(name: String, chunkCount: Int)]

  /// Of a `.hwp`; nil where there are none.
  private let frames: (segmentCount: Int, count: Int)?
  /// In the state's order.
  let regions: [Codings]

  init(path: String) throws(HoloError) {
    do {
      let source = try FileSource(Syscalls().open(path, O_RDONLY | O_NONBLOCK))
      switch try OpenedContainer.open(
        source, path: path, ancestors: AncestorDirectory(besides: path, store: nil, syscalls: Syscalls()))
      {
      case .hwp(let reader):
        let chunks = try reader.index()
        frames = (reader.segmentReferences.count, reader.frames.count)
        regions = try chunks.regions.indices.map { try Self.codings(ofRegion: $0, in: chunks) }
      case .wave(let reader):
        frames = nil
        regions = reader.regions.map {
          [(name: Coding.Method.raw.name, chunkCount: Int(clamping: $0.chunkCount))]
        }
      }
    } catch { throw HoloError(wrapping: error) }
  }

  var text: String {
    let chunkCount = regions.joined().reduce(0) { $0 + $1.chunkCount }
    guard let frames else { return Quantity.count(chunkCount, "chunk") }
    return Quantity.count(chunkCount, "chunk") + " and " + Quantity.count(frames.segmentCount, "segment")
      + " of index in " + Quantity.count(frames.count, "frame")
  }

  private static func codings(ofRegion region: Int, in chunks: ChunkMap) throws(FormatError) -> Codings {
    var counts: [String: Int] = [:]
    try chunks.forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in
      counts[chunk.coding.name, default: 0] += 1
    }
    return counts.map { (name: $0, chunkCount: $1) }.sorted { ($1.chunkCount, $0.name) < ($0.chunkCount, $1.name) }
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
    case .difference: "difference"
    case .floatDifference: "float difference"
    case .palette: "palette"
    case .ratioPalette: "ratio palette"
    case .bins: "bins"
    }
  }
}
