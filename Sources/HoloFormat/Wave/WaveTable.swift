import HoloModel

/// What a `.wave` holds: the content of `hwpR` (WAVE-Format.md, section 5). Keeps its bytes.
struct WaveTable: Sendable {
  let containerID: Digest128
  let totals: ContainerTotals
  /// In the file's order.
  let parts: [WavePart]
  let regions: WaveRegions
  let summary: Summary
  let directories: DirectoryTable
  let extensions: StateExtensions
  /// Of the bytes: the snapshot id.
  let hash: Digest256

  /// Reads and checks all that the table alone tells, and that parts and runs tile the file.
  ///
  /// - Parameters:
  ///   - bytes: whose hash is `trailer.tableHash`.
  init(_ bytes: [UInt8], sampleType: ElementType?, trailer: WaveTrailer, path: String) throws(FormatError) {
    var cursor = ByteCursor(bytes, path: path, base: trailer.tableOffset)
    guard try cursor.read(UInt64.self) == WAVE.Tag.table else { throw cursor.malformed("no table", at: 0) }
    containerID = try cursor.readDigest128()
    let partCount = Int(try cursor.read(UInt32.self))
    let runCount = Int(try cursor.read(UInt32.self))
    let recordByteCount = Int(try cursor.read(UInt32.self))
    let summaryByteCount = Int(try cursor.read(UInt32.self))
    let directoryByteCount = Int(try cursor.read(UInt32.self))
    let extensionByteCount = Int(try cursor.read(UInt32.self))
    let claimed = try ContainerTotals(from: &cursor, payloadByteCount: 0)
    guard (1...WAVE.Limit.partCount).contains(partCount) else {
      throw cursor.malformed("the table lists \(partCount) parts")
    }
    guard claimed.regionCount <= min(WAVE.Limit.regionCount, recordByteCount / WAVE.Size.leastRecord),
      claimed.chunkCount <= bytes.count / Digest256.byteCount
    else {
      throw cursor.malformed("the table lists \(claimed.regionCount) regions of \(claimed.chunkCount) chunks")
    }
    guard runCount <= Int(claimed.regionCount) + partCount else {
      throw cursor.malformed("the table lists \(runCount) runs")
    }
    guard summaryByteCount <= HWP.Limit.summaryByteCount else {
      throw cursor.malformed("the summary has \(summaryByteCount) bytes")
    }

    parts = try WavePart.read(count: partCount, from: &cursor, noteOffset: trailer.noteOffset)
    let runs = try cursor.skip(runCount * WAVE.Size.run).lowerBound
    let values = try cursor.skip(Int(claimed.chunkCount) * Digest256.byteCount).lowerBound
    var records = try cursor.cursor(over: recordByteCount)
    summary = try Summary(json: try cursor.read(count: summaryByteCount), path: path, offset: trailer.tableOffset)
    directories = try DirectoryTable(
      bytes, range: try cursor.skip(directoryByteCount), path: path, base: trailer.tableOffset)
    extensions = try StateExtensions(from: try cursor.cursor(over: extensionByteCount))
    try cursor.expectEnd(of: "the table")

    let sections = WaveRegions.Sections(runs: runs, chainingValues: values, records: records.position)
    var builder = WaveRegionBuilder(
      WaveRegions(bytes: bytes, sections: sections, capacity: Int(claimed.regionCount)), sampleType: sampleType,
      runCount: runCount, chunkCount: Int(claimed.chunkCount), capacity: Int(claimed.regionCount))
    for _ in 0..<claimed.regionCount { try builder.append(from: &records) }
    try records.expectEnd(of: "the list of regions")
    regions = builder.regions
    totals = try builder.finish(directories: directories, cursor)
    guard claimed.stateRoot == totals.stateRoot, claimed.byteCount == totals.byteCount else {
      throw cursor.error(.damaged, "the table's totals are not those of the regions", at: 48)
    }
    hash = trailer.tableHash
    try tiling(sampleType: sampleType).check(cursor)
  }

  func tiling(sampleType: ElementType?) -> WaveTiling {
    WaveTiling(parts: parts, regions: regions, sampleType: sampleType)
  }

  /// The table of what a writer gathered.
  ///
  /// - Parameters:
  ///   - records: the regions', in the state's order; `runs` and `chainingValues` likewise.
  static func encoded(
    containerID: Digest128, totals: ContainerTotals, parts: [WavePart], runs: [UInt8], chainingValues: [[UInt8]],
    records: [UInt8], summary: [UInt8], directories: [UInt8], extensions: [UInt8]
  ) throws(FormatError) -> [UInt8] {
    let variable = runs.count + records.count + summary.count + directories.count + extensions.count
    let byteCount =
      WAVE.Size.tableStart + parts.count * WAVE.Size.part + Int(totals.chunkCount) * Digest256.byteCount + variable
    guard byteCount <= WAVE.Limit.tableByteCount else {
      throw FormatError(.limitExceeded, "the state has more chunks, regions and directories than a .wave can list")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    bytes.append(littleEndian: WAVE.Tag.table)
    bytes.append(containerID)
    bytes.append(littleEndian: UInt32(parts.count))
    bytes.append(littleEndian: UInt32(runs.count / WAVE.Size.run))
    for section in [records, summary, directories, extensions] { bytes.append(littleEndian: UInt32(section.count)) }
    bytes += totals.encoded
    for part in parts { bytes += part.encoded }
    bytes += runs
    for values in chainingValues { bytes += values }
    bytes += records
    bytes += summary
    bytes += directories
    bytes += extensions
    return bytes
  }
}
