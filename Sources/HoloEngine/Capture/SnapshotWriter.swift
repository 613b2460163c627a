import HoloFormat
import HoloModel

/// A container that a capture is written to, of whatever format. Used by one thread at a time.
protocol SnapshotWriter: AnyObject {
  var createdNanoseconds: Int64 { get }
  /// Whether it wants chunks coded and compressed, or as they are.
  var storesFrames: Bool { get }
  /// Of each region, in the order in which they came: bytes, as restored, that frames of this container give; all of them where there
  /// is no base.
  var changedByteCounts: [UInt64] { get }

  /// The regions of a state in the order in which they are to come.
  func writingOrder(_ regions: [RegionSource]) -> [RegionSource]
  func begin(_ source: RegionSource) throws(FormatError)
  /// The source changed: the region begins anew. Returns the bytes that stay in the container without use.
  func restart(_ source: RegionSource) throws(FormatError) -> UInt64
  /// The next chunk of the region: the batch's chunk with this index.
  /// `raw`: the chaining value of what was read, of a region for which an error is allowed.
  func append(_ index: Int, chainingValue: Digest256, raw: Digest256?, of batch: CaptureBatch) throws(FormatError)
  func end(_ descriptor: RegionDescriptor) throws(FormatError)
  /// The receipt has the regions in the state's order.
  func finish(
    directories: [DirectoryEntry], root: FileAttributes?, summary: (ContainerTotals) -> Summary
  ) throws(FormatError) -> ContainerReceipt
  /// Regions in the state's order again.
  func stateOrder(_ descriptors: [RegionDescriptor]) -> [RegionDescriptor]
}

extension ContainerFormat {
  /// A writer of this format for these regions, which are the state's.
  ///
  /// - Parameter base: what a `.hwp` is relative to.
  func makeWriter(
    to sink: any PatchableSink, regions: [RegionSource], base: CaptureBase? = nil, containerID: Digest128,
    createdNanoseconds: Int64
  ) throws(HoloError) -> any SnapshotWriter {
    do {
      switch self {
      case .hwp:
        return try HWPSnapshotWriter(
          sink, regions: regions, base: base, containerID: containerID, createdNanoseconds: createdNanoseconds)
      case .wave:
        return try WaveSnapshotWriter(
          sink, regions: regions, containerID: containerID, createdNanoseconds: createdNanoseconds)
      }
    } catch { throw HoloError(error) }
  }
}

/// A `.hwp` container.
final class HWPSnapshotWriter: SnapshotWriter {
  /// Payload after which a region's end ends the segment too: 150 bytes of index more, and of a file that is cut off
  /// no more than this is lost, and the region that was being written.
  private static let segmentByteCount: UInt64 = 1 << 20

  private let writer: ContainerWriter
  private var indexedByteCount: UInt64 = 0
  private let base: CaptureBase?
  /// Where the base's segment stands that has the chunks which the segment that is being made had there.
  private var basePosition: Int?

  /// - Parameter base: what the snapshot is relative to.
  init(
    _ sink: any ByteSink, regions: [RegionSource], base: CaptureBase? = nil, containerID: Digest128,
    createdNanoseconds: Int64
  ) throws(FormatError) {
    self.base = base
    writer = try ContainerWriter(
      sink: sink, containerID: containerID, createdNanoseconds: createdNanoseconds,
      requiredFeatures: (regions.contains { $0.chunking == .content } ? HWP.Feature.content : 0)
        | (regions.contains { $0.quantization != nil } ? HWP.Feature.quantization : 0)
        | (base == nil ? 0 : HWP.Feature.layers | HWP.Feature.differences))
  }

  var createdNanoseconds: Int64 { writer.createdNanoseconds }
  let storesFrames = true
  private(set) var changedByteCounts: [UInt64] = []
  private var changedByteCount: UInt64 = 0

  func writingOrder(_ regions: [RegionSource]) -> [RegionSource] { regions }

  func stateOrder(_ descriptors: [RegionDescriptor]) -> [RegionDescriptor] { descriptors }

  func begin(_ source: RegionSource) throws(FormatError) {
    changedByteCount = 0
    try writer.beginRegion(
      name: source.name, elementType: source.elementType, isQuantized: source.quantization != nil,
      chunking: source.chunking)
  }

  func restart(_ source: RegionSource) throws(FormatError) -> UInt64 {
    changedByteCount = 0
    return try writer.restartRegion(elementType: source.elementType, isQuantized: source.quantization != nil)
  }

  func append(_ index: Int, chainingValue: Digest256, raw: Digest256?, of batch: CaptureBatch) throws(FormatError) {
    let chunk = batch.chunks[index]
    // Segments end where the base's do: one in which nothing has changed need not be written again.
    if let position = chunk.before?.position {
      if let basePosition, basePosition != position { try endSegment() }
      basePosition = position
    }
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(batch.frames.bytes)[chunk.frame])
    let frame = chunk.frame.isEmpty ? nil : (bytes: bytes, hash: chunk.frameHash)
    guard chunk.chunking == .grid else { return try append(chunk, value: chainingValue, frame: frame) }
    switch chunk.delta {
    case .unchanged(let layers): try writer.append(chunk: chainingValue, raw: raw, layers: layers)
    case .blocks(let blocks, let layers):
      if frame != nil { changedByteCount += UInt64(chunk.codedByteCount) }
      try writer.append(
        chunk: chainingValue, raw: raw, over: layers, effect: .blocks(blocks), coding: chunk.coding, frame: frame,
        digests: chunk.blockDigests)
    case .difference(let order, let layers):
      if frame != nil { changedByteCount += UInt64(chunk.byteCount) }
      try writer.append(
        chunk: chainingValue, raw: raw, over: layers, effect: .difference(order), coding: chunk.coding, frame: frame,
        digests: chunk.blockDigests)
    case .whole:
      if frame != nil || base == nil { changedByteCount += UInt64(chunk.byteCount) }
      try writer.append(
        chunk: chainingValue, raw: raw, coding: chunk.coding, frame: frame, digests: chunk.blockDigests)
    }
  }

  /// One that is cut by its content.
  private func append(
    _ chunk: CaptureBatch.Chunk, value: Digest256, frame: ContainerWriter.Frame?
  ) throws(FormatError) {
    if case .unchanged(let layers) = chunk.delta, let layer = layers.first {
      return try writer.append(chunk: value, length: chunk.byteCount, layer: layer)
    }
    let isWritten = try writer.append(
      chunk: value, length: chunk.byteCount, coding: chunk.coding, frame: frame)
    if isWritten || base == nil { changedByteCount += UInt64(chunk.byteCount) }
  }

  private func endSegment() throws(FormatError) {
    try writer.endSegment(reusing: basePosition.flatMap { base?.segment(at: $0) })
    basePosition = nil
  }

  func end(_ descriptor: RegionDescriptor) throws(FormatError) {
    try writer.endRegion(descriptor)
    changedByteCounts.append(changedByteCount)
    guard writer.payloadByteCount - indexedByteCount >= Self.segmentByteCount else { return }
    try endSegment()
    indexedByteCount = writer.payloadByteCount
  }

  func finish(
    directories: [DirectoryEntry], root: FileAttributes?, summary: (ContainerTotals) -> Summary
  ) throws(FormatError) -> ContainerReceipt {
    try endSegment()
    return try writer.finish(
      directories: directories, root: root, describingAncestors: { base?.note(of: $0) ?? AncestorNote() },
      summary: summary)
  }
}
