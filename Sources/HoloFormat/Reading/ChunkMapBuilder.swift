import HoloModel

/// Reads the parts of segments in order and makes regions of them, by the rule of HWP-Format.md, section 7.
struct ChunkMapBuilder {
  private struct OpenRegion {
    let name: String
    let elementType: ElementType
    let isQuantized: Bool
    let chunking: Chunking
    var parts: [RegionTable.Part] = []
    var chunkCount: UInt64 = 0
    /// Of the chunks so far, all of them whole where they are on the grid.
    var byteCount: UInt64 = 0
    var tree = RegionTree()
    /// Of a quantized region: over what was read.
    var rawTree = RegionTree()
    /// The last chunk of the last part: how long it is shows only with the next part.
    var last: (segment: Segment, part: SegmentPart)?
  }

  private let path: String
  /// Record what breaks a rule, and go on, instead of throwing.
  private let isTolerant: Bool
  private var regions = RegionTable()
  private(set) var names = NameSet()
  private var hosted = HostedParts()
  private var root = StateRoot()
  private var chunkCount: UInt64 = 0
  private var byteCount: UInt64 = 0
  private var open: OpenRegion?
  private(set) var problems: [FormatError] = []
  private var hasLostStretch = false

  init(path: String, isTolerant: Bool) {
    self.path = path
    self.isTolerant = isTolerant
  }

  /// - Parameter position: of the segment in the store.
  mutating func append(_ segment: Segment, at position: Int) throws(FormatError) {
    for (index, part) in segment.parts.enumerated() {
      do throws(FormatError) {
        try append(part, at: index, of: segment, at: position)
      } catch {
        open = nil
        guard isTolerant else { throw error }
        // A region that goes over many segments is lost once.
        if problems.last?.region?.utf8.elementsEqual(part.name.utf8) != true { problems.append(error) }
      }
    }
  }

  /// A stretch of the index is lost, and with it the region that was open.
  mutating func skip(_ problem: FormatError) {
    problems.append(problem)
    hasLostStretch = true
    if let open { problems.append(lost(open)) }
    open = nil
  }

  /// Throws where hosts and members do not go together. All regions are there.
  func checkFiles() throws(FormatError) {
    guard let flaw = hosted.files.flaws.first else { return }
    throw FormatError(
      .malformed, flaw.message { regions[$0].name.shortened }, path: path, region: regions[flaw.region].name)
  }

  /// - Parameter isCut: the state may have gone on: a region that is still open is lost, not given up by its writer.
  mutating func finish(store: any SegmentStore, payloadByteCount: UInt64, isCut: Bool) -> ChunkMap {
    if isCut, let open { problems.append(lost(open)) }
    open = nil
    let totals = ContainerTotals(
      stateRoot: root.value, regionCount: UInt64(regions.count), chunkCount: chunkCount, byteCount: byteCount,
      payloadByteCount: payloadByteCount)
    return ChunkMap(regions: regions, totals: totals, problems: problems, hasLostStretch: hasLostStretch, store: store)
  }

  private mutating func append(
    _ part: SegmentPart, at index: Int, of segment: Segment, at position: Int
  ) throws(FormatError) {
    if part.firstChunk == 0 {
      open = OpenRegion(
        name: part.name, elementType: part.elementType, isQuantized: part.isQuantized, chunking: part.chunking)
    }
    guard var region = open, region.name.utf8.elementsEqual(part.name.utf8), region.elementType == part.elementType,
      region.isQuantized == part.isQuantized, region.chunking == part.chunking, region.chunkCount == part.firstChunk
    else {
      throw error(.malformed, "the region's chunks before chunk \(part.firstChunk) are not indexed", part, segment)
    }
    // Not kept in `open` meanwhile: the arrays stay unshared.
    open = nil
    if part.chunkCount > 0 { try checkLast(of: region, regionByteCount: .max) }
    region.parts.append(
      RegionTable.Part(
        segment: UInt32(position), part: UInt16(index), firstChunk: part.firstChunk, offset: region.byteCount))
    region.chunkCount += UInt64(part.chunkCount)
    switch region.chunking {
    case .grid: region.byteCount = region.chunkCount * UInt64(ChunkGeometry.chunkByteCount)
    case .content: region.byteCount += segment.contentByteCount(of: part)
    }
    for entry in part.entries {
      region.tree.append(segment.chainingValue(at: entry))
      if region.isQuantized { region.rawTree.append(segment.rawChainingValue(at: entry, of: index)) }
    }
    guard let descriptor = part.descriptor else {
      region.last = (segment, part)
      open = region
      return
    }
    try close(region, with: descriptor, part, segment)
  }

