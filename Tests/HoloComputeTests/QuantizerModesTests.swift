import CWaveKernels
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

/// A guest in a program that was built with -ffast-math, or rounds upward, computes the same.
@Suite struct QuantizerModesTests {
  #if arch(x86_64)
    /// Flush to zero and denormals are zero; the three other roundings; all of that with traps.
    private static let modes: [UInt64] = [0x9FC0, 0x3F80, 0x5F80, 0x7F80, 0xE040]
  #else
    private static let modes: [UInt64] = [1 << 24, 1 << 22, 2 << 22, 3 << 22]
  #endif

  @Test(arguments: modes)
  func theThreadsFloatingPointModesDoNotMatter(_ modes: UInt64) throws {
    var generator = SeededGenerator.announced()
    let session = HostSession()
    for test in QuantizerCase.all {
      let bytes = QuantizerData.bits.bytes(4096, for: test, &generator)
      let expected = try outcome(bytes, test, session)
      let before = wave_modes_default()
      wave_modes_restore(modes)
      let found = Result { try outcome(bytes, test, session) }
      let after = wave_modes_default()
      wave_modes_restore(before)
      #expect(after & ~0x3F == modes & ~0x3F, "\(test)")
      #expect(try found.get() == expected, "\(test)")
    }
  }

  private struct Outcome: Equatable {
    var quantization: Quantization
    var region: QuantizedRegion
    var dequantized: [UInt8]
  }

  private func outcome(_ bytes: [UInt8], _ test: QuantizerCase, _ session: HostSession) throws -> Outcome? {
    guard let quantization = bytes.withUnsafeBytes({ test.quantization(of: $0) }) else { return nil }
    let region = try QuantizedRegion(bytes, quantization, on: session)
    return Outcome(
      quantization: quantization, region: region, dequantized: try region.dequantized(quantization, on: session))
  }
}
