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
/// bytes and 12 bytes a chunk, layer or frame.
package struct Segment: Sendable {
  /// Where it stands in its container.
  package let offset: UInt64
  package let frame: UInt32
  package let byteCount: Int
  /// Those that its layers name; the first is the one that it stands in.
  package let containerIDs: [Digest128]
  package let chunkCount: Int
  package let frameCount: Int
  package let parts: [SegmentPart]

  private let bytes: [UInt8]
  private let path: String
  private let start: SegmentStart
  /// The first layer of each chunk, and of what follows the last.
  private let firstLayers: [UInt32]
  private let kinds: [SegmentLayer.Kind]
  /// Where each layer's coding begins in `bytes`.
  private let codingOffsets: [UInt32]
  /// Where each payload frame begins in the file.
  private let frameOffsets: [UInt64]
  /// Where each part's raw chaining values begin in `bytes`; empty where no part is quantized.
  private let rawOffsets: [Int]
  /// Of what is cut by its content.
  private let lengths: ChunkLengths
  /// Where each chunk's block digests begin in `bytes`, 0 for none; empty where there are none at all.
  private let digestOffsets: [UInt32]

  /// - Parameters:
  ///   - bytes: the frame as stored.
  ///   - offset: where it stands in the file.
  ///   - isMoved: it does not stand where it was written, nor do the frames that it counts: of a remnant.
  package init(_ bytes: [UInt8], offset: UInt64, path: String, isMoved: Bool = false) throws(FormatError) {
    let start = try SegmentStart(bytes, path: path, base: offset, isMoved: isMoved)
    func cursor(_ range: Range<Int>) -> ByteCursor { ByteCursor(bytes, range: range, path: path, base: offset) }
    guard start.byteCount == bytes.count else {
      throw cursor(0..<0).malformed("the segment has \(start.byteCount) bytes where \(bytes.count) are stored", at: 0)
    }
    guard bytes.hasValidCheck else {
      throw FormatError(
        .damaged, "the segment does not match its check", path: path, offset: offset, byteCount: UInt64(bytes.count))
    }
    let ids = (0..<start.containerCount).map { bytes.digest128(at: start.containers + 16 * $0) }
    guard Set(ids).count == ids.count else {
      throw cursor(start.containers..<start.frameLengths).malformed("the segment names a container twice")
    }
    let extensions = cursor(start.extensions..<(start.extensions + start.extensionByteCount))
    var rawValues: Range<Int>?
    var digests: Range<Int>?
    var lengths: Range<Int>?
    try Attribute.readExtensions(extensions) { (tag, value) throws(FormatError) in
      switch tag {
      case HWP.Extension.rawChainingValues: rawValues = try value.skip(value.remaining)
      case HWP.Extension.blockDigests: digests = try value.skip(value.remaining)
      case HWP.Extension.chunkLengths: lengths = try value.skip(value.remaining)
      default: return false
      }
      return true
    }

    self.offset = offset
    self.bytes = bytes
    self.path = path
    self.start = start
    frame = start.frame
    byteCount = bytes.count
    containerIDs = ids
    chunkCount = start.chunkCount
    frameCount = start.frameCount
    frameOffsets = try Self.frameOffsets(cursor(start.frameLengths..<start.layers), start)
    parts = try Self.parts(cursor(start.parts..<start.extensions), start)
    self.lengths = try ChunkLengths(of: parts, lengths, in: bytes, extensions)
    rawOffsets = try Self.rawOffsets(of: parts, rawValues, extensions)
    firstLayers = try Self.firstLayers(cursor(start.layerCounts..<start.codings), start)
    (kinds, codingOffsets) = try Self.layers(cursor(start.layers..<start.chainingValues), start)
    let content = parts.lazy.filter { $0.chunking == .content }.flatMap { $0.entries }
    digestOffsets = digests.flatMap { try? Self.digestOffsets(cursor($0), start, without: Set(content)) } ?? []
    for part in parts {
      // How long the last chunk of a part is shows only in the final part: the next one may be final and have no chunks.
      let isLeftOut = part.descriptor == nil && part.chunking == .grid
      for index in 0..<(isLeftOut ? part.chunkCount - 1 : part.chunkCount) {
        let entry = part.firstEntry + index
        let byteCount = range(of: entry, in: part, regionByteCount: part.descriptor?.byteCount ?? .max).count
        try check(entry: entry, byteCount: byteCount, of: part)
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

  /// Bytes of a part's region, from its first chunk here on, that a chunk has.
  ///
  /// - Parameter regionByteCount: counts where the region is on the grid.
  func range(of entry: Int, in part: SegmentPart, regionByteCount: UInt64) -> Range<Int> {
    guard part.chunking == .grid else { return lengths.range(of: entry, in: part) }
    let index = entry - part.firstEntry
    let count = ChunkGeometry.chunkByteCount(at: part.firstChunk + UInt64(index), regionByteCount: regionByteCount)
    let start = index * ChunkGeometry.chunkByteCount
    return start..<(start + count)
  }

  /// Bytes of a part that is cut by its content.
  func contentByteCount(of part: SegmentPart) -> UInt64 { lengths.byteCount(of: part) }

  package var containerID: Digest128 { containerIDs[0] }

  /// Whether it says the same of the same chunks, wherever these are stored.
  ///
  /// - Parameters: the sections of a segment, as stored.
  func says(chainingValues: [UInt8], rawChainingValues: [UInt8], lengths: [UInt8], parts: [UInt8]) -> Bool {
    let raw = self.parts.indices.flatMap { part -> [UInt8] in
      guard self.parts[part].isQuantized, self.parts[part].chunkCount > 0 else { return [] }
      let first = rawOffsets[part]
      return Array(bytes[first..<(first + Digest256.byteCount * self.parts[part].chunkCount)])
    }
    return bytes[start.chainingValues..<start.layerCounts].elementsEqual(chainingValues) && raw == rawChainingValues
      && bytes[self.lengths.stored].elementsEqual(lengths)
      && bytes[start.parts..<start.extensions].elementsEqual(parts)
  }

  /// Whether it needs what only containers of ``HWP/Feature/layers`` may have.
  var usesLayers: Bool { containerIDs.count > 1 || start.layerCount > chunkCount }
  /// Likewise of ``HWP/Feature/differences``.
  var usesDifferences: Bool { kinds.contains(.difference) }

  /// How a chunk is stored, the oldest layer first. Parsed anew: keep it.
  package func layers(at entry: Int) throws(FormatError) -> [SegmentLayer] {
    var layers: [SegmentLayer] = []
    for index in Int(firstLayers[entry])..<Int(firstLayers[entry + 1]) {
      let record = start.layers + HWP.Size.layerRecord * index
      let from = Int(codingOffsets[index])
      var cursor = ByteCursor(bytes, range: from..<(from + Int(bytes[record + 1])), path: path, base: offset)
      let (effect, coding) = try SegmentLayer.parse(kinds[index], &cursor)
      let number: UInt32 = bytes.integer(at: record + 4)
      layers.append(
        SegmentLayer(
          effect, coding: coding,
          containerID: containerIDs[Int(bytes.integer(at: record + 2, as: UInt16.self))],
          frame: number == HWP.noFrame ? nil : number))
    }
    return layers
  }

  /// Calls `body` with the number of each frame of this container that a chunk is stored in.
  func forEachOwnFrame(of entry: Int, _ body: (_ frame: UInt32) throws(FormatError) -> Void) throws(FormatError) {
    for index in Int(firstLayers[entry])..<Int(firstLayers[entry + 1]) {
      let record = start.layers + HWP.Size.layerRecord * index
      let number: UInt32 = bytes.integer(at: record + 4)
      if bytes.integer(at: record + 2, as: UInt16.self) == 0, number != HWP.noFrame { try body(number) }
    }
  }

  /// Digests of the blocks that a chunk's last layer gives, in their order; nil where there are none, or not so many.
  package func blockDigests(at entry: Int, count: Int) -> [Digest128]? {
    guard !digestOffsets.isEmpty, digestOffsets[entry] > 0 else { return nil }
    let from = Int(digestOffsets[entry])
    guard bytes[from] == count else { return nil }
    return (0..<count).map { bytes.digest128(at: from + 1 + Digest128.byteCount * $0) }
  }

  /// One of the frames that this segment counts.
  package func extent(ofFrame number: UInt32) -> FrameExtent {
    let index = Int(number) - Int(firstFrame)
    let length: UInt32 = bytes.integer(at: start.frameLengths + 4 * index)
    return FrameExtent(number: number, offset: frameOffsets[index], byteCount: Int(length), hash: nil)
  }

  /// The record of a part, as stored.
  func record(of part: SegmentPart) -> ArraySlice<UInt8> { bytes[part.record] }

  /// The layers' codings go with the chunk's length, and there is a frame exactly where there is a stream.
  func check(entry: Int, byteCount: Int, of part: SegmentPart) throws(FormatError) {
    func malformed(_ message: String) -> FormatError {
      FormatError(
        .malformed, message, path: path, offset: offset, byteCount: UInt64(self.byteCount), frame: frame,
        region: part.name, chunk: part.firstChunk + UInt64(entry - part.firstEntry))
    }
    if let problem = try layers(at: entry).problem(chunkByteCount: byteCount, of: part, in: containerID) {
      throw malformed(problem)
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

  /// How many layers each chunk has, summed up.
  private static func firstLayers(_ cursor: ByteCursor, _ start: SegmentStart) throws(FormatError) -> [UInt32] {
    var cursor = cursor
    var firsts: [UInt32] = [0]
    firsts.reserveCapacity(start.chunkCount + 1)
    var sum: UInt32 = 0
    for _ in 0..<start.chunkCount {
      let count: UInt8 = try cursor.read()
      guard count > 0 else { throw cursor.malformed("a chunk has no layer") }
      guard count <= HWP.Limit.layersPerChunk else { throw cursor.malformed("a chunk has \(count) layers") }
      sum += UInt32(count)
      firsts.append(sum)
    }
    guard sum == start.layerCount else {
      throw cursor.malformed("the chunks have \(sum) layers, the segment \(start.layerCount)")
    }
    return firsts
  }

  /// Checks the layer records: what each layer is, and where its coding begins.
  private static func layers(
    _ cursor: ByteCursor, _ start: SegmentStart
  ) throws(FormatError) -> ([SegmentLayer.Kind], [UInt32]) {
    var cursor = cursor
    var kinds: [SegmentLayer.Kind] = []
    var offsets: [UInt32] = []
    kinds.reserveCapacity(start.layerCount)
    offsets.reserveCapacity(start.layerCount)
    var offset = start.codings
    let frames = (start.frame - UInt32(start.frameCount))..<start.frame
    for _ in 0..<start.layerCount {
      let code: UInt8 = try cursor.read()
      guard let kind = SegmentLayer.Kind(rawValue: code) else {
        throw cursor.error(.unsupportedFeature, "the layer kind \(code) is not known to this version")
      }
      kinds.append(kind)
      let length: UInt8 = try cursor.read()
      let container: UInt16 = try cursor.read()
      guard Int(container) < start.containerCount else {
        throw cursor.malformed("a layer stands in container \(container), the segment names \(start.containerCount)")
      }
      let frame: UInt32 = try cursor.read()
      guard frame == HWP.noFrame || container > 0 || frames.contains(frame) else {
        throw cursor.malformed("a layer stands in frame \(frame), which the segment does not count")
      }
      offsets.append(UInt32(offset))
      offset += Int(length)
      guard offset <= start.parts else { throw cursor.malformed("the codings have too few bytes") }
    }
    guard offset == start.parts else { throw cursor.malformed("the codings have too many bytes") }
    return (kinds, offsets)
  }

  /// Where the digests of each chunk begin, with their number; 0 where it has none. Throws where they break a rule: then there are none.
  private static func digestOffsets(
    _ cursor: ByteCursor, _ start: SegmentStart, without bare: Set<Int>
  ) throws(FormatError) -> [UInt32] {
    var cursor = cursor
    let mask = try cursor.read(count: (start.chunkCount + 7) / 8)
    var offsets = [UInt32](repeating: 0, count: start.chunkCount)
    for entry in 0..<(8 * mask.count) where mask[entry / 8] >> (entry % 8) & 1 == 1 {
      guard entry < start.chunkCount, !bare.contains(entry) else {
        throw cursor.malformed("a chunk that there is not, or that has no blocks, has digests")
      }
      offsets[entry] = UInt32(cursor.position)
      let count: UInt8 = try cursor.read()
      _ = try cursor.skip(Digest128.byteCount * Int(count))
    }
    try cursor.expectEnd(of: "the block digests")
    return offsets
  }
}
