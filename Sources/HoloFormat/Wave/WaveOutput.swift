import HoloModel
import HoloSystem

/// Lays regions into parts (WAVE-Format.md, section 3) and writes them.
struct WaveOutput {
  /// A state to come back to.
  struct Place {
    fileprivate let byteCount: UInt64
    fileprivate let partCount: Int
  }

  private let sink: any PatchableSink
  private let partByteLimit: UInt64
  /// Of `data`, if no region lies in it.
  private let fillerByteCount: UInt64
  private(set) var byteCount: UInt64 = 0
  /// The last one is open: its length is set when it ends.
  private(set) var parts = [WavePart(kind: .samples, offset: UInt64(WAVE.Size.head), byteCount: 0)]

  private static let zeros = [UInt8](repeating: 0, count: Int(WAVE.alignment))

  init(sink: any PatchableSink, fillerByteCount: UInt64, partByteLimit: UInt64) {
    self.sink = sink
    self.fillerByteCount = fillerByteCount
    self.partByteLimit = partByteLimit
  }

  var place: Place { Place(byteCount: byteCount, partCount: parts.count) }

  /// Takes back what was written since.
  mutating func goBack(to place: Place) throws(FormatError) {
    guard byteCount > place.byteCount else { return }
    do { try sink.truncate(to: place.byteCount) } catch { throw FormatError(error) }
    byteCount = place.byteCount
    parts.removeLast(parts.count - place.partCount)
  }

  /// Writes a chunk of a region.
  ///
  /// - Parameter continues: right behind the chunk that was written before, if there is room.
  /// - Returns: true where a run begins with it.
  mutating func write(
    chunk bytes: UnsafeRawBufferPointer, kind: WavePartKind, continues: Bool
  ) throws(FormatError) -> Bool {
    let part = parts[parts.count - 1]
    let start = continues ? byteCount : WAVE.aligned(byteCount)
    let hasRoom = kind == .samples || start + UInt64(bytes.count) - part.offset <= partByteLimit
    var begins = !continues
    if part.kind == kind && hasRoom {
      try putZeros(start - byteCount)
    } else {
      try beginPart(kind)
      begins = true
    }
    try put(bytes)
    return begins
  }

  private mutating func beginPart(_ kind: WavePartKind) throws(FormatError) {
    guard parts.count < WAVE.Limit.partCount else {
      throw FormatError(
        .limitExceeded, "the state has more bytes beside its samples than a .wave can hold",
        remedy: "use the format hwp")
    }
    try endPart()
    // Its size follows at the end.
    let part = WavePart(kind: kind, offset: byteCount + UInt64(WAVE.Size.riffStart), byteCount: 0)
    try put(part.riffStart)
    parts.append(part)
    try putZeros(WAVE.aligned(byteCount) - byteCount)
  }

  /// Ends the open part: the last one ends before the notes.
  mutating func endPart() throws(FormatError) {
    let last = parts.count - 1
    if byteCount == parts[last].offset { try putZeros(fillerByteCount) }
    parts[last].byteCount = byteCount - parts[last].offset
    try putZeros(byteCount % 2)
  }
}

// The end of the file.
extension WaveOutput {
  /// Writes notes, table and trailer, then all sizes. Returns the snapshot id.
  mutating func finish(head: WaveHead, notes: [UInt8], table: [UInt8]) throws(FormatError) -> Digest256 {
    let noteOffset = byteCount
    var unhashed = notes
    unhashed.append(littleEndian: FourCC("hwpR").value)
    unhashed.append(littleEndian: UInt32(table.count))
    let tableOffset = noteOffset + UInt64(unhashed.count)
    let tableEnd = tableOffset + UInt64(table.count)
    let fileByteCount = WAVE.even(tableEnd) + UInt64(WAVE.Size.trailer)
    let headBytes = head.encoded(fileByteCount: fileByteCount, sampleByteCount: parts[0].byteCount)
    let trailer = WaveTrailer(
      fileByteCount: fileByteCount, noteOffset: noteOffset, tableOffset: tableOffset,
      tableByteCount: UInt64(table.count), tableHash: BLAKE3.hash(table), guardHash: BLAKE3.hash(headBytes + unhashed),
      containerID: head.containerID)
    try put(unhashed)
    try put(table)
    try putZeros(tableEnd % 2)
    try put(trailer.encoded)
    for part in parts.dropFirst() {
      try overwrite(part.riffStart, at: part.offset - UInt64(WAVE.Size.riffStart))
    }
    try overwrite(headBytes, at: 0)
    return trailer.tableHash
  }

  mutating func put(_ bytes: [UInt8]) throws(FormatError) {
    try bytes.throwingBytes { (buffer) throws(FormatError) in try put(buffer) }
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    do { try sink.write(bytes) } catch { throw FormatError(error) }
    byteCount += UInt64(bytes.count)
  }

  /// - Parameter count: less than 4,096.
  private mutating func putZeros(_ count: UInt64) throws(FormatError) {
    if count > 0 { try put(Array(Self.zeros.prefix(Int(count)))) }
  }

  private func overwrite(_ bytes: [UInt8], at offset: UInt64) throws(FormatError) {
    try bytes.throwingBytes { (buffer) throws(FormatError) in
      do throws(SystemError) { try sink.overwrite(buffer, at: offset) } catch { throw FormatError(error) }
    }
  }
}
