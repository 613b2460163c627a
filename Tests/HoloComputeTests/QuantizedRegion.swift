import CWaveKernels
import HoloModel

@testable import HoloCompute

/// A region of at most a chunk, quantized on a backend, with every byte that came of it.
struct QuantizedRegion: Equatable {
  let codes: [UInt8]
  let restored: [UInt8]
  let flags: [UInt8]
  let exceptions: UInt64
  let largest: UInt64
  let squares: UInt64

  /// What stands around the bytes that may be written.
  static let margin = 64
  private static let filler: UInt8 = 0xA5

  init(_ bytes: [UInt8], _ quantization: Quantization, on session: any ComputeSession) throws {
    let words = bytes.count / quantization.type.wordByteCount
    let (source, codes) = (try session.makeBuffer(bytes), try Self.buffer(bytes.count, session))
    let restored = try Self.buffer(bytes.count, session)
    let flags = try Self.buffer(quantization.flagByteCount(words: words), session)
    let task = quantization.task(words: words, targetOffset: Self.margin, flagsOffset: Self.margin)
    var results: [wave_quantized] = []
    try session.quantize(
      source, tasks: [task], codes: codes, restored: restored, flags: flags, results: &results)
    self.codes = try Self.inside(codes)
    self.restored = try Self.inside(restored)
    self.flags = try Self.inside(flags)
    exceptions = results[0].exceptions
    largest = results[0].largest
    squares = results[0].squares
  }

  /// What the codes alone give, in place.
  func dequantized(_ quantization: Quantization, on session: any ComputeSession) throws -> [UInt8] {
    try Self.dequantize(codes, quantization, on: session)
  }

  static func dequantize(
    _ codes: [UInt8], _ quantization: Quantization, on session: any ComputeSession
  ) throws -> [UInt8] {
    let buffer = try session.makeBuffer(codes)
    let words = codes.count / quantization.type.wordByteCount
    try session.dequantize(buffer, tasks: [quantization.task(words: words, targetOffset: 0)], restored: buffer)
    return Array(buffer.bytes)
  }

  func isException(_ item: Int) -> Bool { flags[item / 8] >> UInt8(item % 8) & 1 == 1 }

  private static func buffer(_ byteCount: Int, _ session: any ComputeSession) throws -> ComputeBuffer {
    try session.makeBuffer(byteCount: byteCount + 2 * margin, filledWith: filler)
  }

  /// The bytes between the margins, which nobody wrote to.
  private static func inside(_ buffer: ComputeBuffer) throws -> [UInt8] {
    struct WroteOutside: Error {}
    let end = buffer.bytes.count - margin
    guard buffer.bytes[..<margin].allSatisfy({ $0 == filler }), buffer.bytes[end...].allSatisfy({ $0 == filler })
    else { throw WroteOutside() }
    return Array(buffer.bytes[margin..<end])
  }
}

/// Words of a type out of bytes.
func words(_ bytes: [UInt8], width: Int) -> [UInt64] {
  bytes.withUnsafeBytes { bytes in
    (0..<bytes.count / width).map { index in
      switch width {
      case 2: UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
      case 4: UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
      default: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
    }
  }
}
