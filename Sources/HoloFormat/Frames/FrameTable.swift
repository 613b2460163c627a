import HoloModel

/// What frames a container has before its manifest (HWP-Format.md, section 8). Keeps the table as stored, and 8 bytes a
/// frame.
package struct FrameTable: Sendable {
  private let bytes: [UInt8]
  private let start: Int
  private let offsets: [UInt64]

  package var count: Int { offsets.count }
  /// Bytes of the payload frames.
  package let payloadByteCount: UInt64
  /// How many are not there, of a remnant.
  package let absentCount: Int

  /// - Parameters:
  ///   - range: of the table in the manifest's bytes.
  ///   - manifestOffset: up to which the frames must tile the file.
  ///   - hasAbsent: frames may be absent, with no length: of a remnant.
  init(
    _ bytes: [UInt8], range: Range<Int>, manifestOffset: UInt64, path: String, hasAbsent: Bool
  ) throws(FormatError) {
    var cursor = ByteCursor(bytes, range: range, path: path, base: manifestOffset)
    var offsets: [UInt64] = []
    offsets.reserveCapacity(range.count / HWP.Size.frameRecord)
    var offset: UInt64 = 0
    var payload: UInt64 = 0
    var last: FrameKind?
    var absentCount = 0
    while cursor.remaining > 0 {
      let code: UInt8 = try cursor.read()
      try cursor.expectZero(3)
      let length: UInt32 = try cursor.read()
      _ = try cursor.skip(Digest128.byteCount)
      guard let kind = FrameKind(rawValue: code) else {
        throw cursor.error(.unsupportedFeature, "the frame kind \(code) is not known to this version")
      }
      guard kind != .absent || hasAbsent else { throw cursor.malformed("a frame is absent") }
      guard (kind == .header) == offsets.isEmpty else { throw cursor.malformed("a header is not the first frame") }
      guard kind.byteCounts.contains(Int(length)) else {
        throw cursor.malformed("frame \(offsets.count) is said to have \(length) bytes")
      }
      offsets.append(offset)
      // Fewer than 2²⁷·⁵ frames of fewer than 2³² bytes: no overflow.
      offset += UInt64(length)
      if kind == .payload { payload += UInt64(length) }
      if kind == .absent { absentCount += 1 }
      last = kind
    }
    guard offset == manifestOffset else {
      throw cursor.malformed("the frames have \(offset) bytes, the manifest stands at \(manifestOffset)")
    }
    guard last == .segment || offsets.count == 1 || hasAbsent else {
      throw cursor.malformed("the last frame before the manifest is no segment")
    }
    self.bytes = bytes
    self.absentCount = absentCount
    self.offsets = offsets
    start = range.lowerBound
    payloadByteCount = payload
  }

  /// `number` is less than `count`.
  package func kind(of number: UInt32) -> FrameKind {
    // Every code was known when the table was read.
    FrameKind(rawValue: bytes[record(number)]) ?? .payload
  }

  /// `number` is less than `count`.
  package func extent(of number: UInt32) -> FrameExtent {
    let record = record(number)
    return FrameExtent(
      number: number, offset: offsets[Int(number)], byteCount: Int(bytes.integer(at: record + 4, as: UInt32.self)),
      hash: bytes.digest128(at: record + 8))
  }

  private func record(_ number: UInt32) -> Int {
    precondition(number < count)
    return start + HWP.Size.frameRecord * Int(number)
  }
}
