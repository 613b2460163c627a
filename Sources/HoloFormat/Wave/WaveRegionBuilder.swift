import HoloModel

/// Reads the region records of a table one after the other, by the rules of WAVE-Format.md, section 5, and sums them up.
struct WaveRegionBuilder {
  private(set) var regions: WaveRegions
  private let sampleType: ElementType?
  private let runCount: Int
  private let chunkCount: Int
  private var names: NameSet
  private var hosted = HostedParts()
  private var root = StateRoot()
  private var byteCount: UInt64 = 0
  /// Where the things of the next region begin.
  private var next = WaveRegions.Place()

  /// - Parameters:
  ///   - regions: none yet.
  ///   - runCount: of all regions together; likewise `chunkCount`.
  ///   - capacity: how many regions will come.
  init(_ regions: WaveRegions, sampleType: ElementType?, runCount: Int, chunkCount: Int, capacity: Int) {
    self.regions = regions
    self.sampleType = sampleType
    self.runCount = runCount
    self.chunkCount = chunkCount
    names = NameSet(capacity: capacity)
  }

  mutating func append(from cursor: inout ByteCursor) throws(FormatError) {
    let position = cursor.position
    let record = try RegionRecord(from: &cursor)
    let descriptor = record.descriptor
    func error(_ kind: FormatError.Kind, _ message: String) -> FormatError {
      cursor.error(kind, message, at: position).at(frame: nil, region: descriptor.name)
    }
    guard names.insert(descriptor.name) else { throw error(.malformed, "the state has two regions of that name") }
    guard record.runCount <= runCount - Int(next.run),
      descriptor.gridChunkCount <= UInt64(chunkCount - Int(next.chunk))
    else { throw error(.malformed, "the region has more runs or chunks than the table lists") }
    let kind = WavePartKind(
      elementType: descriptor.elementType, component: descriptor.component, sampleType: sampleType)
    guard (record.runCount == 0) == (descriptor.byteCount == 0), kind != .samples || record.runCount <= 1 else {
      throw error(.malformed, "the region of \(descriptor.byteCount) bytes has \(record.runCount) runs")
    }
    let index = regions.count
    regions.append(at: next)
    next.record += UInt32(cursor.position - position)
    next.run += UInt32(record.runCount)
    next.chunk += UInt32(descriptor.gridChunkCount)
    guard regions.hasRunsInOrder(ofRegion: index, chunkCount: descriptor.gridChunkCount) else {
      throw error(.malformed, "the region's runs do not follow one another")
    }
    var tree = RegionTree()
    for chunk in 0..<descriptor.gridChunkCount { tree.append(regions.chainingValue(chunk, ofRegion: index)) }
    // The root of one chunk cannot be had from its chaining value.
    let expected = descriptor.gridChunkCount == 0 ? BLAKE3.hash([]) : tree.root()
    guard expected == nil || expected == descriptor.root else {
      throw error(.damaged, "the region's root is not that of its chunks")
    }
    let (sum, overflow) = byteCount.addingReportingOverflow(descriptor.byteCount)
    guard !overflow else { throw error(.malformed, "the state has more than 2⁶⁴ bytes") }
    byteCount = sum
    root.append(descriptor)
    hosted.append(descriptor, at: index)
  }

  /// Everything is used up, no directory is a region, hosts and members go together. The cursor is for errors.
  func finish(directories: DirectoryTable, _ cursor: ByteCursor) throws(FormatError) -> ContainerTotals {
    guard next.run == runCount, next.chunk == chunkCount else {
      throw cursor.malformed("the table lists runs or chunks that are no region's", at: 24)
    }
    for directory in directories where names.contains(directory.name) {
      throw cursor.malformed("\(directory.name) is a directory and a region").at(frame: nil, region: directory.name)
    }
    if let flaw = hosted.files.flaws.first {
      throw cursor.malformed(flaw.message { regions[$0].name.shortened })
        .at(frame: nil, region: regions[flaw.region].name)
    }
    return ContainerTotals(
      stateRoot: root.value, regionCount: UInt64(regions.count), chunkCount: UInt64(chunkCount), byteCount: byteCount,
      payloadByteCount: byteCount)
  }
}
