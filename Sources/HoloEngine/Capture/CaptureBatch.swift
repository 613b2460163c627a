import CWaveKernels
import Glibc
import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// The chunks that go to the device together, and what became of them. Allocated once, filled again and again.
///
/// `@unchecked Sendable`: it belongs to the worker that took it, then to the writer, then to the free list; the pipeline's
/// monitor orders that.
final class CaptureBatch: @unchecked Sendable {
  /// What happens to regions in this batch, in order. A chunk's results stand in `chunks`.
  enum Event {
    case begin(RegionSource)
    case chunk(Int)
    /// The source changed while it was read: its chunks so far count for nothing.
    case restart(RegionSource)
    case end(RegionEnding)
  }

  /// What the reader knows at the end of a region; its root comes from the chunks.
  struct RegionEnding {
    var source: RegionSource
    var byteCount: UInt64
    var shape: [UInt64]
    var header: [UInt8]
    var tail: [UInt8]
    var changedWhileRead: Bool
  }

  /// How much of a chunk is stored.
  enum Delta {
    case whole
    /// These layers of other containers give it.
    case unchanged([SegmentLayer])
    /// These blocks, over layers of other containers.
    case blocks(BlockMask, over: [SegmentLayer])
    /// What is to be added to what such layers give.
    case difference(DifferenceOrder, over: [SegmentLayer])
  }

  struct Chunk {
    /// In the batch's source buffer.
    var offset: Int
    var byteCount: Int
    /// What is coded of it: all, or its blocks that are stored.
    var codedByteCount: Int
    /// The region of the base that it is compared with.
    var baseRegion: Int?
    /// In the region.
    var index: UInt64
    var chunking: Chunking
    var elementType: ElementType
    /// Of a region for which an error is allowed.
    var quantizer: RegionQuantizer?
    /// The region's; empty where it has none.
    var shape: [UInt64]
    // Results:
    /// Of what a restore returns.
    var digest = wave_digest()
    /// Of what was read, where an error is allowed.
    var rawDigest = wave_digest()
    /// Chaining value of what was once read, of a chunk that comes out of a container.
    var recordedRawValue: Digest256?
    var tally = QuantizationTally()
    /// Where it is stored as codes.
    var quantization: Coding.Codes?
    var coding = Coding.stored
    /// In the batch's streams, unless the chunk is stored as it is.
    var streamOffset = 0
    /// In `frames`; empty where every component is constant.
    var frame = 0..<0
    var frameHash = Digest128()
    var delta = Delta.whole
    /// Nothing has written to it since the base was taken: it was not read.
    var isUnread = false
    /// This chunk of the region in the base, if it has one of this length.
    var before: CaptureBase.Chunk?
    /// What the difference from `before` would be of, where that may be worth more than the chunk whole.
    var alternative: DifferenceOrder?
    /// Of the blocks that are stored; none where they are not worth their bytes.
    var blockDigests: [Digest128] = []

    /// What it is known by: a chaining value, or of a chunk that is cut by its content the hash of its bytes.
    func value(_ digest: wave_digest) -> Digest256 {
      chunking == .grid ? digest.chainingValue : digest.rootValue
    }

    var isUnchanged: Bool { if case .unchanged = delta { true } else { false } }

    /// What is coded: for each component, what its words are.
    var wordTypes: [ElementType] {
      if case .difference = delta { return differenceTypes }
      return quantization?.codeTypes(of: elementType)
        ?? Array(repeating: elementType.componentType, count: elementType.componentCount)
    }

    /// What words of a difference are.
    var differenceTypes: [ElementType] {
      Array(repeating: elementType.integerType, count: elementType.componentCount)
    }

    /// Whether integers are coded, each component by itself: codes or differences.
    var hasIntegers: Bool {
      if case .difference = delta { return true }
      return quantization != nil
    }
  }

  /// Chunks and streams start at multiples of this in their buffers: a cache line.
  private static let alignment = 64

