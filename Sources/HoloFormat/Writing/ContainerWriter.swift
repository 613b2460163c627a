import HoloModel
import HoloSystem

/// What became of a container.
package struct ContainerReceipt: Sendable {
  package var snapshotID: Digest256
  package var byteCount: UInt64
  package var totals: ContainerTotals
  package var summary: Summary
  /// Bytes of each region's payload frames, in the state's order.
  package var regionStoredByteCounts: [UInt64]
  /// The other containers that the snapshot needs.
  package var ancestorIDs: [Digest128]

  package var stateRoot: Digest256 { totals.stateRoot }
}

/// Writes a container in one forward pass (HWP-Format.md, section 2). Used by one thread.
///
/// Segments are written when they are full. Memory: one segment, 24 bytes a frame, and what the state root covers of
/// each region. After an error the container is void: the caller abandons the sink.
package final class ContainerWriter {
  package let containerID: Digest128
  package let createdNanoseconds: Int64

  private let header: [UInt8]
  private var frames: FrameWriter
  private var segment: SegmentEncoder
  private var segments: [SegmentReference] = []
  /// Those that segments stand in or name, without this one.
  private var ancestors: [Digest128: Int] = [:]
  private var reused: Set<SegmentReference> = []
  private var region: OpenRegion?
  private var names = NameSet()
  private var hosted = HostedParts()
  private var root = StateRoot()
  private var regionStoredByteCounts: [UInt64] = []
  private var regionByteCount: UInt64 = 0
  private var isFinished = false
  /// Frames of the present segment by what they give, of chunks that are cut by their content.
  private var pieces: [Piece: SegmentLayer] = [:]

  private struct Piece: Hashable {
    var value: Digest256
    var byteCount: Int
  }

  /// Bytes of the payload frames so far.
  package private(set) var payloadByteCount: UInt64 = 0
  /// Of the regions that ended.
  package private(set) var chunkCount: UInt64 = 0
  package var regionCount: Int { regionStoredByteCounts.count }
  package var stateRoot: Digest256 { root.value }

  /// A segment is written before its part records grow past this, far below the limit of section 12.
  private static let mostPartBytes = 24 << 20

  private let chunksPerSegment: Int
  private let requiredFeatures: UInt64

  /// Writes the header.
  ///
  /// - Parameters:
  ///   - requiredFeatures: those of ``HWP/Feature`` that may be used.
  ///   - chunksPerSegment: 1 … 4,096. Of a container that is cut off, the chunks after the last segment are lost:
  ///     fewer make that less, and the index larger.
  package init(
    sink: any ByteSink, containerID: Digest128, createdNanoseconds: Int64, requiredFeatures: UInt64 = 0,
    chunksPerSegment: Int = HWP.Limit.chunksPerSegment
  ) throws(FormatError) {
    frames = FrameWriter(sink: sink)
    self.chunksPerSegment = min(max(1, chunksPerSegment), HWP.Limit.chunksPerSegment)
    self.containerID = containerID
    self.createdNanoseconds = createdNanoseconds
    self.requiredFeatures = requiredFeatures
    segment = SegmentEncoder(containerID: containerID)
    header =
      ContainerHeader(
        containerID: containerID, createdNanoseconds: createdNanoseconds, requiredFeatures: requiredFeatures
      ).encoded
    try frames.write(header, kind: .header)
  }

  /// Begins a region. The one before it has ended, or is given up with ``abandonRegion()``.
  ///
  /// - Parameter isQuantized: its chunks may be, and its descriptor says how.
  package func beginRegion(
    name: String, elementType: ElementType, isQuantized: Bool = false, chunking: Chunking = .grid
  ) throws(FormatError) {
    guard region == nil else { throw misuse("a region begins before the one before it ended", name) }
    guard CanonicalName.isValid(name) else {
      throw FormatError(
        .invalidInput, "the region's name is not canonical, or not 1 to \(RegionName.byteLimit) bytes long",
        region: name)
    }
    guard !names.contains(name) else { throw misuse("the state has a region of that name", name) }
    try open(
      OpenRegion(
        name: name, elementType: elementType, isQuantized: isQuantized, chunking: chunking,
        firstEntry: segment.chunkCount))
  }

  private func open(_ region: OpenRegion) throws(FormatError) {
    guard !region.isQuantized || requiredFeatures & HWP.Feature.quantization != 0 else {
      throw misuse("the container has no quantized regions", region.name)
    }
    guard region.chunking == .grid || requiredFeatures & HWP.Feature.content != 0 else {
      throw misuse("the container has no regions that are cut by their content", region.name)
    }
    guard region.chunking == .grid || region.elementType == .bytes && !region.isQuantized else {
      throw misuse("a region that is cut by its content is bytes, and kept exactly", region.name)
    }
    self.region = region
  }

  /// Bytes to store, and their BLAKE3-128.
  package typealias Frame = (bytes: UnsafeRawBufferPointer, hash: Digest128)

  /// Appends the next chunk of the region, stored whole.
  ///
  /// - Parameters:
  ///   - chunk: its chaining value: of what a restore returns.
  ///   - raw: that of what was read, in a quantized region.
  ///   - frame: nil where every component is constant.
  ///   - digests: of its blocks, in a region that is not quantized; none: a later capture reads the chunk itself.
  package func append(
    chunk chainingValue: Digest256, raw: Digest256? = nil, coding: Coding, frame: Frame?, digests: [Digest128] = []
  ) throws(FormatError) {
    try append(
      chunk: chainingValue, raw: raw, over: [], effect: .whole, coding: coding, frame: frame, digests: digests)
  }

  /// Appends the next chunk of the region: layers of other containers, and maybe one of this.
  ///
  /// - Parameters:
  ///   - layers: at most nine, the oldest first.
  package func append(chunk chainingValue: Digest256, raw: Digest256?, layers: [SegmentLayer]) throws(FormatError) {
    try append(chainingValue, raw: raw, length: nil, layers: layers)
  }

  /// Appends the next chunk of a region that is cut by its content.
  ///
  /// - Parameters:
  ///   - chunk: BLAKE3 of its bytes.
  ///   - length: of it.
  ///   - frame: nil where all its bytes are the same. It is not written where this segment has one that gives the same.
  /// - Returns: whether the frame was written.
  @discardableResult
  package func append(
    chunk chainingValue: Digest256, length: Int, coding: Coding, frame: Frame?
  ) throws(FormatError) -> Bool {
    // Where the segment is full, this ends it, and what it has counts no more.
    _ = try beginChunk(raw: nil, length: length, layerCount: 1)
    let piece = Piece(value: chainingValue, byteCount: length)
    if let known = pieces[piece] {
      try append(chainingValue, raw: nil, length: length, layers: [known])
      return false
    }
    let number = frames.frameCount
    try append(
      chunk: chainingValue, raw: nil, length: length, over: [], effect: .whole, coding: coding, frame: frame,
      digests: [])
    if frame != nil { pieces[piece] = SegmentLayer(coding: coding, containerID: containerID, frame: number) }
    return frame != nil
  }

  /// Appends the next chunk of a region that is cut by its content: one that another container has, maybe elsewhere.
  package func append(chunk chainingValue: Digest256, length: Int, layer: SegmentLayer) throws(FormatError) {
    guard layer.effect == .whole, layer.coding.quantization == nil else {
      throw misuse("a chunk that is cut by its content is stored whole, and not as codes", region?.name)
    }
    try append(chainingValue, raw: nil, length: length, layers: [layer])
  }

  private func append(
    _ chainingValue: Digest256, raw: Digest256?, length: Int?, layers: [SegmentLayer]
  ) throws(FormatError) {
    let open = try beginChunk(raw: raw, length: length, layerCount: layers.count)
    segment.append(chainingValue: chainingValue, raw: raw, length: length)
    try reuse(layers, of: open)
    region?.append(chainingValue, raw: raw, length: length)
  }

  /// Appends the next chunk of the region: a layer over those of other containers.
  ///
  /// - Parameters:
  ///   - layers: at most eight, the oldest first; none where it is stored whole.
  ///   - coding: of the chunk, of the blocks one after the other, or of the differences.
  ///   - digests: of these blocks, or of all.
  package func append(
    chunk chainingValue: Digest256, raw: Digest256?, over layers: [SegmentLayer], effect: SegmentLayer.Effect,
    coding: Coding, frame: Frame?, digests: [Digest128]
  ) throws(FormatError) {
    try append(
      chunk: chainingValue, raw: raw, length: nil, over: layers, effect: effect, coding: coding, frame: frame,
      digests: digests)
  }

  private func append(
    chunk chainingValue: Digest256, raw: Digest256?, length: Int?, over layers: [SegmentLayer],
    effect: SegmentLayer.Effect, coding: Coding, frame: Frame?, digests: [Digest128]
  ) throws(FormatError) {
    let open = try beginChunk(raw: raw, length: length, layerCount: layers.count + 1)
    guard open.isQuantized || coding.quantization == nil, layers.isEmpty == (effect == .whole) else {
      throw misuse("a chunk is quantized exactly in a quantized region, and layers stand over a whole chunk", open.name)
    }
    let layer = SegmentLayer(effect, coding: coding, containerID: containerID, frame: nil)
    guard let record = layer.encoded else { throw misuse("a chunk's coding is none: \(coding)", open.name) }
    try expectFeatures(of: layer, open)
    let isConstant =
      coding.methods.allSatisfy { if case .constant = $0 { true } else { false } }
      && coding.quantization?.exceptionCount ?? 0 == 0
    guard isConstant == (frame == nil) else {
      throw misuse("a chunk has a frame exactly if not all is constant", open.name)
    }
    var stored: (number: UInt32, byteCount: UInt32?)?
    if let frame {
      guard FrameKind.payload.byteCounts.contains(frame.bytes.count) else {
        throw misuse("a payload frame has \(frame.bytes.count) bytes", open.name)
      }
      stored = (frames.frameCount, UInt32(frame.bytes.count))
      try frames.write(frame.bytes, kind: .payload, hash: frame.hash)
      payloadByteCount += UInt64(frame.bytes.count)
      region?.storedByteCount += UInt64(frame.bytes.count)
    }
    segment.append(chainingValue: chainingValue, raw: raw, length: length)
    try reuse(layers, of: open)
    segment.append(layer: layer.kind, record: record, containerID: containerID, frame: stored)
    if !open.isQuantized { segment.append(blockDigests: digests) }
    region?.append(chainingValue, raw: raw, length: length)
  }

  /// Checks that a chunk may come, and makes room for it.
  private func beginChunk(raw: Digest256?, length: Int?, layerCount: Int) throws(FormatError) -> OpenRegion {
    guard let open = region else { throw misuse("a chunk comes outside a region") }
    if let problem = open.problem(appending: length, raw: raw) { throw misuse(problem, open.name) }
    guard (1...HWP.Limit.layersPerChunk).contains(layerCount) else {
      throw misuse("a chunk has \(layerCount) layers", open.name)
    }
    if segment.chunkCount >= chunksPerSegment || segment.partCount == HWP.Limit.partsPerSegment
      || !segment.hasRoom(forContainers: layerCount)
    {
      try flush()
    }
    return open
  }

  private func reuse(_ layers: [SegmentLayer], of open: OpenRegion) throws(FormatError) {
    for layer in layers {
      guard layer.containerID == containerID || requiredFeatures & HWP.Feature.layers != 0 else {
        throw misuse("the container has no ancestors", open.name)
      }
      try expectFeatures(of: layer, open)
      guard let record = layer.encoded else { throw misuse("a layer's coding is none: \(layer.coding)", open.name) }
      // A layer without a frame stands wherever it is named.
      let container = layer.frame == nil ? containerID : layer.containerID
      try name(container)
      segment.append(
        layer: layer.kind, record: record, containerID: container, frame: layer.frame.map { ($0, nil) })
    }
  }

  private func expectFeatures(of layer: SegmentLayer, _ open: OpenRegion) throws(FormatError) {
    guard layer.order == nil || requiredFeatures & HWP.Feature.differences != 0 else {
      throw misuse("the container has no layers of differences", open.name)
    }
  }

  /// Counts a container among the ancestors.
  private func name(_ id: Digest128) throws(FormatError) {
    guard id != containerID, ancestors[id] == nil else { return }
    guard ancestors.count + 1 < HWP.Limit.containerCount else {
      throw FormatError(.limitExceeded, "the snapshot needs more than \(HWP.Limit.containerCount) containers")
    }
    ancestors[id] = ancestors.count + 1
  }

  /// The source changed: the region begins anew at chunk 0, maybe with another element type. What was stored of it
  /// stays, unreferenced (HWP-Format.md, section 7). Returns how many bytes of payload that is.
  @discardableResult
  package func restartRegion(
    elementType: ElementType? = nil, isQuantized: Bool = false
  ) throws(FormatError) -> UInt64 {
    guard let old = region else { throw misuse("no region is open that could begin anew") }
    closePart()
    try open(
      OpenRegion(
        name: old.name, elementType: elementType ?? old.elementType, isQuantized: isQuantized, chunking: old.chunking,
        firstEntry: segment.chunkCount))
    return old.storedByteCount
  }

  /// The source is gone: the region is not in the state.
  package func abandonRegion() throws(FormatError) {
    guard region != nil else { throw misuse("no region is open that could be given up") }
    closePart()
    region = nil
  }

  /// Ends the segment: should the container be cut off later, the regions so far can be salvaged.
  ///
  /// - Parameter candidate: a segment of an ancestor, which takes its place if it says the same and nothing is stored here.
  package func endSegment(
    reusing candidate: (reference: SegmentReference, segment: Segment)? = nil
  ) throws(FormatError) {
    closePart()
    if let (reference, other) = candidate, !reused.contains(reference), segment.isCovered(by: other) {
      for id in other.containerIDs { try name(id) }
      segments.append(reference)
      reused.insert(reference)
      segment.removeAll()
      pieces.removeAll(keepingCapacity: true)
      region?.firstEntry = 0
    } else {
      try flush()
    }
  }

  /// Ends the region. The descriptor has its name and element type, and a length that goes with its chunks.
  package func endRegion(_ descriptor: RegionDescriptor) throws(FormatError) {
    guard let open = region else { throw misuse("no region is open that could end") }
    if let problem = open.problem(endingWith: descriptor) { throw misuse(problem, open.name) }
    let record = descriptor.encoded
    let space = Self.mostPartBytes - segment.partByteCount
    if segment.partCount == HWP.Limit.partsPerSegment || (segment.partByteCount > 0 && record.count > space) {
      try flush()
    }
    closePart(descriptor: record)
    region = nil
    _ = names.insert(descriptor.name)
    root.append(descriptor)
    hosted.append(descriptor, at: regionCount)
    regionStoredByteCounts.append(open.storedByteCount)
    chunkCount += open.chunkCount
    let (sum, overflow) = regionByteCount.addingReportingOverflow(descriptor.byteCount)
    guard !overflow else { throw FormatError(.limitExceeded, "the state has more than 2⁶⁴ bytes") }
    regionByteCount = sum
  }

  /// Writes manifest and trailer.
  ///
  /// - Parameters:
  ///   - directories: in any order; none has a region's name.
  ///   - root: of the directory that is the state, if it is one.
  ///   - describe: tells of an ancestor, for who looks for its file.
  ///   - summary: made of the totals, at the last moment.
  package func finish(
    directories: [DirectoryEntry], root directory: FileAttributes? = nil,
    describingAncestors describe: (Digest128) -> AncestorNote = { _ in AncestorNote() },
    summary makeSummary: (ContainerTotals) -> Summary
  ) throws(FormatError) -> ContainerReceipt {
    guard region == nil, !isFinished else { throw misuse("the container is finished inside a region, or twice") }
    if let flaw = hosted.files.flaws.first { throw misuse(flaw.message { "number \($0)" }) }
    try flush()
    let totals = ContainerTotals(
      stateRoot: root.value, regionCount: UInt64(regionCount), chunkCount: chunkCount, byteCount: regionByteCount,
      payloadByteCount: payloadByteCount)
    let summary = makeSummary(totals)
    let ids = ancestors.sorted { $0.value < $1.value }.map(\.key)
    let manifest = try Manifest.encoded(
      containerIDs: [containerID] + ids, frameCount: frames.frameCount, frameRecords: frames.records,
      segments: segments,
      totals: totals,
      summary: try summary.json(), directories: try DirectoryTable.encoded(directories, regionNames: names),
      extensions: try StateExtensions(root: directory, ancestors: ids.map(describe)).encoded())
    let (manifestOffset, manifestFrame) = (frames.byteCount, frames.frameCount)
    let snapshotID = BLAKE3.hash(manifest)
    try frames.put(manifest)
    let trailer = ContainerTrailer(
      fileByteCount: frames.byteCount + UInt64(HWP.Size.trailer), manifestOffset: manifestOffset,
      manifestByteCount: UInt64(manifest.count), manifestFrame: manifestFrame, frameCount: manifestFrame + 2,
      manifestHash: snapshotID, guardHash: BLAKE3.hash(header), containerID: containerID)
    try frames.put(trailer.encoded)
    isFinished = true
    return ContainerReceipt(
      snapshotID: snapshotID, byteCount: frames.byteCount, totals: totals, summary: summary,
      regionStoredByteCounts: regionStoredByteCounts, ancestorIDs: ids)
  }
}

