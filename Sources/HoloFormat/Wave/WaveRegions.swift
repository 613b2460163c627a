import HoloModel

/// The regions of a `.wave`, in the state's order, and where their chunks stand. Kept as the table's bytes and 12 bytes a
/// region; descriptors are made as they are asked for.
package struct WaveRegions: RandomAccessCollection, Sendable {
  /// Where the sections of the table begin in `bytes` (WAVE-Format.md, section 5).
  struct Sections: Sendable {
    var runs: Int
    var chainingValues: Int
    var records: Int
  }

  /// Where the things of a region begin in their sections: its record in bytes, its runs and its chaining values by number.
  struct Place: Equatable, Sendable {
    var record: UInt32 = 0
    var run: UInt32 = 0
    var chunk: UInt32 = 0
  }

  /// An unbroken stretch of a region in the file.
  struct Run: Sendable {
    var firstChunk: UInt64
    var offset: UInt64
    var byteCount: UInt64
  }

  private let bytes: [UInt8]
  private let sections: Sections
  private var places: [Place] = []

  init(bytes: [UInt8], sections: Sections, capacity: Int) {
    self.bytes = bytes
    self.sections = sections
    places.reserveCapacity(capacity)
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { places.count }

  package subscript(index: Int) -> RegionDescriptor {
    var cursor = ByteCursor(bytes, range: sections.records..<bytes.count, path: "", base: 0)
    _ = try? cursor.skip(places[index].record)
    guard let record = try? RegionRecord(from: &cursor) else {
      preconditionFailure("a record that was read before cannot be read")
    }
    return record.descriptor
  }

  /// Adds a region. The caller has checked that its record, its runs and its chunks are there.
  mutating func append(at place: Place) { places.append(place) }

  func runRange(ofRegion region: Int) -> Range<Int> {
    let first = Int(places[region].run)
    return first..<(first + Int(bytes.integer(at: recordOffset(region) + 4, as: UInt32.self)))
  }

  func firstChunk(ofRun run: Int) -> UInt64 { bytes.integer(at: sections.runs + WAVE.Size.run * run + 8) }

  /// The first run begins with chunk 0, each other behind the one before it, none past the region's end.
  func hasRunsInOrder(ofRegion region: Int, chunkCount: UInt64) -> Bool {
    var next: UInt64 = 0
    for run in runRange(ofRegion: region) {
      let first = firstChunk(ofRun: run)
      guard next == 0 ? first == 0 : first >= next, first < chunkCount else { return false }
      next = first + 1
    }
    return true
  }

  /// - Parameters:
  ///   - run: one of the region's ``runRange(ofRegion:)``, whose first chunks ascend.
  ///   - byteCount: of the region.
  func run(_ run: Int, ofRegion region: Int, byteCount: UInt64) -> Run {
    let first = firstChunk(ofRun: run)
    let isLast = run + 1 == runRange(ofRegion: region).upperBound
    let chunk = UInt64(ChunkGeometry.chunkByteCount)
    let end = isLast ? byteCount : firstChunk(ofRun: run + 1) * chunk
    return Run(
      firstChunk: first, offset: bytes.integer(at: sections.runs + WAVE.Size.run * run), byteCount: end - first * chunk)
  }

  /// What stands where a chunk of a region is.
  ///
  /// - Parameter index: less than the region's number of chunks.
  package func chunk(
    _ index: UInt64, ofRegion region: Int
  ) throws(FormatError) -> (chainingValue: Digest256, offset: UInt64, byteCount: Int) {
    guard indices.contains(region),
      index < ChunkGeometry.chunkCount(regionByteCount: byteCount(ofRegion: region))
    else { throw FormatError(.invalidInput, "region \(region) has no chunk \(index)") }
    let extent = extent(index, ofRegion: region)
    return (chainingValue(index, ofRegion: region), extent.offset, extent.byteCount)
  }

  func chainingValue(_ chunk: UInt64, ofRegion region: Int) -> Digest256 {
    bytes.digest256(at: sections.chainingValues + Digest256.byteCount * (Int(places[region].chunk) + Int(chunk)))
  }

  /// Where a chunk stands in the file, and its length. O(log runs).
  private func extent(_ chunk: UInt64, ofRegion region: Int) -> (offset: UInt64, byteCount: Int) {
    // The last run that begins at or before the chunk.
    let runs = runRange(ofRegion: region)
    var low = runs.lowerBound
    var high = runs.upperBound
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstChunk(ofRun: middle) <= chunk { low = middle } else { high = middle }
    }
    let byteCount = byteCount(ofRegion: region)
    let run = run(low, ofRegion: region, byteCount: byteCount)
    return (
      run.offset + (chunk - run.firstChunk) * UInt64(ChunkGeometry.chunkByteCount),
      ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: byteCount)
    )
  }

  /// The length is the first field of the descriptor, the component the third (HWP-Format.md, section 7).
  func byteCount(ofRegion region: Int) -> UInt64 { bytes.integer(at: descriptorOffset(region)) }

  /// Where the region belongs.
  func kind(ofRegion region: Int, sampleType: ElementType?) -> WavePartKind {
    guard let type = ElementType(rawValue: bytes[recordOffset(region) + 2]),
      let component = Component(rawValue: bytes[descriptorOffset(region) + 40])
    else { preconditionFailure("a record that was read before cannot be read") }
    return WavePartKind(elementType: type, component: component, sampleType: sampleType)
  }

  private func recordOffset(_ region: Int) -> Int { sections.records + Int(places[region].record) }

  private func descriptorOffset(_ region: Int) -> Int {
    let record = recordOffset(region)
    return record + WAVE.Size.regionStart + Int(bytes.integer(at: record, as: UInt16.self))
  }
}

/// A region in the table (WAVE-Format.md, section 5).
struct RegionRecord {
  var runCount: Int
  var descriptor: RegionDescriptor

  init(from cursor: inout ByteCursor) throws(FormatError) {
    let nameByteCount: UInt16 = try cursor.read()
    let code: UInt8 = try cursor.read()
    try cursor.expectZero(1)
    runCount = Int(try cursor.read(UInt32.self))
    let descriptorByteCount: UInt32 = try cursor.read()
    guard let name = CanonicalName.read(try cursor.read(count: Int(nameByteCount))) else {
      throw cursor.malformed("a region's name is not canonical")
    }
    guard let type = ElementType(rawValue: code) else {
      throw cursor.error(.unsupportedFeature, "the element type \(code) is not known to this version")
        .at(frame: nil, region: name)
    }
    var inner = try cursor.cursor(over: Int(descriptorByteCount))
    do throws(FormatError) {
      descriptor = try RegionDescriptor(name: name, elementType: type, from: &inner)
    } catch {
      throw error.at(frame: nil, region: name)
    }
  }

  static func encoded(_ descriptor: RegionDescriptor, runCount: Int) -> [UInt8] {
    let record = descriptor.encoded
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(descriptor.name.utf8.count))
    bytes += [descriptor.elementType.rawValue, 0]
    bytes.append(littleEndian: UInt32(runCount))
    bytes.append(littleEndian: UInt32(record.count))
    bytes += descriptor.name.utf8
    return bytes + record
  }
}