  static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }

  /// The most by which a stream may be longer than its chunk. Bit planes are whole bytes: in each of two components, seven
  /// words of eight bytes may be padding.
  static let mostPadding = 2 * alignment

  /// The worker that fills it.
  let owner: Int
  var sequence = 0
  var events: [Event] = []
  var chunks: [Chunk] = []
  /// How to get the chunks, where they are in a container.
  var plans: [ChunkPlan] = []
  var usedByteCount = 0
  /// A region in memory that is large enough is coded where it lies.
  var direct: UnsafeRawBufferPointer?
  /// What is coded, where that is not the batch's bytes as they lie: codes, or blocks side by side.
  var coded: UnsafeRawBufferPointer?

  let source: ComputeBuffer
  let streams: ComputeBuffer
  let frames: PageBuffer
  let chunkLimit: Int

  /// - Parameters:
  ///   - byteCount: of chunks, at least one chunk.
  ///   - quantizes: numbers that are kept as they are may stand behind the codes of all.
  init(
    owner: Int, session: any ComputeSession, byteCount: Int, chunkLimit: Int, quantizes: Bool
  ) throws(HoloError) {
    self.owner = owner
    self.chunkLimit = chunkLimit
    let exceptionsByteCount = quantizes ? byteCount + byteCount / 16 + chunkLimit * Self.alignment : 0
    let streamsByteCount = byteCount + chunkLimit * Self.mostPadding + exceptionsByteCount
    do {
      source = try session.makeBuffer(byteCount: byteCount)
      streams = try session.makeBuffer(byteCount: streamsByteCount)
    } catch { throw HoloError(error) }
    do {
      let perChunk = LZ4FrameEncoder.frameBound(streamByteCount: 0)
      frames = try PageBuffer(
        byteCount: LZ4FrameEncoder.frameBound(streamByteCount: streamsByteCount) + chunkLimit * perChunk)
    } catch { throw HoloError(error) }
  }

  func reset() {
    events.removeAll(keepingCapacity: true)
    chunks.removeAll(keepingCapacity: true)
    plans.removeAll(keepingCapacity: true)
    usedByteCount = 0
    direct = nil
    coded = nil
  }

  /// Room for another chunk of so many bytes, or nil when the batch is full.
  func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer? {
    guard direct == nil, chunks.count < chunkLimit, usedByteCount + byteCount <= source.bytes.count else { return nil }
    return UnsafeMutableRawBufferPointer(rebasing: source.bytes[usedByteCount..<(usedByteCount + byteCount)])
  }

  /// Takes the chunk for which room was reserved.
  func append(index: UInt64, byteCount: Int, of region: RegionSource) {
    append(index: index, offset: usedByteCount, byteCount: byteCount, of: region)
    usedByteCount = min(usedByteCount + Self.aligned(byteCount), source.bytes.count)
  }

  /// Begins a batch over memory that is coded in place; the chunks cover it from its start.
  func setDirect(_ memory: UnsafeRawBufferPointer) { direct = memory }

  func appendDirect(index: UInt64, offset: Int, byteCount: Int, of region: RegionSource) {
    append(index: index, offset: offset, byteCount: byteCount, of: region)
  }

  /// Takes a chunk that is as it was in the base. False where the batch has no room.
  func appendUnread(index: UInt64, of region: RegionSource, _ old: CaptureBase.Chunk, root: Digest256?) -> Bool {
    guard direct == nil, chunks.count < chunkLimit else { return false }
    append(index: index, offset: 0, byteCount: old.stored.byteCount, of: region)
    let place = chunks.count - 1
    chunks[place].isUnread = true
    chunks[place].before = old
    chunks[place].delta = .unchanged(old.layers)
    chunks[place].digest = wave_digest(chainingValue: old.stored.chainingValue, root: root)
    return true
  }

  private func append(index: UInt64, offset: Int, byteCount: Int, of region: RegionSource) {
    chunks.append(
      Chunk(
        offset: offset, byteCount: byteCount, codedByteCount: byteCount, baseRegion: region.baseRegion, index: index,
        chunking: region.chunking, elementType: region.elementType, quantizer: region.quantizer, shape: region.shape))
    events.append(.chunk(chunks.count - 1))
  }

  /// The chunks that are stored, not pointed at.
  var storedIndices: [Int] { chunks.indices.filter { !chunks[$0].isUnchanged } }

  private var raw: UnsafeRawBufferPointer { direct ?? UnsafeRawBufferPointer(source.bytes) }

  func rawBytes(of index: Int) -> UnsafeRawBufferPointer {
    let chunk = chunks[index]
    return UnsafeRawBufferPointer(rebasing: raw[chunk.offset..<(chunk.offset + chunk.byteCount)])
  }

  /// Whether the elements of a chunk are all the same.
  func isConstant(_ index: Int) -> Bool {
    let (bytes, size) = (rawBytes(of: index), chunks[index].elementType.byteCount)
    guard bytes.count > size, let start = bytes.baseAddress else { return true }
    return memcmp(start, start + size, bytes.count - size) == 0
  }

  /// What is to be coded of a chunk: its bytes, codes, blocks or differences.
  func codedBytes(of index: Int) -> UnsafeRawBufferPointer {
    let chunk = chunks[index]
    return UnsafeRawBufferPointer(rebasing: (coded ?? raw)[chunk.offset..<(chunk.offset + chunk.codedByteCount)])
  }

  /// What is to be compressed of a chunk: its stream, or the chunk where it is stored as it is.
  func stream(of index: Int) -> UnsafeRawBufferPointer {
    let chunk = chunks[index]
    if chunk.coding == .stored { return codedBytes(of: index) }
    let count = chunk.coding.streamByteCount(chunkByteCount: chunk.codedByteCount) ?? 0
    return UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(streams.bytes)[chunk.streamOffset..<(chunk.streamOffset + count)])
  }
}
