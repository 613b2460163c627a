import HoloModel
import HoloSystem

/// Writes a `.wave` (WAVE-Format.md). Used by one thread.
///
/// The regions' bytes go out as they come; sizes in the head and before the parts are written at the end. Memory: the
/// chaining values, and the descriptors. After an error the container is void: the caller abandons the sink.
package final class WaveWriter {
  package let containerID: Digest128
  package let createdNanoseconds: Int64
  package let sampleType: ElementType?

  private var output: WaveOutput
  private var regions: [WrittenRegion] = []
  private var open: OpenRegion?
  private var lastKind = WavePartKind.samples
  private var names = NameSet()
  private var isFinished = false

  /// Bytes of the regions that ended.
  package private(set) var regionByteCount: UInt64 = 0
  /// Of the regions that ended.
  package private(set) var chunkCount: UInt64 = 0
  package var regionCount: Int { regions.count }

  /// The type for whose regions `data` is best: of those that it can hold, the one with the most bytes; nil where there
  /// is none.
  package static func sampleType(
    of regions: some Sequence<(elementType: ElementType, byteCount: UInt64)>
  ) -> ElementType? {
    var sums: [ElementType: UInt64] = [:]
    for region in regions where SampleFormat.elementTypes.contains(region.elementType) {
      let sum = sums[region.elementType, default: 0].addingReportingOverflow(region.byteCount)
      sums[region.elementType] = sum.overflow ? .max : sum.partialValue
    }
    let best = SampleFormat.elementTypes.max { sums[$0, default: 0] < sums[$1, default: 0] }
    return best.flatMap { sums[$0, default: 0] > 0 ? $0 : nil }
  }

  /// Where a region goes: regions are written in ascending order of it.
  package func group(of elementType: ElementType, _ component: Component) -> WavePartKind {
    WavePartKind(elementType: elementType, component: component, sampleType: sampleType)
  }

  /// Writes the head, without sizes.
  ///
  /// - Parameters:
  ///   - sampleType: whose regions go into `data`: f32, f64, c64, c128; nil: none.
  ///   - partByteLimit: of a part other than `data`; at least 512 KiB, at most 1 GiB.
  package init(
    sink: any PatchableSink, containerID: Digest128, createdNanoseconds: Int64, sampleType: ElementType?,
    partByteLimit: UInt64 = WAVE.Limit.partByteCount
  ) throws(FormatError) {
    if let sampleType, !SampleFormat.elementTypes.contains(sampleType) {
      throw FormatError(.invalidInput, "\(sampleType.name) is no type of samples")
    }
    self.containerID = containerID
    self.createdNanoseconds = createdNanoseconds
    self.sampleType = sampleType
    output = WaveOutput(
      sink: sink, fillerByteCount: UInt64(SampleFormat(sampleType).blockByteCount),
      partByteLimit: min(max(partByteLimit, 512 << 10), WAVE.Limit.partByteCount))
    let head = WaveHead(sampleType: sampleType, containerID: containerID, createdNanoseconds: createdNanoseconds)
    try output.put(head.encoded(fileByteCount: UInt64(WAVE.Size.head), sampleByteCount: 0))
  }

  /// Begins a region. The one before it has ended, or is given up with ``abandonRegion()``.
  ///
  /// - Parameter ordinal: the region's place in the state; no two have the same.
  package func beginRegion(
    name: String, component: Component, elementType: ElementType, ordinal: Int
  ) throws(FormatError) {
    guard open == nil else { throw misuse("a region begins before the one before it ended", name) }
    guard CanonicalName.isValid(name) else {
      throw FormatError(
        .invalidInput, "the region's name is not canonical, or not 1 to \(RegionName.byteLimit) bytes long",
        region: name)
    }
    guard !names.contains(name) else { throw misuse("the state has a region of that name", name) }
    guard regions.count < WAVE.Limit.regionCount else {
      throw FormatError(
        .limitExceeded, "the state has more than \(WAVE.Limit.regionCount) regions", region: name,
        remedy: "use the format hwp")
    }
    let kind = group(of: elementType, component)
    guard kind >= lastKind else { throw misuse("the region belongs before others that are written", name) }
    lastKind = kind
    open = OpenRegion(
      name: name, component: component, elementType: elementType, ordinal: ordinal, kind: kind, start: output.place)
  }

  /// Appends the next chunk of the region: 256 KiB, the last one shorter.
  package func append(chunk chainingValue: Digest256, bytes: UnsafeRawBufferPointer) throws(FormatError) {
    // Not kept in `open` meanwhile: the arrays stay unshared.
    guard var region = open else { throw misuse("a chunk comes outside a region") }
    open = nil
    defer { open = region }
    guard (1...ChunkGeometry.chunkByteCount).contains(bytes.count) else {
      throw misuse("a chunk has \(bytes.count) bytes", region.name)
    }
    guard region.byteCount % UInt64(ChunkGeometry.chunkByteCount) == 0 else {
      throw misuse("a chunk comes after one that was not whole", region.name)
    }
    let begins = try output.write(chunk: bytes, kind: region.kind, continues: region.byteCount > 0)
    if begins {
      region.runs.append((offset: output.byteCount - UInt64(bytes.count), firstChunk: region.chunkCount))
    }
    region.chainingValues.append(chainingValue)
    region.tree.append(chainingValue)
    region.chunkCount += 1
    region.byteCount += UInt64(bytes.count)
  }

  /// The source changed: the region begins anew at chunk 0, maybe with another element type that goes to the same place.
  package func restartRegion(elementType: ElementType? = nil) throws(FormatError) {
    guard let old = open else { throw misuse("no region is open that could begin anew") }
    let type = elementType ?? old.elementType
    guard group(of: type, old.component) == old.kind else {
      throw misuse("the region's new element type, \(type.name), belongs elsewhere in the file", old.name)
    }
    try output.goBack(to: old.start)
    open = OpenRegion(
      name: old.name, component: old.component, elementType: type, ordinal: old.ordinal, kind: old.kind,
      start: old.start)
  }

  /// The source is gone: the region is not in the state.
  package func abandonRegion() throws(FormatError) {
    guard let old = open else { throw misuse("no region is open that could be given up") }
    try output.goBack(to: old.start)
    open = nil
  }

  /// Ends the region. The descriptor has its name, component and element type, and the length of its bytes.
  package func endRegion(_ descriptor: RegionDescriptor) throws(FormatError) {
    guard let region = open else { throw misuse("no region is open that could end") }
    guard descriptor.name.utf8.elementsEqual(region.name.utf8), descriptor.elementType == region.elementType,
      descriptor.component == region.component
    else { throw misuse("the descriptor is that of another region, \(descriptor.name)", region.name) }
    if let problem = descriptor.problem { throw misuse(problem, region.name) }
    guard descriptor.byteCount == region.byteCount else {
      throw misuse("the region has \(region.byteCount) bytes, its length is \(descriptor.byteCount)", region.name)
    }
    let root = region.chunkCount == 0 ? BLAKE3.hash([]) : region.tree.root()
    guard root == nil || root == descriptor.root else {
      throw misuse("the region's root is not that of its chunks", region.name)
    }
    open = nil
    _ = names.insert(descriptor.name)
    regions.append(
      WrittenRegion(
        ordinal: region.ordinal, kind: region.kind, descriptor: descriptor, runs: region.runs,
        chainingValues: region.chainingValues))
    chunkCount += region.chunkCount
    // A sum of what was written to one file.
    regionByteCount += region.byteCount
  }

  /// Writes notes, table and trailer, and then the sizes that stand before them.
  ///
  /// - Parameters:
  ///   - directories: in any order; none has a region's name.
  ///   - root: of the directory that is the state, if it is one.
  ///   - summary: made of the totals, at the last moment; of type `full`, without a parent.
  package func finish(
    directories: [DirectoryEntry], root directory: FileAttributes? = nil,
    summary makeSummary: (ContainerTotals) -> Summary
  ) throws(FormatError) -> ContainerReceipt {
    guard open == nil, !isFinished else { throw misuse("the container is finished inside a region, or twice") }
    isFinished = true
    let cues = self.cues
    regions.sort { $0.ordinal < $1.ordinal }
    for (left, right) in zip(regions, regions.dropFirst()) where left.ordinal == right.ordinal {
      throw misuse("two regions have the place \(left.ordinal)", right.descriptor.name)
    }
    if let flaw = HostedFiles(regions.map(\.descriptor)).flaws.first {
      throw misuse(flaw.message { regions[$0].descriptor.name }, regions[flaw.region].descriptor.name)
    }
    var root = StateRoot()
    var records: [UInt8] = []
    var runs: [UInt8] = []
    for region in regions {
      root.append(region.descriptor)
      records += RegionRecord.encoded(region.descriptor, runCount: region.runs.count)
      for run in region.runs {
        runs.append(littleEndian: run.offset)
        runs.append(littleEndian: run.firstChunk)
      }
    }
    let totals = ContainerTotals(
      stateRoot: root.value, regionCount: UInt64(regions.count), chunkCount: chunkCount, byteCount: regionByteCount,
      payloadByteCount: regionByteCount)
    let summary = makeSummary(totals)
    guard summary.type == "full", summary.parent == nil else { throw misuse("a .wave is a full snapshot") }
    let json = try summary.json()

    try output.endPart()
    let table = try WaveTable.encoded(
      containerID: containerID, totals: totals, parts: output.parts, runs: runs,
      chainingValues: regions.map(\.chainingValues), records: records, summary: json,
      directories: try DirectoryTable.encoded(directories, regionNames: names),
      extensions: try StateExtensions(root: directory).encoded())
    let head = WaveHead(sampleType: sampleType, containerID: containerID, createdNanoseconds: createdNanoseconds)
    let snapshotID = try output.finish(
      head: head, notes: WaveNotes.encoded(cues: cues, summary: summary), table: table)
    return ContainerReceipt(
      snapshotID: snapshotID, byteCount: output.byteCount, totals: totals, summary: summary,
      regionStoredByteCounts: regions.map(\.descriptor.byteCount), ancestorIDs: [])
  }

  /// In the file's order, which is that in which the regions came.
  private var cues: [WaveNotes.Cue] {
    let blockByteCount = UInt64(SampleFormat(sampleType).blockByteCount)
    return regions.compactMap { region in
      guard region.kind == .samples, let run = region.runs.first else { return nil }
      return WaveNotes.Cue(
        name: region.descriptor.name, position: (run.offset - UInt64(WAVE.Size.head)) / blockByteCount)
    }
  }

  private func misuse(_ message: String, _ region: String? = nil) -> FormatError {
    FormatError(.invalidInput, message, region: region)
  }
}

extension WaveWriter {
  private typealias Run = (offset: UInt64, firstChunk: UInt64)

  /// A region between its begin and its end.
  private struct OpenRegion {
    let name: String
    let component: Component
    let elementType: ElementType
    let ordinal: Int
    let kind: WavePartKind
    /// Where the file ended before it.
    let start: WaveOutput.Place
    var runs: [Run] = []
    var chunkCount: UInt64 = 0
    var byteCount: UInt64 = 0
    var chainingValues: [UInt8] = []
    var tree = RegionTree()

    init(
      name: String, component: Component, elementType: ElementType, ordinal: Int, kind: WavePartKind,
      start: WaveOutput.Place
    ) {
      self.name = name
      self.component = component
      self.elementType = elementType
      self.ordinal = ordinal
      self.kind = kind
      self.start = start
    }
  }

  private struct WrittenRegion {
    let ordinal: Int
    let kind: WavePartKind
    let descriptor: RegionDescriptor
    let runs: [Run]
    /// 32 bytes a chunk.
    let chainingValues: [UInt8]
  }
}
