import HoloModel

/// The last 144 bytes of a `.wave` (WAVE-Format.md, section 6).
struct WaveTrailer: Hashable, Sendable {
  var fileByteCount: UInt64
  /// Of the first byte behind the parts.
  var noteOffset: UInt64
  /// Of the table's content.
  var tableOffset: UInt64
  var tableByteCount: UInt64
  /// The snapshot id.
  var tableHash: Digest256
  /// BLAKE3 of the head and of what stands from `noteOffset` to `tableOffset`.
  var guardHash: Digest256
  var containerID: Digest128

  private static let id = FourCC("hwpH")
  private static let checkOffset = 120

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.id.value)
    bytes.append(littleEndian: UInt32(WAVE.Size.trailer - WAVE.Size.riffStart))
    bytes.append(littleEndian: fileByteCount)
    bytes.append(littleEndian: noteOffset)
    bytes.append(littleEndian: tableOffset)
    bytes.append(littleEndian: tableByteCount)
    bytes.append(tableHash)
    bytes.append(guardHash)
    bytes.append(containerID)
    bytes.append(BLAKE3.hash(bytes).short)
    bytes.append(littleEndian: WAVE.Tag.trailer)
    return bytes
  }

  init(
    fileByteCount: UInt64, noteOffset: UInt64, tableOffset: UInt64, tableByteCount: UInt64, tableHash: Digest256,
    guardHash: Digest256, containerID: Digest128
  ) {
    self.fileByteCount = fileByteCount
    self.noteOffset = noteOffset
    self.tableOffset = tableOffset
    self.tableByteCount = tableByteCount
    self.tableHash = tableHash
    self.guardHash = guardHash
    self.containerID = containerID
  }

  /// The end of a file.
  init(of source: any RandomAccessSource, path: String) throws(FormatError) {
    let size = source.byteCount
    let byteCount = min(UInt64(WAVE.Size.trailer), size - min(size, UInt64(WAVE.Size.head)))
    try self.init(
      source.bytes(at: size - byteCount, count: byteCount, path: path), fileByteCount: size, path: path)
  }

  /// Reads the trailer of a file of so many bytes; what it places lies inside the file, in order.
  init(_ bytes: [UInt8], fileByteCount actual: UInt64, path: String) throws(FormatError) {
    let base = actual - UInt64(bytes.count)
    func damaged(_ message: String) -> FormatError {
      FormatError(.damaged, message, path: path, offset: base, byteCount: UInt64(bytes.count))
    }
    guard bytes.count == WAVE.Size.trailer, bytes.integer(at: bytes.count - 8) == WAVE.Tag.trailer else {
      throw FormatError(
        .truncated, "the container has no end: it was cut off, or its last bytes are damaged", path: path, offset: base)
    }
    var cursor = ByteCursor(bytes, path: path, base: base)
    let id: UInt32 = try cursor.read()
    let size: UInt32 = try cursor.read()
    fileByteCount = try cursor.read()
    noteOffset = try cursor.read()
    tableOffset = try cursor.read()
    tableByteCount = try cursor.read()
    tableHash = try cursor.readDigest256()
    guardHash = try cursor.readDigest256()
    containerID = try cursor.readDigest128()
    guard BLAKE3.hash(Array(bytes[..<Self.checkOffset])).short == bytes.digest128(at: Self.checkOffset) else {
      throw damaged("the trailer does not match its check")
    }
    guard id == Self.id.value, size == WAVE.Size.trailer - WAVE.Size.riffStart else {
      throw damaged("the trailer is no RIFF chunk of its size")
    }
    guard fileByteCount == actual else {
      throw FormatError(
        actual < fileByteCount ? .truncated : .damaged,
        "the file has \(actual) bytes, its trailer says \(fileByteCount)", path: path, offset: base)
    }
    let end = tableOffset.addingReportingOverflow(tableByteCount)
    guard noteOffset >= UInt64(WAVE.Size.head), noteOffset <= base, tableOffset <= base,
      tableOffset >= noteOffset + UInt64(WAVE.Size.riffStart), !end.overflow, end.partialValue <= base,
      WAVE.even(end.partialValue) == base, tableByteCount <= WAVE.Limit.tableByteCount,
      tableOffset - noteOffset <= WAVE.Limit.noteByteCount + UInt64(WAVE.Size.riffStart)
    else { throw damaged("the trailer places the table where it cannot be") }
  }
}
