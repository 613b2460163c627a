import HoloModel

/// The regions of a table that may be damaged. Each stands for itself: it is taken where its chaining values, or its bytes,
/// give its root.
struct WaveTableSalvage {
  /// A record that can be read, and what it counts.
  private struct Entry {
    var record: Range<Int>
    var descriptor: RegionDescriptor
    var runCount: Int

    var chunkCount: Int { Int(clamping: descriptor.gridChunkCount) }
  }

  private let found: WaveFoundTable
  private let sections: WaveTableSections
  private let source: any RandomAccessSource
  private let path: String
  private var table: [UInt8]
  private var entries: [Entry] = []
  /// The first entry behind records that cannot be read.
  private var gap: Int?
  private var hasLostEnd = false
  private var places: [WaveRegions.Place] = []
  private var names = NameSet()
  private var problems: [FormatError] = []

  /// Regions that were found and proved.
  var provedCount: Int { places.count }

  init(_ found: WaveFoundTable, _ sections: WaveTableSections, _ source: any RandomAccessSource, path: String) {
    self.found = found
    self.sections = sections
    self.source = source
    self.path = path
    table = found.bytes
    guard sections.records.lowerBound <= table.count else {
      hasLostEnd = true
      return
    }
    readRecords()
    place()
  }

  // MARK: Records

  private mutating func readRecords() {
    var position = sections.records.lowerBound
    let end = min(sections.records.upperBound, table.count)
    while position < end, entries.count < WAVE.Limit.regionCount {
      if let entry = entry(at: position, end: end) {
        entries.append(entry)
        position = entry.record.upperBound
      } else if gap == nil, !found.isCut, let next = resumption(after: position, end: end) {
        gap = entries.count
        position = next
      } else {
        break
      }
    }
    hasLostEnd = position < sections.records.upperBound
  }

  private func entry(at position: Int, end: Int) -> Entry? {
    var cursor = ByteCursor(table, range: position..<end, path: path, base: found.offset)
    guard let record = try? RegionRecord(from: &cursor),
      record.descriptor.gridChunkCount <= UInt64(sections.chunkCount),
      record.runCount <= sections.runCount
    else { return nil }
    return Entry(record: position..<cursor.position, descriptor: record.descriptor, runCount: record.runCount)
  }

  /// Where records go on that fill the rest of their section exactly, behind one that cannot be read.
  private func resumption(after position: Int, end: Int) -> Int? {
    // In a hostile table every byte may seem to begin a record: no more than eight times its length is looked at.
    var budget = 8 * (end - position)
    for start in (position + 1)..<max(position + 1, end) {
      var next = start
      while next < end, let entry = entry(at: next, end: end) {
        next = entry.record.upperBound
        budget -= entry.record.count
      }
      if next == end { return start }
      if budget < 0 { return nil }
    }
    return nil
  }

  // MARK: Places

  /// Finds where the runs and the chunks of each region are listed: behind those of all before it, or before those of all
  /// behind it. A record that counts wrongly makes the two differ.
  private mutating func place() {
    var before = (run: 0, chunk: 0)
    var behind = (run: sections.runCount, chunk: sections.chunkCount)
    for entry in entries { behind = (behind.run - entry.runCount, behind.chunk - entry.chunkCount) }
    for (index, entry) in entries.enumerated() {
      var candidates: [(run: Int, chunk: Int)] = []
      if gap.map({ index < $0 }) ?? true { candidates.append(before) }
      if !hasLostEnd, gap.map({ index >= $0 }) ?? true { candidates.append(behind) }
      before = (before.run + entry.runCount, before.chunk + entry.chunkCount)
      if candidates.count == 2, candidates[0] == candidates[1] { candidates.removeLast() }
      take(entry, candidates)
      behind = (behind.run + entry.runCount, behind.chunk + entry.chunkCount)
    }
  }

  private mutating func take(_ entry: Entry, _ candidates: [(run: Int, chunk: Int)]) {
    func problem(_ message: String) -> FormatError {
      FormatError(
        .damaged, message, path: path, offset: found.offset + UInt64(entry.record.lowerBound),
        byteCount: UInt64(entry.record.count), region: entry.descriptor.name)
    }
    guard names.insert(entry.descriptor.name) else {
      return problems.append(problem("the state has two regions of that name"))
    }
    for (run, chunk) in candidates {
      guard run >= 0, chunk >= 0, run + entry.runCount <= sections.runCount,
        chunk + entry.chunkCount <= sections.chunkCount
      else { continue }
      let place = WaveRegions.Place(
        record: UInt32(entry.record.lowerBound - sections.records.lowerBound), run: UInt32(run), chunk: UInt32(chunk))
      if proves(entry, at: place, isOnly: candidates.count == 1) { return places.append(place) }
    }
    problems.append(problem("neither the region's chunks nor its bytes, where the table places them, give its root"))
  }

