import HoloModel

/// How long the chunks of a segment are that are cut by their content (HWP-Format.md, section 15).
struct ChunkLengths: Sendable {
  /// Where they stand in the segment's bytes; empty where there are none.
  let stored: Range<Int>
  /// Of each chunk, where it ends among those of its part; 0 of one on the grid. Empty where there are no others.
  private let ends: [UInt32]

  /// - Parameters:
  ///   - values: what the extension holds; nil where there is none.
  ///   - bytes: the segment.
  ///   - extensions: for errors.
  init(
    of parts: [SegmentPart], _ values: Range<Int>?, in bytes: [UInt8], _ extensions: ByteCursor
  ) throws(FormatError) {
    let count = parts.reduce(0) { $0 + ($1.chunking == .content ? $1.chunkCount : 0) }
    guard (values?.count ?? 0) == 4 * count, (values == nil) == (count == 0) else {
      throw extensions.malformed("the lengths are not those of the chunks that are cut by their content")
    }
    stored = values ?? 0..<0
    var ends: [UInt32] = []
    guard count > 0 else {
      self.ends = ends
      return
    }
    var offset = stored.lowerBound
    for part in parts {
      guard part.chunking == .content else {
        ends += repeatElement(0, count: part.chunkCount)
        continue
      }
      var end: UInt32 = 0
      for index in 0..<part.chunkCount {
        let length: UInt32 = bytes.integer(at: offset)
        offset += 4
        // Whether the last one of a part is that of its region shows with the next part.
        let least = index + 1 == part.chunkCount ? 1 : ContentCut.byteCounts.lowerBound
        guard (least...ContentCut.byteCounts.upperBound).contains(Int(length)) else {
          throw extensions.malformed("a chunk of region \(part.name) has \(length) bytes")
        }
        end += length
        ends.append(end)
      }
    }
    self.ends = ends
  }

  /// Bytes of a part's region, from its first chunk here on, that a chunk has.
  func range(of entry: Int, in part: SegmentPart) -> Range<Int> {
    (entry == part.firstEntry ? 0 : Int(ends[entry - 1]))..<Int(ends[entry])
  }

  /// Bytes of a part.
  func byteCount(of part: SegmentPart) -> UInt64 {
    part.chunkCount == 0 ? 0 : UInt64(ends[part.firstEntry + part.chunkCount - 1])
  }
}
