import HoloModel

/// A RIFF chunk that holds regions (WAVE-Format.md, section 3).
struct WavePart: Hashable, Sendable {
  var kind: WavePartKind
  /// Of the content in the file.
  var offset: UInt64
  /// Of the content.
  var byteCount: UInt64

  var end: UInt64 { offset + byteCount }

  /// The 8 bytes that stand before the content of a part other than `data`.
  var riffStart: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: kind.id.value)
    bytes.append(littleEndian: UInt32(clamping: byteCount))
    return bytes
  }

  /// The record of section 5.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: kind.id.value)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: byteCount)
    return bytes
  }

  /// Reads so many records of section 5. Each part begins behind the one before it; the last ends where the notes begin.
  static func read(count: Int, from cursor: inout ByteCursor, noteOffset: UInt64) throws(FormatError) -> [WavePart] {
    guard count <= cursor.remaining / WAVE.Size.part else {
      throw cursor.malformed("\(count) parts are said to stand where there are only \(cursor.remaining) bytes")
    }
    var parts: [WavePart] = []
    parts.reserveCapacity(count)
    var offset = UInt64(WAVE.Size.head)
    for index in 0..<count {
      let id = FourCC(value: try cursor.read())
      guard let kind = WavePartKind(id: id) else {
        throw cursor.error(.unsupportedFeature, "a part has an id that is not known to this version")
      }
      try cursor.expectZero(4)
      let byteCount: UInt64 = try cursor.read()
      guard (kind == .samples) == (index == 0) else {
        throw cursor.malformed("the first part, and no other, is the one of the samples")
      }
      guard kind == .samples || byteCount <= WAVE.Limit.partByteCount else {
        throw cursor.malformed("a part has \(byteCount) bytes")
      }
      guard offset <= noteOffset, byteCount <= noteOffset - offset else {
        throw cursor.malformed("a part of \(byteCount) bytes goes beyond the parts' end")
      }
      parts.append(WavePart(kind: kind, offset: offset, byteCount: byteCount))
      offset = WAVE.even(offset + byteCount)
      if index < count - 1 { offset += UInt64(WAVE.Size.riffStart) }
    }
    guard offset == noteOffset else { throw cursor.malformed("the parts do not end where the notes begin") }
    return parts
  }
}
