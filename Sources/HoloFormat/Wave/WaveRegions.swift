import HoloModel

/// The regions of a `.wave`, in the state's order. Kept as the table's bytes and 12 bytes a region; descriptors are made
/// as they are asked for.
package struct WaveRegions: RandomAccessCollection, Sendable {
  /// Where the sections of the table begin in `bytes` (WAVE-Format.md, section 5).
  struct Sections: Sendable {
    var runs: Int
    var chainingValues: Int
    var records: Int
  }

  /// The first things of a region; with one more entry for the end of all.
  private struct Starts: Sendable {
    var record: UInt32
    var run: UInt32
    var chunk: UInt32
  }

  /// An unbroken stretch of a region in the file.
  struct Run: Sendable {
    var firstChunk: UInt64
    var offset: UInt64
    var byteCount: UInt64
  }

  private let bytes: [UInt8]
  private let sections: Sections
  private var starts: [Starts] = [Starts(record: 0, run: 0, chunk: 0)]

  init(bytes: [UInt8], sections: Sections, capacity: Int) {
    self.bytes = bytes
    self.sections = sections
    starts.reserveCapacity(capacity + 1)
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { starts.count - 1 }

  package subscript(index: Int) -> RegionDescriptor {
    var cursor = ByteCursor(bytes, range: sections.records..<bytes.count, path: "", base: 0)
    _ = try? cursor.skip(starts[index].record)
    guard let record = try? RegionRecord(from: &cursor) else {
      preconditionFailure("a record that was read before cannot be read")
    }
    return record.descriptor
  }

  /// Adds a region whose record is the next one. The caller has checked that its runs and chunks are there.
  mutating func append(recordByteCount: Int, runCount: Int, chunkCount: Int) {
    let last = starts[starts.count - 1]
    starts.append(
      Starts(
        record: last.record + UInt32(recordByteCount), run: last.run + UInt32(runCount),
        chunk: last.chunk + UInt32(chunkCount)))
  }

  /// Chunks and runs of the regions so far.
  var chunkCount: Int { Int(starts[starts.count - 1].chunk) }
  var runCount: Int { Int(starts[starts.count - 1].run) }

  func runRange(ofRegion region: Int) -> Range<Int> { Int(starts[region].run)..<Int(starts[region + 1].run) }

  func firstChunk(ofRun run: Int) -> UInt64 { bytes.integer(at: sections.runs + WAVE.Size.run * run + 8) }

  /// - Parameters:
  ///   - run: one of the region's ``runRange(ofRegion:)``, whose first chunks ascend.
  ///   - byteCount: of the region.
  func run(_ run: Int, ofRegion region: Int, byteCount: UInt64) -> Run {
    let first = firstChunk(ofRun: run)
    let isLast = run + 1 == Int(starts[region + 1].run)
    let chunk = UInt64(ChunkGeometry.chunkByteCount)
    let end = isLast ? byteCount : firstChunk(ofRun: run + 1) * chunk
    return Run(
      firstChunk: first, offset: bytes.integer(at: sections.runs + WAVE.Size.run * run), byteCount: end - first * chunk)
  }

  /// `chunk` is less than the region's count.
  func chainingValue(_ chunk: UInt64, ofRegion region: Int) -> Digest256 {
    precondition(chunk < UInt64(starts[region + 1].chunk - starts[region].chunk))
    let entry = Int(starts[region].chunk) + Int(chunk)
    return bytes.digest256(at: sections.chainingValues + Digest256.byteCount * entry)
  }

  /// Where a chunk stands in the file, and its length. `chunk` is less than the region's count. O(log runs).
  func extent(_ chunk: UInt64, ofRegion region: Int) -> (offset: UInt64, byteCount: Int) {
    // The last run that begins at or before the chunk.
    var low = Int(starts[region].run)
    var high = Int(starts[region + 1].run)
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
    let record = sections.records + Int(starts[region].record)
    guard let type = ElementType(rawValue: bytes[record + 2]),
      let component = Component(rawValue: bytes[descriptorOffset(region) + 40])
    else { preconditionFailure("a record that was read before cannot be read") }
    return WavePartKind(elementType: type, component: component, sampleType: sampleType)
  }

  private func descriptorOffset(_ region: Int) -> Int {
    let record = sections.records + Int(starts[region].record)
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
