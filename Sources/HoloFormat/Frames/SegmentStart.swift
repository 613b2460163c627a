import HoloModel

/// The first 64 bytes of a segment frame (HWP-Format.md, section 6): what there is of each kind, and where it stands.
struct SegmentStart {
  let byteCount: Int
  let offset: UInt64
  let frame: UInt32
  let frameCount: Int
  let chunkCount: Int
  let layerCount: Int
  let partCount: Int
  let containerCount: Int
  let codingByteCount: Int
  let partByteCount: Int
  let extensionByteCount: Int

  /// Where each section begins in the frame.
  let containers: Int
  let frameLengths: Int
  let layers: Int
  let chainingValues: Int
  let layerCounts: Int
  let codings: Int
  let parts: Int
  let extensions: Int

  /// True where the bytes begin as a segment does.
  static func hasTag(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 16 else { return false }
    return UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == HWP.Magic.segment
      && UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) == HWP.Tag.segment
  }

  /// - Parameters:
  ///   - base: where the segment stands in its file.
  ///   - isMoved: it does not stand where it was written: of a remnant.
  init(_ bytes: [UInt8], path: String, base: UInt64, isMoved: Bool = false) throws(FormatError) {
    var cursor = ByteCursor(bytes, path: path, base: base)
    let magic: UInt32 = try cursor.read()
    let size: UInt32 = try cursor.read()
    let tag: UInt64 = try cursor.read()
    guard magic == HWP.Magic.segment, tag == HWP.Tag.segment else { throw cursor.malformed("no segment", at: 0) }
    byteCount = Int(size) + HWP.Size.skippableStart
    offset = try cursor.read()
    frame = try cursor.read()
    frameCount = Int(try cursor.read(UInt32.self))
    chunkCount = Int(try cursor.read(UInt32.self))
    layerCount = Int(try cursor.read(UInt32.self))
    partCount = Int(try cursor.read(UInt32.self))
    containerCount = Int(try cursor.read(UInt16.self))
    try cursor.expectZero(2)
    codingByteCount = Int(try cursor.read(UInt32.self))
    partByteCount = Int(try cursor.read(UInt32.self))
    extensionByteCount = Int(try cursor.read(UInt32.self))
    try cursor.expectZero(4)

    // Sums of products of 32-bit numbers with small factors: they cannot overflow 64 bits.
    containers = HWP.Size.segmentStart
    frameLengths = containers + Digest128.byteCount * containerCount
    layers = frameLengths + 4 * frameCount
    chainingValues = layers + HWP.Size.layerRecord * layerCount
    layerCounts = chainingValues + Digest256.byteCount * chunkCount
    codings = layerCounts + chunkCount
    parts = codings + codingByteCount
    extensions = parts + partByteCount

    guard extensions + extensionByteCount + HWP.Size.check == byteCount else {
      throw cursor.malformed("the segment's sections do not add up to its size")
    }
    guard byteCount <= HWP.Limit.segmentByteCount, chunkCount <= HWP.Limit.chunksPerSegment,
      partCount <= HWP.Limit.partsPerSegment
    else { throw cursor.malformed("the segment is larger than a segment can be") }
    guard containerCount >= 1 else { throw cursor.malformed("the segment names no container") }
    guard offset == base || isMoved else {
      throw cursor.malformed("the segment says that it stands at offset \(offset)", at: 16)
    }
    guard Int(frame) > frameCount else { throw cursor.malformed("the segment counts more frames than precede it") }
    guard layerCount >= chunkCount else { throw cursor.malformed("the segment has fewer layers than chunks") }
    guard layerCount <= HWP.Limit.layersPerChunk * chunkCount else {
      throw cursor.malformed("the segment has \(layerCount) layers, for \(chunkCount) chunks")
    }
  }
}
