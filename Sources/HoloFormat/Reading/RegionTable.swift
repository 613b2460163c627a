import HoloModel

/// The regions of a state, in order. Kept as their records, about 100 bytes and the name for each; descriptors are made
/// as they are asked for.
package struct RegionTable: RandomAccessCollection, Sendable {
  /// A part of a region: where its chunks are indexed.
  struct Part {
    /// Position of the segment in the chunk map's store.
    var segment: UInt32
    /// Index among the segment's parts.
    var part: UInt16
    /// Index in the region of the first chunk.
    var firstChunk: UInt64
    /// Where in the region that chunk begins.
    var offset: UInt64
  }

  /// The final parts' records, one after the other.
  private var records: [UInt8] = []
  private var recordEnds: [Int] = []
  private var parts: [Part] = []
  private var partEnds: [UInt32] = []

  package var startIndex: Int { 0 }
  package var endIndex: Int { recordEnds.count }

  package subscript(index: Int) -> RegionDescriptor {
    let start = index == 0 ? 0 : recordEnds[index - 1]
    var cursor = ByteCursor(records, range: start..<recordEnds[index], path: "", base: 0)
    guard let descriptor = try? SegmentPart(from: &cursor, firstEntry: 0).descriptor else {
      preconditionFailure("a record that was read before cannot be read")
    }
    return descriptor
  }

  func byteCount(ofRegion region: Int) -> UInt64 {
    // The length is the first field of the descriptor, after the name and the descriptor's own length.
    let start = region == 0 ? 0 : recordEnds[region - 1]
    let nameByteCount = Int(records.integer(at: start, as: UInt16.self))
    return records.integer(at: start + HWP.Size.partStart + nameByteCount + 4)
  }

  package func chunkCount(ofRegion region: Int) -> UInt64 {
    // Of its final part, the first chunk and the number of them.
    let start = region == 0 ? 0 : recordEnds[region - 1]
    let first: UInt64 = records.integer(at: start + 4)
    return first + UInt64(records.integer(at: start + 12, as: UInt32.self))
  }

  /// - Parameter record: of the region's final part, as stored.
  mutating func append(record: ArraySlice<UInt8>, parts regionParts: [Part]) {
    records += record
    recordEnds.append(records.count)
    parts += regionParts
    partEnds.append(UInt32(parts.count))
  }

  /// The part that has a chunk. `chunk` is less than the region's count. O(log parts).
  func part(region: Int, chunk: UInt64) -> Part {
    // The last part that begins at or before the chunk; one without chunks is never before another.
    var low = region == 0 ? 0 : Int(partEnds[region - 1])
    var high = Int(partEnds[region])
    while high - low > 1 {
      let middle = (low + high) / 2
      if parts[middle].firstChunk <= chunk { low = middle } else { high = middle }
    }
    return parts[low]
  }

  /// Calls `body` for each part of each region, in order.
  func forEachPart(_ body: (_ region: Int, _ part: Part) throws(FormatError) -> Void) throws(FormatError) {
    var index = 0
    for region in partEnds.indices {
      while index < Int(partEnds[region]) {
        try body(region, parts[index])
        index += 1
      }
    }
  }
}
