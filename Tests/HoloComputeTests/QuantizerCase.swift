import CWaveKernels
import HoloModel
import TestSupport

@testable import HoloCompute

/// A mode on a type, for every test of the quantizers.
struct QuantizerCase: CustomStringConvertible, Sendable {
  let mode: QuantizationMode
  let type: ElementType

  var description: String { "\(mode) on \(type)" }

  static let all: [QuantizerCase] = words + pairs

  private static let words: [QuantizerCase] = {
    let bounds: [(ElementType, [Double])] = [
      (.f16, [1e-3, 0.5, 40]), (.bf16, [1e-2, 0.5]), (.f32, [1e-3, 0.5, 1e-30, 1e30]),
      (.f64, [1e-9, 0.5, 1e-300, 1e300]),
      (.c64, [1e-4]), (.c128, [1e-7]),
    ]
    let shares: [(ElementType, [Double])] = [
      (.f16, [1e-3]), (.bf16, [1e-2]), (.f32, [1e-3, 1e-6, 0.3]), (.f64, [1e-4, 1e-12]), (.c64, [1e-4]),
      (.c128, [1e-6]),
    ]
    let ratios: [(ElementType, [Double])] = [
      (.f16, [1e-2, 1e-3]), (.bf16, [1e-2]), (.f32, [1e-3, 1e-5, 0.3]), (.f64, [1e-3, 1e-9]), (.c64, [1e-3]),
      (.c128, [1e-6]),
    ]
    var cases: [QuantizerCase] = []
    for (type, numbers) in bounds { cases += numbers.map { QuantizerCase(mode: .absolute($0), type: type) } }
    for (type, numbers) in shares {
      cases += numbers.map { QuantizerCase(mode: .relative($0, clip: nil), type: type) }
      cases.append(QuantizerCase(mode: .relative(numbers[0], clip: 100), type: type))
    }
    for (type, numbers) in ratios { cases += numbers.map { QuantizerCase(mode: .pointwise($0), type: type) } }
    return cases
  }()

  private static let pairs: [QuantizerCase] = [ElementType.c64, .c128].flatMap { type in
    let modes: [QuantizationMode] = [
      .euclidean(1e-3), .euclidean(1e-20), .phase(bits: 2, amplitude: nil), .phase(bits: 3, amplitude: nil),
      .phase(bits: 11, amplitude: nil), .phase(bits: 16, amplitude: nil), .phase(bits: 4, amplitude: 0.25),
      .phase(bits: 11, amplitude: 1e-6), .phase(bits: 16, amplitude: 1e-20), .phase(bits: 8, amplitude: 1e20),
    ]
    return modes.map { QuantizerCase(mode: $0, type: type) }
  }

  /// The quantizer for a region of these bytes, as a capture makes it; nil where the region is stored exactly.
  func quantization(of bytes: UnsafeRawBufferPointer) -> Quantization? {
    var range: ClosedRange<Double>?
    if case .relative(_, let clip) = mode { range = Quantization.range(of: bytes, type: type, clip: clip) }
    return Quantization(
      mode: mode, type: type, range: range, first: Quantization.amplitude(ofFirst: bytes, type: type))
  }
}

/// What numbers a region is filled with.
enum QuantizerData: CaseIterable {
  /// Any bits: NaNs, infinities, subnormal numbers, and every magnitude.
  case bits
  /// A normal distribution.
  case ordinary
  /// Close to where the codes change.
  case edges
  /// Whole numbers.
  case integers
  /// Complex numbers of about the same amplitude; others: magnitudes from tiny to large.
  case amplitudes

  func fill(_ bytes: UnsafeMutableRawBufferPointer, for test: QuantizerCase, _ generator: inout SeededGenerator) {
    generator.fill(bytes)
    guard self != .bits else { return }
    let word = ReferenceWord(type: test.type)
    let step = self.step(of: test)
    var direction = (1.0, 0.0)
    for index in 0..<bytes.count / word.byteCount {
      var value: Double
      switch self {
      case .bits: continue
      case .ordinary: value = generator.normal()
      case .integers: value = Double(generator.next() % 4096) - 2048
      case .edges:
        let level = Double(generator.next() % 4000) - 2000
        value = (level + 0.5) * step
        for _ in 0..<generator.next() % 3 { value = test.type.isDouble ? value.nextUp : Double(Float(value).nextUp) }
      case .amplitudes where test.type.componentCount == 2:
        if index % 2 == 0 {
          let angle = generator.unit() * 2 * Double.pi
          direction = (cosine(angle), cosine(angle - Double.pi / 2))
        }
        value = index % 2 == 0 ? direction.0 : direction.1
      case .amplitudes:
        value = generator.normal() * Double(sign: .plus, exponent: Int(generator.next() % 60) - 30, significand: 1)
      }
      let bits: UInt64 = test.type.isDouble ? word.word(value) : word.word(Float(value))
      let offset = index * word.byteCount
      switch word.byteCount {
      case 2: bytes.storeBytes(of: UInt16(truncatingIfNeeded: bits), toByteOffset: offset, as: UInt16.self)
      case 4: bytes.storeBytes(of: UInt32(truncatingIfNeeded: bits), toByteOffset: offset, as: UInt32.self)
      default: bytes.storeBytes(of: bits, toByteOffset: offset, as: UInt64.self)
      }
    }
  }

  private func step(of test: QuantizerCase) -> Double {
    switch test.mode {
    case .absolute(let bound), .relative(let bound, _): 2 * min(bound, 1e30)
    case .euclidean(let bound): 1.414213562373095 * bound
    case .pointwise(let bound): bound
    case .phase(let bits, _): 6.283185307179586 / Double(1 << bits)
    }
  }
}

/// Not to the last place: only to make directions.
private func cosine(_ x: Double) -> Double {
  var (sum, term) = (1.0, 1.0)
  let x = x.remainder(dividingBy: 2 * Double.pi)
  for k in 1...12 {
    term *= -x * x / Double((2 * k - 1) * 2 * k)
    sum += term
  }
  return sum
}

extension SeededGenerator {
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A sum of four of variance 1: nearly a normal distribution.
  mutating func normal() -> Double { (unit() + unit() + unit() + unit() - 2) * 3.0.squareRoot() }
}
