import HoloModel

/// An open `.wave`: everything but the regions' bytes and the zeros between them has been read and checked. Immutable:
/// any thread.
///
/// WAVE-Format.md, section 7, gives the order in which a file is judged.
package struct WaveReader: Sendable {
  package let source: any RandomAccessSource
  package let path: String
  let head: WaveHead
  let table: WaveTable

  package var containerID: Digest128 { head.containerID }
  package var createdNanoseconds: Int64 { head.createdNanoseconds }
  package var majorVersion: UInt16 { head.majorVersion }
  package var minorVersion: UInt16 { head.minorVersion }
  package var sampleType: ElementType? { head.sampleType }
  package var snapshotID: Digest256 { table.hash }
  package var summary: Summary { table.summary }
  package var totals: ContainerTotals { table.totals }
  package var directories: DirectoryTable { table.directories }
  /// Of the directory that is the state, if it is one.
  package var root: FileAttributes? { table.extensions.root }
  /// In the state's order.
  package var regions: WaveRegions { table.regions }

  /// How many of a file's first bytes ``isWave(_:)`` looks at.
  package static let tagByteCount = WAVE.Size.headTag

  /// True where a file begins as a `.wave` of ours does, not as any other sound file.
  package static func isWave(_ firstBytes: [UInt8]) -> Bool { WaveHead.hasTag(firstBytes) }

  /// Reads head, trailer, table, notes, and the 8 bytes before each part.
  package static func open(_ source: any RandomAccessSource, path: String) throws(FormatError) -> WaveReader {
    let headBytes = try WaveHead.bytes(of: source, path: path)
    try WaveHead.checkVersion(headBytes, path: path)
    let trailer = try WaveTrailer(of: source, path: path)
    let notes = try source.bytes(
      at: trailer.noteOffset, count: trailer.tableOffset - trailer.noteOffset, path: path)
    guard BLAKE3.hash(headBytes + notes) == trailer.guardHash else {
      throw FormatError(.damaged, "the head or the notes do not match the guard", path: path, offset: 0)
    }
    let tableBytes = try source.bytes(at: trailer.tableOffset, count: trailer.tableByteCount, path: path)
    guard BLAKE3.hash(tableBytes) == trailer.tableHash else {
      throw FormatError(
        .damaged, "the table does not match its hash", path: path, offset: trailer.tableOffset,
        byteCount: trailer.tableByteCount)
    }
    guard headBytes.digest128(at: 124) == trailer.containerID else {
      throw FormatError(.damaged, "head and trailer are those of different containers", path: path, offset: 124)
    }
    let head = try WaveHead(headBytes, path: path)
    let table = try WaveTable(tableBytes, sampleType: head.sampleType, trailer: trailer, path: path)
    let reader = WaveReader(source: source, path: path, head: head, table: table)
    try reader.check(headBytes, notes: notes, trailer)
    return reader
  }

  /// What the table and the rest of the file say of each other.
  private func check(_ headBytes: [UInt8], notes: [UInt8], _ trailer: WaveTrailer) throws(FormatError) {
    func error(_ kind: FormatError.Kind, _ message: String, _ offset: UInt64) -> FormatError {
      FormatError(kind, message, path: path, offset: offset)
    }
    guard table.containerID == head.containerID else {
      throw error(.malformed, "the table is that of another container", trailer.tableOffset)
    }
    guard
      headBytes == head.encoded(fileByteCount: trailer.fileByteCount, sampleByteCount: table.parts[0].byteCount)
    else { throw error(.malformed, "the head is not that of the file", 0) }

    // Before the table stand the 8 bytes of its RIFF chunk, which the trailer has made sure of.
    let end = notes.count - WAVE.Size.riffStart
    guard FourCC(value: notes.integer(at: end)) == FourCC("hwpR"),
      UInt64(notes.integer(at: end + 4, as: UInt32.self)) == trailer.tableByteCount
    else { throw error(.malformed, "the table's RIFF chunk is none", trailer.tableOffset) }
    try WaveNotes.check(ByteCursor(notes, range: 0..<end, path: path, base: trailer.noteOffset))

    for part in table.parts.dropFirst() {
      let offset = part.offset - UInt64(WAVE.Size.riffStart)
      guard try source.bytes(at: offset, count: UInt64(WAVE.Size.riffStart), path: path) == part.riffStart else {
        throw error(.damaged, "the part's RIFF chunk does not begin as the table says", offset)
      }
    }
    let tableEnd = trailer.tableOffset + trailer.tableByteCount
    guard try source.bytes(at: tableEnd, count: tableEnd % 2, path: path).allSatisfy({ $0 == 0 }) else {
      throw error(.damaged, "the byte after the table is not zero", tableEnd)
    }
  }
}
