import CWaveKernels
import HoloModel
import Testing

@Suite struct QuantizationTests {
  @Test func aBoundBecomesOneOfThePrecisionTowardZero() throws {
    for bound in [1e-3, 0.1, 0.3, 1e-20, 1e20, 1.0 / 3] {
      let single = try #require(Quantization(mode: .absolute(bound), type: .f32)).bound
      #expect(single <= bound)
      #expect(Double(Float(single)) == single)
      #expect(Double(Float(single).nextUp) > bound)
      #expect(Quantization(mode: .absolute(bound), type: .f64)?.bound == bound)
    }
  }

  @Test func aGridsStepIsTwiceItsBound() {
    #expect(
      Quantization(mode: .absolute(0.25), type: .f32)?.quantizer == .grid(step: 0.5, low: -.infinity, high: .infinity))
  }

  /// Of f16 the step has three significant bits, of bf16 one: 0.7 is 0.625, and 0.5.
  @Test(arguments: [(ElementType.f16, 0.625), (.bf16, 0.5)])
  func aGridOfSixteenBitsHasSimpleSteps(_ type: ElementType, step: Double) {
    #expect(
      Quantization(mode: .absolute(0.35), type: type)?.quantizer == .grid(step: step, low: -.infinity, high: .infinity))
  }

  @Test func aRelativeBoundIsOfTheRange() throws {
    let quantization = try #require(
      Quantization(mode: .relative(0.25, clip: nil), type: .f64, range: -0.0...8))
    #expect(quantization.bound == 2)
    #expect(quantization.quantizer == .grid(step: 4, low: 0, high: 8))
    guard case .grid(_, let low, _) = quantization.quantizer else { return }
    #expect(low.sign == .plus)
  }

  /// The widest range there is has a width that is no number.
  @Test func theWidestRangeHasABound() throws {
    let greatest = Double.greatestFiniteMagnitude
    let quantization = try #require(
      Quantization(mode: .relative(1e-3, clip: nil), type: .f64, range: -greatest...greatest))
    #expect(quantization.bound <= 1e-3 * greatest)
  }

  @Test func aBoundOnComplexNumbersIsASquareInTheCircle() throws {
    let bound = try #require(Quantization(mode: .euclidean(1), type: .c128)).bound
    #expect(bound == 0.5.squareRoot().nextDown || bound == 0.5.squareRoot())
    #expect((-0.5).addingProduct(bound, bound) <= 0)
  }

  @Test func aLogarithmHasTheFewestLevelsThatHoldItsBound() {
    #expect(Quantization(mode: .pointwise(1e-3), type: .f32)?.quantizer == .logarithm(levels: 347))
    #expect(Quantization(mode: .pointwise(7), type: .f32)?.quantizer == .logarithm(levels: 1))
  }

  /// The offset is the first amplitude to a power of two of at most the bound.
  @Test func amplitudesThatAreAlikeHaveAnOffset() {
    let alike = Quantization(mode: .phase(bits: 11, amplitude: 0.01), type: .c64, first: 1.003)
    #expect(
      alike?.quantizer == .phaseGrid(bits: 11, offset: 1, step: 2 * Double(Float(0.01))))
    for first in [0, Double.nan, .infinity, 1e9] {
      guard
        case .phaseGrid(_, let offset, _) =
          Quantization(mode: .phase(bits: 11, amplitude: 0.01), type: .c64, first: first)?.quantizer
      else {
        Issue.record("no quantizer")
        continue
      }
      #expect(offset == 0)
    }
  }

  /// What cannot be resolved is stored exactly.
  @Test func boundsThatCannotBeResolvedHaveNoQuantizer() {
    let modes: [(QuantizationMode, ElementType)] = [
      (.absolute(0), .f32), (.absolute(-1), .f32), (.absolute(.nan), .f32), (.absolute(1e-40), .f32),
      (.absolute(1e-300), .f32), (.absolute(.leastNonzeroMagnitude), .f64), (.absolute(1e-8), .f16),
      (.relative(0, clip: nil), .f32),
      (.relative(1e-3, clip: nil), .f32), (.pointwise(0), .f64), (.pointwise(.nan), .f64), (.pointwise(1e-7), .f32),
      (.pointwise(1e-12), .f64), (.pointwise(1e-3), .bf16), (.pointwise(4e-4), .f16), (.euclidean(0), .c64),
      (.phase(bits: 1, amplitude: nil), .c64), (.phase(bits: 17, amplitude: nil), .c64),
      (.phase(bits: 8, amplitude: 0), .c64), (.phase(bits: 8, amplitude: 1e-40), .c64),
    ]
    for (mode, type) in modes { #expect(Quantization(mode: mode, type: type) == nil, "\(mode) on \(type)") }
    #expect(Quantization(mode: .relative(1e-3, clip: nil), type: .f32, range: 2...2) == nil)
  }

  @Test func modesApplyToTheirTypes() {
    for type in ElementType.allCases {
      #expect(QuantizationMode.absolute(1).applies(to: type) == type.isFloatingPoint)
      #expect(QuantizationMode.phase(bits: 8, amplitude: nil).applies(to: type) == (type.componentCount == 2))
      #expect((Quantization(mode: .absolute(1e-2), type: type) != nil) == type.isFloatingPoint)
    }
  }

  /// What a container stores is enough to bring values back, and what no capture makes is refused.
  @Test func aStoredQuantizerIsTakenUpAgain() {
    let good: [(Quantizer, ElementType)] = [
      (.grid(step: 0.5, low: -1, high: 1), .f32), (.logarithm(levels: 347), .f64), (.phase(bits: 11), .c64),
      (.phaseGrid(bits: 11, offset: 1, step: 2e-6), .c128),
    ]
    for (quantizer, type) in good { #expect(Quantization(type: type, quantizer: quantizer)?.quantizer == quantizer) }
    let bad: [(Quantizer, ElementType)] = [
      (.grid(step: 0, low: -1, high: 1), .f32), (.grid(step: -1, low: -1, high: 1), .f32),
      (.grid(step: .nan, low: -1, high: 1), .f32), (.grid(step: .infinity, low: -1, high: 1), .f32),
      (.grid(step: 1, low: 1, high: -1), .f32), (.grid(step: 1, low: .nan, high: 1), .f32),
      (.grid(step: 1e-45, low: -1, high: 1), .f32), (.grid(step: 1, low: -1, high: 1), .u32),
      (.logarithm(levels: 0), .f32), (.logarithm(levels: 65537), .f32), (.logarithm(levels: 820), .f16),
      (.logarithm(levels: .min), .f64), (.phase(bits: 1), .c64), (.phase(bits: .max), .c64), (.phase(bits: 8), .f32),
      (.phaseGrid(bits: 8, offset: -1, step: 1), .c64), (.phaseGrid(bits: 8, offset: .nan, step: 1), .c64),
      (.phaseGrid(bits: 8, offset: 0, step: 0), .c64), (.phaseGrid(bits: 17, offset: 0, step: 1), .c64),
    ]
    for (quantizer, type) in bad { #expect(Quantization(type: type, quantizer: quantizer) == nil, "\(quantizer)") }
  }

  @Test func aRangeIsOfFiniteNumbersWithinTheClip() {
    let numbers: [Float] = [.nan, 3, -2, .infinity, 1e30, -.infinity, -1e30, 0.5]
    numbers.withUnsafeBytes { bytes in
      #expect(Quantization.range(of: bytes, type: .f32, clip: nil) == Double(-Float(1e30))...Double(Float(1e30)))
      #expect(Quantization.range(of: bytes, type: .f32, clip: 100) == -2...3)
      #expect(Quantization.range(of: bytes, type: .f32, clip: 0.1) == nil)
      #expect(Quantization.range(of: bytes, type: .f32, clip: 100, joined: -5 ... -4) == -5...3)
      #expect(Quantization.range(of: UnsafeRawBufferPointer(rebasing: bytes[..<4]), type: .f32, clip: nil) == nil)
    }
    [Double.leastNonzeroMagnitude, -1e308].withUnsafeBytes { bytes in
      #expect(Quantization.range(of: bytes, type: .f64, clip: nil) == -1e308...Double.leastNonzeroMagnitude)
    }
    [UInt16(0x3C00), 0x8001, 0x7C00, 0xFBFF].withUnsafeBytes { bytes in
      #expect(Quantization.range(of: bytes, type: .f16, clip: nil) == -65504...1)
      #expect(Quantization.range(of: bytes, type: .f16, clip: 1.5) == -0x1p-24...1)
    }
  }
}
