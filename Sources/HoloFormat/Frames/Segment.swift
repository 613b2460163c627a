import HoloModel

/// One frame of a container.
package struct FrameExtent: Hashable, Sendable {
  package var number: UInt32
  /// In the file.
  package var offset: UInt64
  package var byteCount: Int
  /// BLAKE3-128 of the stored bytes; nil where the frame table is lost.
  package var hash: Digest128?
}

/// A piece of the index: at most 4,096 chunks (HWP-Format.md, section 6). Parsed and checked whole; keeps the frame's
/// bytes and 12 bytes a chunk or frame.
package struct Segment: Sendable {
  /// Where it stands in its container.
  package let offset: UInt64
  package let frame: UInt32
  package let byteCount: Int
  package let containerID: Digest128
  package let chunkCount: Int
  package let frameCount: Int
  package let parts: [SegmentPart]

  private let bytes: [UInt8]
  private let path: String
  private let start: SegmentStart
  /// Where each chunk's coding begins in `bytes`.
  private let codingOffsets: [UInt32]
  /// Where each payload frame begins in the file.
  private let frameOffsets: [UInt64]
  /// Where each part's raw chaining values begin in `bytes`; empty where no part is quantized.
  private let rawOffsets: [Int]

  /// - Parameters:
  ///   - bytes: the frame as stored.
  ///   - offset: where it stands in the file.
  package init(_ bytes: [UInt8], offset: UInt64, path: String) throws(FormatError) {
    let start = try SegmentStart(bytes, path: path, base: offset)
    func cursor(_ range: Range<Int>) -> ByteCursor { ByteCursor(bytes, range: range, path: path, base: offset) }
    guard start.byteCount == bytes.count else {
      throw cursor(0..<0).malformed("the segment has \(start.byteCount) bytes where \(bytes.count) are stored", at: 0)
    }
    guard bytes.hasValidCheck else {
      throw FormatError(
        .damaged, "the segment does not match its check", path: path, offset: offset, byteCount: UInt64(bytes.count))
    }
    var ids: Set<Digest128> = []
    for index in 0..<start.containerCount where !ids.insert(bytes.digest128(at: start.containers + 16 * index)).inserted
    {
      throw cursor(start.containers..<start.frameLengths).malformed("the segment names a container twice")
    }
    let extensions = cursor(start.extensions..<(start.extensions + start.extensionByteCount))
    var rawValues: Range<Int>?
    try Attribute.readExtensions(extensions) { (tag, value) throws(FormatError) in
      guard tag == HWP.Extension.rawChainingValues else { return false }
      rawValues = try value.skip(value.remaining)
      return true
    }

    self.offset = offset
    self.bytes = bytes
    self.path = path
    self.start = start
    frame = start.frame
    byteCount = bytes.count
    containerID = bytes.digest128(at: start.containers)
    chunkCount = start.chunkCount
    frameCount = start.frameCount
    frameOffsets = try Self.frameOffsets(cursor(start.frameLengths..<start.layers), start)
    parts = try Self.parts(cursor(start.parts..<start.extensions), start)
    rawOffsets = try Self.rawOffsets(of: parts, rawValues, extensions)
    codingOffsets = try Self.codingOffsets(cursor(start.layers..<start.codings), start, bytes: bytes)
    for part in parts {
      // How long the last chunk of a part is shows only in the final part: the next one may be final and have no chunks.
      for index in 0..<(part.descriptor == nil ? part.chunkCount - 1 : part.chunkCount) {
        let chunk = part.firstChunk + UInt64(index)
        let byteCount = part.descriptor.map {
          ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: $0.byteCount)
        }
        try check(entry: part.firstEntry + index, byteCount: byteCount ?? ChunkGeometry.chunkByteCount, of: part)
      }
    }
  }

  /// Number of the first payload frame that this segment counts.
  package var firstFrame: UInt32 { frame - UInt32(frameCount) }

  /// Where the frames that this segment counts begin: the end of the segment, or of the header, before it.
  package var payloadOffset: UInt64 { frameOffsets.first ?? offset }

  package func chainingValue(at entry: Int) -> Digest256 {
    precondition((0..<chunkCount).contains(entry))
    return bytes.digest256(at: start.chainingValues + Digest256.byteCount * entry)
  }

  /// Of the bytes that were read, of which a quantized chunk keeps something near.
  package func rawChainingValue(at entry: Int, of part: Int) -> Digest256 {
    bytes.digest256(at: rawOffsets[part] + Digest256.byteCount * (entry - parts[part].firstEntry))
  }

  /// How a chunk is coded. Parsed anew: keep it.
  package func coding(at entry: Int) throws(FormatError) -> Coding {
    let from = Int(codingOffsets[entry])
    let length = Int(bytes[start.layers + HWP.Size.layerRecord * entry + 1])
    var cursor = ByteCursor(bytes, range: from..<(from + length), path: path, base: offset)
    return try Coding(from: &cursor)
  }

  /// The frame that holds a chunk; nil where every component is constant.
  package func extent(at entry: Int) -> FrameExtent? {
    let number = frameNumber(at: entry)
    return number == HWP.noFrame ? nil : extent(ofFrame: number)
  }

  /// One of the frames that this segment counts.
  package func extent(ofFrame number: UInt32) -> FrameExtent {
    let index = Int(number) - Int(firstFrame)
    let length: UInt32 = bytes.integer(at: start.frameLengths + 4 * index)
    return FrameExtent(number: number, offset: frameOffsets[index], byteCount: Int(length), hash: nil)
  }

  /// The record of a part, as stored.
  func record(of part: SegmentPart) -> ArraySlice<UInt8> { bytes[part.record] }

  /// `HWP.noFrame` for none.
  func frameNumber(at entry: Int) -> UInt32 { bytes.integer(at: start.layers + HWP.Size.layerRecord * entry + 4) }

  /// The coding goes with the chunk's length, and there is a frame exactly where there is a stream.
  func check(entry: Int, byteCount: Int, of part: SegmentPart) throws(FormatError) {
    func malformed(_ message: String) -> FormatError {
      FormatError(
        .malformed, message, path: path, offset: offset, byteCount: UInt64(self.byteCount), frame: frame,
        region: part.name, chunk: part.firstChunk + UInt64(entry - part.firstEntry))
    }
    let coding = try coding(at: entry)
    guard let length = coding.streamByteCount(chunkByteCount: byteCount) else {
      throw malformed("the chunk's length is not a multiple of its coding's elements")
    }
    let isQuantized = coding.quantization != nil
    guard length <= (isQuantized ? HWP.Limit.streamByteCount : HWP.Limit.plainStreamByteCount) else {
      throw malformed("the chunk's stream has \(length) bytes")
    }
    guard !isQuantized || part.isQuantized else { throw malformed("the chunk is quantized, its region is not") }
    if let problem = coding.quantizationProblem(type: part.elementType, chunkByteCount: byteCount) {
      throw malformed(problem)
    }
    guard (length == 0) == (frameNumber(at: entry) == HWP.noFrame) else {
      throw malformed(length == 0 ? "a chunk without a stream has a frame" : "a chunk with a stream has no frame")
    }
  }
}

