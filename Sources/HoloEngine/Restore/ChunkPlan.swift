import HoloFormat
import HoloModel
import HoloSystem

/// A chunk that is to be brought back: where it is stored, how it is coded, and what it must hash to.
struct ChunkPlan: Sendable {
  /// Index among the regions of the job.
  var region: Int
  /// In the region.
  var index: UInt64
  var chunking = Chunking.grid
  /// Bytes of the region before it.
  var offset: UInt64
  var byteCount: Int
  var chainingValue: Digest256
  /// Of what was read; nil where the region is kept exactly.
  var rawChainingValue: Digest256?
  /// Of a region of one chunk, which its chaining value does not prove.
  var root: Digest256?
  /// Of its first layer, which gives all of it.
  var coding: Coding
  /// Of its region.
  var elementType: ElementType
  /// Where its first layer lies in its container; nil where every component is constant.
  var extent: Extent?
  /// The container that its first layer lies in; nil: the one that is read.
  var origin: Origin?
  /// What becomes of that, in this order.
  var patches: [Patch] = []
  /// Codes are wanted of it, not their numbers.
  var leavesCodes = false
  /// Why it cannot be had at all.
  var defect: Defect?

  /// What is wrong with the index of a chunk, which is read when the chunk is asked for.
  enum Defect: Sendable {
    /// It is not what it was when the container was opened, or breaks a rule of the format.
    case damaged(reason: String)
    /// A container that it needs is missing, or cannot be read.
    case unavailable(FormatError)
    /// A system call failed; so does a read after a request to stop.
    case unreadable(SystemError)
  }

  /// Another container than the one that is read.
  struct Origin: Sendable {
    var source: any RandomAccessSource
    var path: String
  }

  /// A layer over others.
  struct Patch: Sendable {
    var effect: SegmentLayer.Effect
    /// Of what its coding gives.
    var byteCount: Int
    var coding: Coding
    var extent: Extent?
    var origin: Origin?
  }

  /// The plan of what a patch's coding gives, as if that were a chunk. Its hashes mean nothing.
  func plan(ofPatch patch: Patch) -> ChunkPlan {
    ChunkPlan(
      region: region, index: index, offset: offset, byteCount: patch.byteCount, chainingValue: chainingValue,
      coding: patch.coding,
      elementType: elementType, extent: patch.extent, origin: patch.origin,
      leavesCodes: patch.effect == .difference(.codes))
  }

  /// Bytes of a container.
  enum Extent: Sendable {
    /// An LZ4 frame; its hash where the frame table is left.
    case frame(offset: UInt64, byteCount: Int, hash: Digest128?)
    /// The chunk as it is.
    case plain(offset: UInt64, byteCount: Int)

    var offset: UInt64 {
      switch self {
      case .frame(let offset, _, _), .plain(let offset, _): offset
      }
    }

    var byteCount: Int {
      switch self {
      case .frame(_, let byteCount, _), .plain(_, let byteCount): byteCount
      }
    }
  }

  /// The most that any of the decoder's buffers needs for it.
  var weight: Int {
    let stream = CaptureBatch.aligned(coding.streamByteCount(chunkByteCount: byteCount) ?? 0)
    return max(CaptureBatch.aligned(byteCount), stream, extent?.byteCount ?? 0)
  }
}