  /// Of the last chunk of the part before.
  ///
  /// - Parameter regionByteCount: the most that the region may have; as much as there can be where a chunk follows.
  private func checkLast(of region: OpenRegion, regionByteCount: UInt64) throws(FormatError) {
    guard let (segment, part) = region.last else { return }
    let entry = part.entries.upperBound - 1
    let byteCount = segment.range(of: entry, in: part, regionByteCount: regionByteCount).count
    guard part.chunking == .grid else {
      guard regionByteCount == .max, !ContentCut.byteCounts.contains(byteCount) else { return }
      throw error(.malformed, "a chunk of \(byteCount) bytes is not the region's last", part, segment)
    }
    try segment.check(entry: entry, byteCount: byteCount, of: part)
  }

  private mutating func close(
    _ region: OpenRegion, with descriptor: RegionDescriptor, _ part: SegmentPart, _ segment: Segment
  ) throws(FormatError) {
    if part.chunkCount == 0 { try checkLast(of: region, regionByteCount: descriptor.byteCount) }
    guard region.chunking == .grid || region.byteCount == descriptor.byteCount else {
      throw error(
        .malformed, "the region's chunks have \(region.byteCount) bytes, it \(descriptor.byteCount)", part, segment)
    }
    // The root of one chunk cannot be had from its chaining value, nor, where chunks are cut by their content, that of several.
    let expected =
      switch (region.chunkCount, region.chunking) {
      case (0, _): BLAKE3.hash([])
      case (_, .grid): region.tree.root()
      case (1, .content): region.tree.single
      case (_, .content): nil as Digest256?
      }
    guard expected == nil || expected == descriptor.root else {
      throw error(.damaged, "the region's root is not that of its chunks", part, segment)
    }
    if let raw = descriptor.quantization?.rawRoot {
      let expected = region.chunkCount == 0 ? BLAKE3.hash([]) : region.rawTree.root()
      guard expected == nil || expected == raw else {
        throw error(.damaged, "the region's raw root is not that of its chunks", part, segment)
      }
    }
    let (sum, overflow) = byteCount.addingReportingOverflow(descriptor.byteCount)
    guard !overflow else { throw error(.malformed, "the state has more than 2⁶⁴ bytes", part, segment) }
    guard names.insert(part.name) else {
      throw error(.malformed, "the state has two regions of that name", part, segment)
    }
    byteCount = sum
    chunkCount += region.chunkCount
    root.append(descriptor)
    hosted.append(descriptor, at: regions.count)
    regions.append(record: segment.record(of: part), parts: region.parts)
  }

  private func lost(_ region: OpenRegion) -> FormatError {
    FormatError(
      .damaged, "the region's index is lost from chunk \(region.chunkCount) on", path: path, region: region.name,
      chunk: region.chunkCount)
  }

  private func error(
    _ kind: FormatError.Kind, _ message: String, _ part: SegmentPart, _ segment: Segment
  ) -> FormatError {
    FormatError(
      isTolerant ? .damaged : kind, message, path: path, offset: segment.offset,
      byteCount: UInt64(segment.byteCount), frame: segment.frame, region: part.name)
  }
}