// Section after section of the frame.
extension Segment {
  private static func frameOffsets(_ cursor: ByteCursor, _ start: SegmentStart) throws(FormatError) -> [UInt64] {
    var cursor = cursor
    var lengths: [UInt64] = []
    lengths.reserveCapacity(start.frameCount)
    var sum: UInt64 = 0
    for _ in 0..<start.frameCount {
      let length: UInt32 = try cursor.read()
      guard FrameKind.payload.byteCounts.contains(Int(length)) else {
        throw cursor.malformed("a payload frame is said to have \(length) bytes")
      }
      lengths.append(UInt64(length))
      sum += UInt64(length)
    }
    guard sum <= start.offset, start.offset - sum >= UInt64(HWP.Size.header) else {
      throw cursor.malformed("the segment's frames have more bytes than stand before it")
    }
    var offset = start.offset - sum
    for index in lengths.indices {
      let length = lengths[index]
      lengths[index] = offset
      offset += length
    }
    return lengths
  }

  private static func parts(_ cursor: ByteCursor, _ start: SegmentStart) throws(FormatError) -> [SegmentPart] {
    var cursor = cursor
    var parts: [SegmentPart] = []
    var entry = 0
    for _ in 0..<start.partCount {
      let part = try SegmentPart(from: &cursor, firstEntry: entry)
      entry += part.chunkCount
      parts.append(part)
    }
    try cursor.expectEnd(of: "the part records")
    guard entry == start.chunkCount else {
      throw cursor.malformed("the parts have \(entry) chunks, the segment \(start.chunkCount)")
    }
    return parts
  }

  /// Raw chaining values stand part after part, of the quantized ones.
  private static func rawOffsets(
    of parts: [SegmentPart], _ values: Range<Int>?, _ cursor: ByteCursor
  ) throws(FormatError) -> [Int] {
    guard values != nil || parts.contains(where: { $0.isQuantized && $0.chunkCount > 0 }) else { return [] }
    var offset = values?.lowerBound ?? 0
    var offsets: [Int] = []
    for part in parts {
      offsets.append(offset)
      if part.isQuantized { offset += Digest256.byteCount * part.chunkCount }
    }
    guard let values, offset == values.upperBound, !values.isEmpty else {
      throw cursor.malformed("the raw chaining values are not those of the quantized chunks")
    }
    return offsets
  }

  /// Checks the layer records and the number of layers of each chunk.
  private static func codingOffsets(
    _ cursor: ByteCursor, _ start: SegmentStart, bytes: [UInt8]
  ) throws(FormatError) -> [UInt32] {
    var cursor = cursor
    var offsets: [UInt32] = []
    offsets.reserveCapacity(start.layerCount)
    var offset = start.codings
    let frames = (start.frame - UInt32(start.frameCount))..<start.frame
    for _ in 0..<start.layerCount {
      let kind: UInt8 = try cursor.read()
      guard kind == 0 else {
        throw cursor.error(.unsupportedFeature, "the layer kind \(kind) is not known to this version")
      }
      let length: UInt8 = try cursor.read()
      let container: UInt16 = try cursor.read()
      guard Int(container) < start.containerCount else {
        throw cursor.malformed("a layer stands in container \(container), the segment names \(start.containerCount)")
      }
      guard container == 0 else {
        throw cursor.error(.unsupportedFeature, "layers of other containers are not known to this version")
      }
      let frame: UInt32 = try cursor.read()
      guard frame == HWP.noFrame || frames.contains(frame) else {
        throw cursor.malformed("a layer stands in frame \(frame), which the segment does not count")
      }
      offsets.append(UInt32(offset))
      offset += Int(length)
      guard offset <= start.parts else { throw cursor.malformed("the codings have too few bytes") }
    }
    guard offset == start.parts else { throw cursor.malformed("the codings have too many bytes") }
    // As many layers as chunks: each chunk must have exactly one.
    guard bytes[start.layerCounts..<start.codings].allSatisfy({ $0 == 1 }) else {
      throw cursor.malformed("a chunk has no layer")
    }
    return offsets
  }
}
