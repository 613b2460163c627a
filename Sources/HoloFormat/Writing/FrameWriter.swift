import HoloModel
import HoloSystem

/// Puts frames into a sink one after the other, numbers them, and keeps what the frame table says of them (HWP-Format.md, section 8).
struct FrameWriter {
  private let sink: any ByteSink
  /// Of what was put.
  private(set) var byteCount: UInt64 = 0
  private(set) var frameCount: UInt32 = 0
  /// The frame table, as stored.
  private(set) var records: [UInt8] = []

  init(sink: any ByteSink) { self.sink = sink }

  /// Returns the frame's hash.
  @discardableResult
  mutating func write(_ bytes: [UInt8], kind: FrameKind) throws(FormatError) -> Digest128 {
    let hash = BLAKE3.hash(bytes).short
    guard frameCount < HWP.Limit.frameCount else { throw Self.tooManyFrames }
    try put(bytes)
    record(kind, byteCount: bytes.count, hash: hash)
    return hash
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer, kind: FrameKind, hash: Digest128) throws(FormatError) {
    guard frameCount < HWP.Limit.frameCount else { throw Self.tooManyFrames }
    try put(bytes)
    record(kind, byteCount: bytes.count, hash: hash)
  }

  /// What is no frame of the table: manifest and trailer.
  mutating func put(_ bytes: [UInt8]) throws(FormatError) {
    let sink = sink
    try bytes.throwingBytes { (buffer) throws(FormatError) in
      do throws(SystemError) { try sink.write(buffer) } catch { throw FormatError(error) }
    }
    byteCount += UInt64(bytes.count)
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    do { try sink.write(bytes) } catch { throw FormatError(error) }
    byteCount += UInt64(bytes.count)
  }

  private mutating func record(_ kind: FrameKind, byteCount: Int, hash: Digest128) {
    records += [kind.rawValue, 0, 0, 0]
    records.append(littleEndian: UInt32(byteCount))
    records.append(hash)
    frameCount += 1
  }

  private static var tooManyFrames: FormatError {
    FormatError(.limitExceeded, "the container has more than \(HWP.Limit.frameCount) frames")
  }
}
