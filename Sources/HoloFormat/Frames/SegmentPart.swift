import HoloModel

/// The chunks of one region that one segment indexes (HWP-Format.md, section 7).
package struct SegmentPart: Sendable {
  package var name: String
  package var elementType: ElementType
  /// Index in the region of the part's first chunk.
  package var firstChunk: UInt64
  /// Index in the segment of the part's first chunk.
  package var firstEntry: Int
  package var chunkCount: Int
  var entries: Range<Int> { firstEntry..<(firstEntry + chunkCount) }
  /// Whether its chunks may be quantized, and have raw chaining values.
  package var isQuantized: Bool
  package var chunking: Chunking
  /// Of the region that ends with this part.
  package var descriptor: RegionDescriptor?
  /// Where the record stands in the segment's bytes.
  private(set) var record: Range<Int> = 0..<0

  /// Reads one part record.
  init(from cursor: inout ByteCursor, firstEntry: Int) throws(FormatError) {
    let start = cursor.position
    let nameByteCount: UInt16 = try cursor.read()
    let flags: UInt8 = try cursor.read()
    guard flags & ~HWP.PartFlag.known == 0 else {
      throw cursor.malformed("a part has unknown flags \(flags)")
    }
    isQuantized = flags & HWP.PartFlag.quantized != 0
    chunking = flags & HWP.PartFlag.content != 0 ? .content : .grid
    let typeCode: UInt8 = try cursor.read()
    guard let elementType = ElementType(rawValue: typeCode) else {
      throw cursor.error(.unsupportedFeature, "the element type \(typeCode) is not known to this version")
    }
    self.elementType = elementType
    firstChunk = try cursor.read()
    let count: UInt32 = try cursor.read()
    guard count <= HWP.Limit.chunksPerSegment else { throw cursor.malformed("a part has \(count) chunks") }
    chunkCount = Int(count)
    self.firstEntry = firstEntry
    guard let name = CanonicalName.read(try cursor.read(count: Int(nameByteCount))) else {
      throw cursor.malformed("a region's name is not canonical")
    }
    self.name = name

    guard chunking == .grid || elementType == .bytes && !isQuantized else {
      throw cursor.malformed("region \(name) is cut by its content, and is quantized or more than bytes")
    }
    let mostChunks =
      chunking == .grid
      ? ChunkGeometry.chunkCount(regionByteCount: HWP.Limit.regionByteCount)
      : HWP.Limit.regionByteCount / UInt64(ContentCut.byteCounts.lowerBound) + 1
    guard firstChunk <= mostChunks, firstChunk + UInt64(count) <= mostChunks else {
      throw cursor.malformed("region \(name) has more chunks than a region can have")
    }
    guard flags & HWP.PartFlag.final != 0 else {
      guard count > 0 else { throw cursor.malformed("a part of region \(name) has no chunks and is not the last") }
      record = start..<cursor.position
      return
    }
    var fields = try cursor.cursor(over: Int(try cursor.read(UInt32.self)))
    let descriptor = try RegionDescriptor(
      name: name, elementType: elementType, chunkings: [.grid, .content], from: &fields)
    guard descriptor.chunking == chunking else {
      throw cursor.malformed("region \(name) is cut by its content by one of its part's flags and its descriptor")
    }
    guard chunking == .content || descriptor.gridChunkCount == firstChunk + UInt64(count) else {
      throw cursor.malformed(
        "region \(name) has \(firstChunk + UInt64(count)) chunks, its length is \(descriptor.byteCount)")
    }
    guard (descriptor.quantization != nil) == isQuantized else {
      throw cursor.malformed("region \(name) is quantized by one of its part's flags and its descriptor")
    }
    self.descriptor = descriptor
    record = start..<cursor.position
  }
}
