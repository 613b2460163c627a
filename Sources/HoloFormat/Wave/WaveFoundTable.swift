import HoloModel

/// A table, as much of it as there is.
struct WaveFoundTable {
  /// Of the content in the file.
  let offset: UInt64
  /// As it should be.
  let byteCount: UInt64
  let bytes: [UInt8]
  /// The trailer, or what is left of it, has the hash of these bytes.
  let isProved: Bool

  init(_ trailer: WaveTrailer, _ source: any RandomAccessSource, path: String) throws(FormatError) {
    offset = trailer.tableOffset
    byteCount = trailer.tableByteCount
    bytes = try source.bytes(at: offset, count: byteCount, path: path)
    isProved = BLAKE3.hash(bytes) == trailer.tableHash
  }

  private init(
    at offset: UInt64, byteCount: UInt64, _ source: any RandomAccessSource, path: String
  ) throws(FormatError) {
    self.offset = offset
    self.byteCount = byteCount
    bytes = try source.bytes(at: offset, count: min(byteCount, source.byteCount - offset), path: path)
    let hashOffset = WAVE.even(offset + byteCount) + UInt64(Self.hashOffsetInTrailer)
    let hash = try? source.bytes(at: hashOffset, count: UInt64(Digest256.byteCount), path: path)
    let own = BLAKE3.hash(bytes)
    isProved = hash.map { $0.digest256(at: 0) == own } ?? false
  }

  var isCut: Bool { UInt64(bytes.count) < byteCount }

  private static let hashOffsetInTrailer = 40
  private static let windowByteCount: UInt64 = 4 << 20
  /// Id and size of the RIFF chunk, tag and container id of the table.
  private static let beginByteCount = 32

  /// The last one in a file that has the head's container id: a region may hold a container. (Where the head is lost, the
  /// last one of all.)
  static func last(
    in source: any RandomAccessSource, head: [UInt8], path: String
  ) throws(FormatError) -> WaveFoundTable? {
    let id = WaveHead.hasTag(head) && head.count == WAVE.Size.head ? head.digest128(at: 124) : nil
    var end = source.byteCount
    while end > UInt64(WAVE.Size.head) {
      let start = max(UInt64(WAVE.Size.head), end - min(end, windowByteCount))
      // Over into the window before, by one byte less than a beginning.
      let count = min(source.byteCount - start, end - start + UInt64(beginByteCount - 1))
      let window = try source.bytes(at: start, count: count, path: path)
      if let position = lastBeginning(in: window, id) {
        let size: UInt32 = window.integer(at: position + 4)
        return try WaveFoundTable(
          at: start + UInt64(position + WAVE.Size.riffStart), byteCount: UInt64(size), source, path: path)
      }
      end = start
    }
    return nil
  }

  private static func lastBeginning(in window: [UInt8], _ id: Digest128?) -> Int? {
    guard window.count >= beginByteCount else { return nil }
    let first = UInt8(ascii: "h")
    return (0...(window.count - beginByteCount)).last { position in
      window[position] == first && FourCC(value: window.integer(at: position)) == FourCC("hwpR")
        && window.integer(at: position + 8) == WAVE.Tag.table
        && (id == nil || window.digest128(at: position + 16) == id)
    }
  }
}
