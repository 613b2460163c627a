import HoloFormat
import HoloModel
import TestSupport

/// Regions that are cut by their content.
extension TestContainer {
  static func contentDescriptor(_ name: String, _ bytes: [UInt8], version: UInt32? = nil) -> RegionDescriptor {
    var descriptor = descriptor(name, bytes)
    descriptor.chunking = .content
    descriptor.blobVersion = version
    return descriptor
  }

  /// - Parameter lengths: of its chunks; nil: as writers cut.
  /// - Returns: for each chunk, whether a frame was written for it.
  @discardableResult
  func addContent(
    _ name: String, _ bytes: [UInt8], lengths: [Int]? = nil, version: UInt32? = nil
  ) throws -> [Bool] {
    try writer.beginRegion(name: name, elementType: .bytes, chunking: .content)
    let written = try appendContent(bytes, lengths: lengths ?? ContentCut.lengths(of: bytes))
    try writer.endRegion(Self.contentDescriptor(name, bytes, version: version))
    return written
  }

  /// Appends chunks of these lengths, that cover the bytes from the first on.
  @discardableResult
  func appendContent(_ bytes: [UInt8], lengths: [Int]) throws -> [Bool] {
    var start = 0
    return try lengths.map { length in
      let part = Array(bytes[start..<(start + length)])
      start += length
      let value = BLAKE3.hash(part)
      if part.allSatisfy({ $0 == part[0] }) {
        let coding = Coding(width: 1, methods: [.constant([part[0]])])
        return try writer.append(chunk: value, length: length, coding: coding, frame: nil)
      }
      return try frame(of: part).withUnsafeBytes {
        try writer.append(chunk: value, length: length, coding: .stored, frame: ($0, BLAKE3.hash($0).short))
      }
    }
  }
}

/// Where the sections of a segment begin (HWP-Format.md, section 6), in the bytes of its container.
struct SegmentPlaces {
  let layers: Int
  let chainingValues: Int
  let layerCounts: Int
  let parts: Int
  let extensions: Int

  /// - Parameter start: of the segment.
  init(_ bytes: [UInt8], at start: Int) {
    func count(_ offset: Int) -> Int { Int(bytes.integer(at: start + offset, as: UInt32.self)) }
    layers = start + 64 + 16 * Int(bytes.integer(at: start + 44, as: UInt16.self)) + 4 * count(28)
    chainingValues = layers + 8 * count(36)
    layerCounts = chainingValues + 32 * count(32)
    parts = layerCounts + count(32) + count(48)
    extensions = parts + count(52)
  }
}