extension ContainerWriter {
  /// Records the chunks of the open region that the present segment has; with the descriptor, the region ends there.
  private func closePart(descriptor: [UInt8]? = nil) {
    guard let open = region else { return }
    let count = segment.chunkCount - open.firstEntry
    guard count > 0 || descriptor != nil else { return }
    segment.append(
      part: SegmentEncoder.part(of: open, chunkCount: count, descriptor: descriptor))
    region?.indexedCount += UInt64(count)
    region?.firstEntry = segment.chunkCount
  }

  /// Writes the present segment, if there is anything in it.
  private func flush() throws(FormatError) {
    closePart()
    guard !segment.isEmpty else { return }
    let frame = frames.frameCount
    let hash = try frames.write(segment.encoded(offset: frames.byteCount, frame: frame), kind: .segment)
    segments.append(
      SegmentReference(
        containerID: containerID, frame: frame, chunkCount: segment.chunkCount, partCount: segment.partCount,
        hash: hash))
    segment.removeAll()
    pieces.removeAll(keepingCapacity: true)
    region?.firstEntry = 0
  }

  private func misuse(_ message: String, _ region: String? = nil) -> FormatError {
    FormatError(.invalidInput, message, region: region)
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` for a body that throws a `FormatError`.
  func throwingBytes(_ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void) throws(FormatError) {
    let failure: FormatError? = withUnsafeBytes { buffer in
      do throws(FormatError) { try body(buffer) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }
}
