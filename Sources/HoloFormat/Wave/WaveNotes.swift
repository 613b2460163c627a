import HoloModel

/// What a `.wave` says to other programs: a cue and a label for each region, who wrote it and when (WAVE-Format.md,
/// section 4).
enum WaveNotes {
  /// A region in `data`.
  struct Cue {
    var name: String
    /// In blocks of `data`.
    var position: UInt64
  }

  /// - Parameter cues: in the file's order.
  static func encoded(cues: some Sequence<Cue>, summary: Summary) -> [UInt8] {
    let cues = Array(cues.lazy.filter { $0.position <= UInt32.max }.prefix(WAVE.Limit.cueCount))
    var bytes: [UInt8] = []
    if !cues.isEmpty {
      append("cue ", points(cues), to: &bytes)
      append("LIST", labels(cues), to: &bytes)
    }
    var information = Array("INFO".utf8)
    for (id, text) in [("ISFT", summary.creator), ("ICRD", summary.created), ("INAM", summary.series)]
      as [(StaticString, String)] where !text.isEmpty
    {
      append(id, Array(text.utf8) + [0], to: &information)
    }
    append("LIST", information, to: &bytes)
    return bytes
  }

  private static func points(_ cues: [Cue]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(cues.count))
    for (index, cue) in cues.enumerated() {
      bytes.append(littleEndian: UInt32(index + 1))
      bytes.append(littleEndian: UInt32(cue.position))
      bytes.append(littleEndian: WavePartKind.samples.id.value)
      bytes.append(littleEndian: UInt64(0))
      bytes.append(littleEndian: UInt32(cue.position))
    }
    return bytes
  }

  private static func labels(_ cues: [Cue]) -> [UInt8] {
    var bytes = Array("adtl".utf8)
    for (index, cue) in cues.enumerated() {
      var label: [UInt8] = []
      label.append(littleEndian: UInt32(index + 1))
      label += beginning(of: cue.name)
      label.append(0)
      append("labl", label, to: &bytes)
    }
    return bytes
  }

  /// As much of a name as a label has room for, in whole characters.
  private static func beginning(of name: String) -> [UInt8] {
    let bytes = Array(name.utf8)
    var end = min(bytes.count, WAVE.Limit.labelByteCount)
    // A byte 10xxxxxx goes on with the character before it (UTF-8).
    while end < bytes.count && end > 0 && bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(bytes[..<end])
  }

  private static func append(_ id: StaticString, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: FourCC(id).value)
    bytes.append(littleEndian: UInt32(content.count))
    bytes += content
    if content.count % 2 == 1 { bytes.append(0) }
  }

  /// Checks that the bytes are RIFF chunks, none of them with an id of its own meaning in this format.
  static func check(_ cursor: ByteCursor) throws(FormatError) {
    var cursor = cursor
    while cursor.remaining > 0 {
      let position = cursor.position
      let id = FourCC(value: try cursor.read())
      let size: UInt32 = try cursor.read()
      _ = try cursor.skip(size)
      if size % 2 == 1 { try cursor.expectZero(1) }
      guard !id.isReserved else { throw cursor.malformed("a RIFF chunk stands where it has no place", at: position) }
    }
  }
}
