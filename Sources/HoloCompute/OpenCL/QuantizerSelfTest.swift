import CWaveKernels
import HoloModel

/// A first launch of the quantizers' kernels, as ``OpenCLSelfTest``: a compiler that contracts or reorders arithmetic is found out.
enum QuantizerSelfTest {
  private static let words = 1024

  /// - Throws: ``ComputeError/unusableDevice(name:reason:)`` when the results differ from the host's.
  static func run(on session: any ComputeSession, device: String) throws(ComputeError) {
    try OpenCLSelfTest.expectTheHosts(of: session, device: device, results)
  }

  private static func results(of session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let byteCount = words * 8
    let source = try session.makeBuffer(byteCount: byteCount)
    fill(source.bytes)
    session.didWrite(source)
    let quantizations = modes.compactMap { Quantization(mode: $0.mode, type: $0.type, range: -4...4, first: 1) }
    let tasks = quantizations.enumerated().map { index, quantization in
      quantization.task(words: words, targetOffset: index * byteCount, flagsOffset: index * words)
    }
    let codes = try session.makeBuffer(byteCount: tasks.count * byteCount)
    let restored = try session.makeBuffer(byteCount: tasks.count * byteCount)
    let flags = try session.makeBuffer(byteCount: tasks.count * words)
    var found: [wave_quantized] = []
    try session.quantize(source, tasks: tasks, codes: codes, restored: restored, flags: flags, results: &found)
    var results = Array(codes.bytes) + Array(restored.bytes) + Array(flags.bytes)
    for result in found {
      withUnsafeBytes(of: result) { results += $0 }
    }
    try session.dequantize(codes, tasks: tasks, restored: codes)
    return results + Array(codes.bytes)
  }

  private static let modes: [(mode: QuantizationMode, type: ElementType)] = [
    (.absolute(1e-3), .f16), (.absolute(1e-2), .bf16), (.relative(1e-5, clip: nil), .f32),
    (.relative(1e-9, clip: nil), .f64),
    (.pointwise(1e-2), .f16), (.pointwise(1e-2), .bf16), (.pointwise(1e-4), .f32), (.pointwise(1e-7), .f64),
    (.phase(bits: 11, amplitude: nil), .c64), (.phase(bits: 15, amplitude: nil), .c128),
    (.phase(bits: 9, amplitude: 1e-3), .c64), (.phase(bits: 12, amplitude: 1e-6), .c128),
  ]

  /// Halves are any bits, the others numbers around 1: as words of every width the bytes have ordinary and extreme numbers.
  private static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    var state: UInt64 = 1
    for offset in stride(from: 0, to: bytes.count, by: 8) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let mixed = state ^ (state >> 29)
      let number = mixed & 0x800F_FFFF_FFFF_FFFF | (0x3FC0_0000_0000_0000 + (mixed & 0x0070_0000_0000_0000) / 2)
      bytes.storeBytes(of: (offset / 8).isMultiple(of: 5) ? mixed : number, toByteOffset: offset, as: UInt64.self)
    }
  }
}