  private mutating func proves(_ entry: Entry, at place: WaveRegions.Place, isOnly: Bool) -> Bool {
    let region = regions(at: [place])
    let descriptor = entry.descriptor
    guard (entry.runCount == 0) == (descriptor.byteCount == 0),
      region.hasRunsInOrder(ofRegion: 0, chunkCount: descriptor.gridChunkCount), isInside(region, descriptor.byteCount)
    else { return false }
    guard descriptor.gridChunkCount > 0 else { return BLAKE3.hash([]) == descriptor.root }
    var tree = RegionTree()
    for chunk in 0..<descriptor.gridChunkCount { tree.append(region.chainingValue(chunk, ofRegion: 0)) }
    // The root of one chunk cannot be had from its chaining value. In a sound table, whoever reads the bytes finds out.
    if found.isProved { return true }
    if descriptor.gridChunkCount > 1, tree.root() == descriptor.root, isOnly || hasFirstChunk(region) { return true }
    return repairs(region, descriptor, firstChunk: Int(place.chunk))
  }

  private func isInside(_ region: WaveRegions, _ byteCount: UInt64) -> Bool {
    region.runRange(ofRegion: 0).allSatisfy { index in
      let run = region.run(index, ofRegion: 0, byteCount: byteCount)
      return run.offset <= source.byteCount && run.byteCount <= source.byteCount - run.offset
    }
  }

  /// The runs are the region's, and not only the chaining values.
  private func hasFirstChunk(_ region: WaveRegions) -> Bool {
    guard let chunk = try? region.chunk(0, ofRegion: 0),
      let bytes = try? source.bytes(at: chunk.offset, count: UInt64(chunk.byteCount), path: path)
    else { return false }
    return BLAKE3.chainingValue(bytes, chunk: 0) == chunk.chainingValue
  }

  /// Chaining values that are damaged are made anew, where the bytes give the root.
  private mutating func repairs(_ region: WaveRegions, _ descriptor: RegionDescriptor, firstChunk: Int) -> Bool {
    var values: [UInt8] = []
    var stream = BLAKE3Stream()
    for index in 0..<descriptor.gridChunkCount {
      guard let chunk = try? region.chunk(index, ofRegion: 0),
        let bytes = try? source.bytes(at: chunk.offset, count: UInt64(chunk.byteCount), path: path)
      else { return false }
      values.append(BLAKE3.chainingValue(bytes, chunk: index))
      stream.append(bytes)
    }
    guard stream.value == descriptor.root else { return false }
    let start = sections.chainingValues + firstChunk * Digest256.byteCount
    let listed = start..<(start + values.count)
    if table[listed] != values[...] { table.replaceSubrange(listed, with: values) }
    return true
  }

  private func regions(at places: [WaveRegions.Place]) -> WaveRegions {
    var regions = WaveRegions(
      bytes: table,
      sections: WaveRegions.Sections(
        runs: sections.runs, chainingValues: sections.chainingValues, records: sections.records.lowerBound),
      capacity: places.count)
    for place in places { regions.append(at: place) }
    return regions
  }

  // MARK: Result

  var result: WaveSalvage {
    let regions = regions(at: places)
    var problems = problems
    func problem(_ message: String) -> FormatError {
      FormatError(.damaged, message, path: path, offset: found.offset, byteCount: found.byteCount)
    }
    if gap != nil || hasLostEnd { problems.append(problem("records of regions in the table are lost")) }
    if !found.isProved, !isStateProved {
      problems.append(problem("nothing proves the names, types and shapes in the table: one of them may be damaged"))
    }
    var entries: [DirectoryEntry] = []
    var root: FileAttributes?
    if sections.extensions.upperBound <= table.count,
      let directories = try? DirectoryTable(table, range: sections.directories, path: path, base: found.offset),
      let extensions = try? StateExtensions(
        from: ByteCursor(table, range: sections.extensions, path: path, base: found.offset))
    {
      entries = directories.filter { !names.contains($0.name) }
      root = extensions.root
    } else {
      problems.append(problem("the directories in the table are lost"))
    }
    var stateRoot = StateRoot()
    var (chunkCount, byteCount) = (UInt64(0), UInt64(0))
    for region in regions {
      stateRoot.append(region)
      chunkCount += region.gridChunkCount
      // No region is longer than the file, and there are no more than 2²⁰ of them.
      byteCount += region.byteCount
    }
    return WaveSalvage(
      regions: regions, directories: entries, root: root,
      totals: ContainerTotals(
        stateRoot: stateRoot.value, regionCount: UInt64(regions.count), chunkCount: chunkCount, byteCount: byteCount,
        payloadByteCount: byteCount),
      problems: problems, isTableProved: found.isProved)
  }

  /// The records are those of the state that the table was made for.
  private var isStateProved: Bool {
    guard gap == nil, !hasLostEnd else { return false }
    var root = StateRoot()
    for entry in entries { root.append(entry.descriptor) }
    return root.value == table.digest256(at: 48)
  }
}
