import Foundation
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

/// Documentation/Quantization.md tells enough to bring numbers back: a reader written from it, in Python with NumPy, gives the same bits for
/// any codes.
@Suite struct QuantizerReaderTests {
  @Test(.enabled(if: OutsideProgram.imports("numpy")))
  func theReferenceReaderDequantizesTheSame() throws {
    var generator = SeededGenerator.announced()
    let scratch = ScratchDirectory()
    let session = HostSession()
    var lines: [String] = []
    for test in QuantizerCase.all {
      let bytes = QuantizerData.ordinary.bytes(16384, for: test, &generator)
      guard let quantization = bytes.withUnsafeBytes({ test.quantization(of: $0) }) else { continue }
      // The codes of numbers, and codes that nobody made.
      let region = try QuantizedRegion(bytes, quantization, on: session)
      let codes = region.codes + generator.bytes(4096)
      let name = "\(lines.count)"
      try scratch.write(codes, to: name + ".codes")
      try scratch.write(QuantizedRegion.dequantize(codes, quantization, on: session), to: name + ".restored")
      lines.append("\(name) \(test.type.name) \(quantization.quantizer.line)")
    }
    try scratch.write(Array(lines.joined(separator: "\n").utf8), to: "cases")
    let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Reference/dequantize.py").path
    let (status, output) = try OutsideProgram.run([OutsideProgram.python, reader, scratch.path])
    #expect(status == 0, "\(output)")
    #expect(lines.count > 50)
  }
}

extension Quantizer {
  /// Its name and what a container stores of it, numbers in hexadecimal.
  fileprivate var line: String {
    switch self {
    case .grid(let step, let low, let high): "grid \(hexadecimal(step)) \(hexadecimal(low)) \(hexadecimal(high))"
    case .logarithm(let levels): "logarithm \(String(levels, radix: 16))"
    case .phase(let bits): "phase \(String(bits, radix: 16))"
    case .phaseGrid(let bits, let offset, let step):
      "phase-grid \(String(bits, radix: 16)) \(hexadecimal(offset)) \(hexadecimal(step))"
    }
  }
}

/// As C's %a, exactly.
private func hexadecimal(_ number: Double) -> String {
  guard number.isFinite, number != 0 else { return "\(number)" }
  let fraction = String(number.significandBitPattern, radix: 16)
  let digits = String(repeating: "0", count: 13 - fraction.count) + fraction
  return
    "\(number < 0 ? "-" : "")0x\(number.isNormal ? 1 : 0).\(digits)p\(number.isNormal ? Int(number.exponent) : -1022)"
}
