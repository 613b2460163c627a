import HoloFormat
import HoloModel

/// Makes the hashes of a bent `.hwp` anew, so that its reader looks at what they cover: what someone does who knows the
/// format (HWP-Format.md).
struct HWPSealer {
  private var bytes: [UInt8]
  private let frames: [Range<Int>]
  private let manifest: Range<Int>
  private let trailer: Int

  private static let segmentMagic: UInt32 = 0x184D_2A59
  private static let manifestMagic: UInt32 = 0x184D_2A5A

  /// - Parameter repairing: also lengths, offsets, numbers and totals that follow from where things stand.
  static func seal(_ bytes: inout [UInt8], repairing: Bool) {
    guard var sealer = HWPSealer(bytes) else { return }
    if repairing { sealer.repairPlaces() }
    sealer.sealAll()
    if repairing, sealer.repairTotals() { sealer.sealAll() }
    bytes = sealer.bytes
  }

  /// Nil where nothing is left that could be sealed.
  private init?(_ bytes: [UInt8]) {
    guard bytes.count >= 64 + 144 else { return nil }
    trailer = bytes.count - 144
    var frames = [0..<64]
    var offset = 64
    while let length = Self.frameByteCount(bytes, at: offset, before: trailer) {
      if bytes.number(at: offset) == Self.manifestMagic {
        self.frames = frames
        manifest = offset..<(offset + length)
        self.bytes = bytes
        return
      }
      frames.append(offset..<(offset + length))
      offset += length
    }
    // A frame whose own length is bent: the trailer knows where the manifest stands, its table how long the frames are.
    guard let start = bytes.place(at: trailer + 16, as: UInt64.self), start <= trailer,
      let length = bytes.place(at: trailer + 24, as: UInt64.self), length >= 64, length <= trailer - start
    else { return nil }
    manifest = start..<(start + length)
    frames = []
    offset = 0
    let table = Self.frameTable(bytes, manifest)
    while offset < start, let length = bytes.place(at: table + 24 * frames.count + 4, as: UInt32.self),
      (1...(start - offset)).contains(length)
    {
      frames.append(offset..<(offset + length))
      offset += length
    }
    self.frames = frames
    self.bytes = bytes
  }

  private static func frameByteCount(_ bytes: [UInt8], at offset: Int, before end: Int) -> Int? {
    guard offset + 8 <= end, let magic: UInt32 = bytes.number(at: offset) else { return nil }
    guard magic & ~15 == 0x184D_2A50 else {
      return bytes[offset..<end].withUnsafeBytes { LZ4FrameDecoder.frameByteCount($0) }
    }
    guard let size = bytes.place(at: offset + 4, as: UInt32.self), size + 8 <= end - offset else { return nil }
    return size + 8
  }

  /// Behind the lists of containers and of segments.
  private static func frameTable(_ bytes: [UInt8], _ manifest: Range<Int>) -> Int {
    segmentList(bytes, manifest) + 32 * (bytes.place(at: manifest.lowerBound + 20, as: UInt32.self) ?? 0)
  }

  private static func segmentList(_ bytes: [UInt8], _ manifest: Range<Int>) -> Int {
    manifest.lowerBound + 40 + 16 * (bytes.place(at: manifest.lowerBound + 24, as: UInt32.self) ?? 0)
  }

  private var frameTable: Int { Self.frameTable(bytes, manifest) }

  private mutating func repairPlaces() {
    for (number, frame) in frames.enumerated() where bytes.number(at: frame.lowerBound) == Self.segmentMagic {
      bytes.put(UInt64(frame.lowerBound), at: frame.lowerBound + 16)
      bytes.put(UInt32(number), at: frame.lowerBound + 24)
    }
    for (number, frame) in frames.enumerated() where frameTable + 24 * number + 24 <= manifest.upperBound {
      bytes.put(UInt32(frame.count), at: frameTable + 24 * number + 4)
    }
    bytes.put(UInt32(trailer - manifest.upperBound == 0 ? manifest.count - 8 : 0), at: manifest.lowerBound + 4)
    bytes.put(UInt32(frames.count), at: manifest.lowerBound + 16)
    bytes.put(UInt64(bytes.count), at: trailer + 8)
    bytes.put(UInt64(manifest.lowerBound), at: trailer + 16)
    bytes.put(UInt64(manifest.count), at: trailer + 24)
    bytes.put(UInt32(frames.count), at: trailer + 32)
    bytes.put(UInt32(frames.count + 2), at: trailer + 36)
    bytes.copy(16, from: 40, to: trailer + 104)
  }

  /// What the regions add up to. False where the file cannot be opened.
  private mutating func repairTotals() -> Bool {
    guard let totals = try? ContainerReader.open(MemorySource(bytes), path: "").intactIndex().totals else {
      return false
    }
    let start = frameTable + 24 * frames.count
    guard start + 56 <= manifest.upperBound else { return false }
    totals.stateRoot.withBytes { bytes.put($0, at: start) }
    for (index, count) in [totals.regionCount, totals.chunkCount, totals.byteCount].enumerated() {
      bytes.put(count, at: start + 32 + 8 * index)
    }
    return true
  }

  private mutating func sealAll() {
    for frame in frames where bytes.number(at: frame.lowerBound) == Self.segmentMagic { sealFrame(frame) }
    for (number, frame) in frames.enumerated() where frameTable + 24 * number + 24 <= manifest.upperBound {
      bytes.putHash(of: frame, byteCount: 16, at: frameTable + 24 * number + 8)
    }
    let list = Self.segmentList(bytes, manifest)
    for entry in stride(from: list, to: min(frameTable, manifest.upperBound - 32), by: 32) {
      guard let number = bytes.place(at: entry + 4, as: UInt32.self), number < frames.count else { continue }
      bytes.putHash(of: frames[number], byteCount: 16, at: entry + 16)
    }
    sealFrame(manifest)
    bytes.putHash(of: manifest, byteCount: 32, at: trailer + 40)
    bytes.putHash(of: 0..<64, manifest.upperBound..<trailer, byteCount: 32, at: trailer + 72)
    bytes.putHash(of: trailer..<(trailer + 120), byteCount: 16, at: trailer + 120)
  }

  /// The check at the end of a segment or a manifest.
  private mutating func sealFrame(_ frame: Range<Int>) {
    guard frame.count >= 16 else { return }
    bytes.putHash(of: frame.lowerBound..<(frame.upperBound - 16), byteCount: 16, at: frame.upperBound - 16)
  }
}
