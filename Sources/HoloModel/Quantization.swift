import CWaveKernels
import Glibc

/// A quantizer at work on a region: with the parameters that the kernels take.
package struct Quantization: Hashable, Sendable {
  package let type: ElementType
  package let quantizer: Quantizer
  /// What the grid's |x − x′|, the logarithm's |x − x′| / |x|, or the phase grid's amplitude is held to: at most the mode's bound.
  /// 0 for `phase`, and when bringing back.
  package let bound: Double
  /// In the kernels' order (CWaveKernels.h).
  private let parameters: [UInt64]

  /// To bring values back. nil: no quantizer has such parameters.
  package init?(type: ElementType, quantizer: Quantizer) {
    self.init(type: type, quantizer: quantizer, bound: 0)
  }

  /// For a region's values.
  ///
  /// - Parameters:
  ///   - range: of `relative`: the region's (``range(of:type:clip:joined:)``).
  ///   - first: of `phase` with an amplitude: the first element's (``amplitude(ofFirst:type:)``).
  /// - Returns: nil where the bound is too small to be resolved in this type: the region is stored exactly.
  package init?(mode: QuantizationMode, type: ElementType, range: ClosedRange<Double>? = nil, first: Double = 0) {
    guard let made = withUsualRounding({ Self.make(mode, type: type, range: range, first: first) }) else { return nil }
    self = made
  }

  /// Not inlined: its arithmetic stays between the calls around it.
  @inline(never)
  private static func make(
    _ mode: QuantizationMode, type: ElementType, range: ClosedRange<Double>?, first: Double
  ) -> Quantization? {
    guard mode.applies(to: type) else { return nil }
    switch mode {
    case .absolute(let bound):
      return Quantization(type: type, bound: bound, low: -.infinity, high: .infinity)
    case .relative(let bound, _):
      guard let range, bound > 0 else { return nil }
      let width = differenceTowardZero(range.upperBound, range.lowerBound)
      return Quantization(
        type: type, bound: productTowardZero(bound, width), low: range.lowerBound, high: range.upperBound)
    case .euclidean(let bound):
      guard bound > 0 else { return nil }
      // sqrt(1/2), toward zero: the square within the circle.
      return Quantization(
        type: type, bound: productTowardZero(bound, 0x1.6a09e667f3bccp-1), low: -.infinity, high: .infinity)
    case .pointwise(let bound):
      return Quantization(type: type, relativeBound: bound)
    case .phase(let bits, nil):
      return Quantization(type: type, quantizer: .phase(bits: bits), bound: 0)
    case .phase(let bits, let amplitude?):
      return Quantization(type: type, bits: bits, amplitude: amplitude, first: first)
    }
  }

  /// A grid whose every level stands for at most `bound` on each side.
  private init?(type: ElementType, bound: Double, low: Double, high: Double) {
    let precision = Precision(isDouble: type.isDouble)
    guard let bound = precision.resolve(bound, within: precision.bounds) else { return nil }
    var step = 2 * bound
    if type.wordByteCount == 2 {
      // Few significant bits: levels are numbers of the type, and not rounded again.
      let unit = Double(sign: .plus, exponent: step.exponent - (type == .bf16 ? 0 : 2), significand: 1)
      step = (step / unit).rounded(.towardZero) * unit
      if type == .f16 && step < 0x1p-24 { return nil }
    }
    // -0.0 is no value of a grid.
    self.init(type: type, quantizer: .grid(step: step, low: low + 0, high: high + 0), bound: bound)
  }

  private init?(type: ElementType, relativeBound: Double) {
    guard relativeBound > 0 else { return nil }
    // The first power of two is within reach of everything; more than half a value is nothing to ask for.
    let bound = Precision(isDouble: type.isDouble).towardZero(min(relativeBound, 0.5))
    // Rounding to 16 bits takes its part of the bound.
    let rounding = type == .f16 ? 0x1p-12 : type == .bf16 ? 0x1p-9 : 0
    // 2^(1 / 2K) - 1 <= bound.
    let levels = (log(2) / (2 * log1p(bound - rounding))).rounded(.up)
    guard levels > 0, levels <= Double(Quantizer.levelLimit(of: type)) else { return nil }
    self.init(type: type, quantizer: .logarithm(levels: Int(levels)), bound: bound)
  }

  private init?(type: ElementType, bits: Int, amplitude: Double, first: Double) {
    let precision = Precision(isDouble: type.isDouble)
    guard let bound = precision.resolve(amplitude, within: precision.amplitudeBounds) else { return nil }
    // Where amplitudes are all alike, none is near the edge of its level: the first is near a level's middle. The offset is a multiple
    // of a power of two, so that the first element brought back gives the same.
    let unit = Double(sign: .plus, exponent: bound.exponent, significand: 1)
    let multiple = (first / unit).rounded(.toNearestOrEven)
    let offset = multiple <= precision.offsetStepLimit ? multiple * unit : 0
    self.init(type: type, quantizer: .phaseGrid(bits: bits, offset: offset, step: 2 * bound), bound: bound)
  }

  private init?(type: ElementType, quantizer: Quantizer, bound: Double) {
    let precision = Precision(isDouble: type.isDouble)
    guard type.isFloatingPoint, let numbers = Self.numbers(of: quantizer, bound: bound, type: type, precision) else {
      return nil
    }
    self.type = type
    self.quantizer = quantizer
    self.bound = bound
    if case .logarithm(let levels) = quantizer {
      parameters = [UInt64(levels)] + numbers.dropFirst().map(precision.bits)
    } else {
      parameters = numbers.map(precision.bits)
    }
  }

  /// The same with the grid of another, where that keeps the bound too: then equal numbers have equal codes. A step of less than half of
  /// its own is not taken over, since codes would take more than they need.
  ///
  /// - Parameter isRelative: the bound comes of a range, which may get narrower again: where the other step is too wide by now, one is
  ///   taken that leaves room for that, for some hundredths of a bit a value.
  package func inheriting(_ used: Quantizer, isRelative: Bool) -> Quantization {
    switch (quantizer, used) {
    case (.grid(let own, let low, let high), .grid(let step, _, _)) where step <= own && step >= own / 2:
      Quantization(type: type, quantizer: .grid(step: step, low: low, high: high), bound: step / 2) ?? self
    case (.grid(let own, let low, let high), .grid(let step, _, _)) where isRelative && step > own && step <= 2 * own:
      Quantization(type: type, bound: bound - bound / 32, low: low, high: high) ?? self
    case (.phaseGrid(let bits, _, let own), .phaseGrid(let otherBits, let offset, let step))
    where bits == otherBits && own == step:
      Quantization(
        type: type, quantizer: .phaseGrid(bits: bits, offset: offset, step: own), bound: bound) ?? self
    default: self
    }
  }

  private static func numbers(
    of quantizer: Quantizer, bound: Double, type: ElementType, _ precision: Precision
  ) -> [Double]? {
    let scale = bound == 0 ? 0 : precision.inverse(of: bound)
    switch quantizer {
    case .grid(let step, let low, let high):
      let inverse = precision.inverse(of: step)
      guard step > 0, step.isFinite, inverse.isFinite, low <= high else { return nil }
      return [
        inverse, step, bound, scale, low, high, precision.level(of: low, inverse: inverse),
        precision.level(of: high, inverse: inverse),
      ]
    case .logarithm(let levels):
      guard (1...Quantizer.levelLimit(of: type)).contains(levels) else { return nil }
      return [0, precision.inverse(of: Double(levels)), bound == 0 ? 0 : precision.below(bound), scale]
    case .phase(let bits):
      guard let tangential = tangentialBound(bits: bits, type: type, precision) else { return nil }
      return [tangential, 0, 0, 0, 0]
    case .phaseGrid(let bits, let offset, let step):
      let inverse = precision.inverse(of: step)
      guard let tangential = tangentialBound(bits: bits, type: type, precision), step > 0, step.isFinite,
        inverse.isFinite, offset >= 0, offset.isFinite
      else { return nil }
      return [tangential, precision.towardZero(bound * precision.complexMargin), offset, step, inverse]
    }
  }

  private static func tangentialBound(bits: Int, type: ElementType, _ precision: Precision) -> Double? {
    guard Quantizer.phaseBits.contains(bits), type.componentCount == 2 else { return nil }
    // Below pi, in binary64.
    let angle = 0x1.921fb54442d18p+1 / Double(1 << bits)
    return precision.towardZero(angle * precision.complexMargin)
  }
}

extension Precision {
  /// A bound in the precision: toward zero, and within what can be resolved; nil below that.
  fileprivate func resolve(_ bound: Double, within limits: ClosedRange<Double>) -> Double? {
    guard bound >= limits.lowerBound else { return nil }
    return towardZero(min(bound, limits.upperBound))
  }
}

extension Quantization {
  /// One chunk's work. `words` counts components.
  package func task(
    words: Int, sourceOffset: Int = 0, targetOffset: Int, flagsOffset: Int = 0
  ) -> wave_quantization {
    var task = wave_quantization()
    task.sourceOffset = UInt64(sourceOffset)
    task.targetOffset = UInt64(targetOffset)
    task.flagsOffset = UInt64(flagsOffset)
    task.words = UInt32(words)
    task.type = type.quantizedWord
    switch quantizer {
    case .grid: task.quantizer = UInt8(WAVE_QUANTIZER_GRID)
    case .logarithm: task.quantizer = UInt8(WAVE_QUANTIZER_LOGARITHM)
    case .phase(let bits):
      task.quantizer = UInt8(WAVE_QUANTIZER_PHASE)
      task.bits = UInt8(bits)
    case .phaseGrid(let bits, _, _):
      task.quantizer = UInt8(WAVE_QUANTIZER_PHASE_GRID)
      task.bits = UInt8(bits)
    }
    withUnsafeMutableBytes(of: &task.parameters) { $0.copyBytes(from: parameters.flatMap(littleEndianBytes)) }
    return task
  }

  /// Words that share one flag of an exception: an element of the phase quantizers.
  package var wordsPerFlag: Int {
    switch quantizer {
    case .grid, .logarithm: 1
    case .phase, .phaseGrid: 2
    }
  }

  /// Bytes of flags for so many words.
  package func flagByteCount(words: Int) -> Int { (words / wordsPerFlag + 7) / 8 }

  /// The largest error that a chunk's result tells of, or a little more: the kernels round each difference, by less than is added here. No
  /// error is more than the bound.
  package func largestError(_ result: wave_quantized) -> Double {
    let largest = Precision(isDouble: type.isDouble).number(result.largest)
    let raised = largest + largest * (type.isDouble ? 0x1p-50 : 0x1p-21)
    return bound > 0 ? max(largest, min(raised, bound)) : raised
  }

  /// The finite values of a run of words: the least and the greatest of at most `clip`. nil where there are none. Runs of one region
  /// join to a whole (`joined`).
  package static func range(
    of bytes: UnsafeRawBufferPointer, type: ElementType, clip: Double?, joined: ClosedRange<Double>? = nil
  ) -> ClosedRange<Double>? {
    guard type.isFloatingPoint, let base = bytes.baseAddress else { return joined }
    var found = wave_range(low: joined?.lowerBound ?? .infinity, high: joined?.upperBound ?? -.infinity)
    wave_host_range(
      base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count / type.wordByteCount), type.quantizedWord,
      clip ?? .greatestFiniteMagnitude, &found)
    return found.low <= found.high ? found.low...found.high : nil
  }

  /// |z| of the first of a region's complex elements; 0 where there is none.
  package static func amplitude(ofFirst bytes: UnsafeRawBufferPointer, type: ElementType) -> Double {
    guard type.componentCount == 2, bytes.count >= type.byteCount else { return 0 }
    return withUsualRounding { amplitude(of: bytes, isDouble: type.isDouble) }
  }

  @inline(never)
  private static func amplitude(of bytes: UnsafeRawBufferPointer, isDouble: Bool) -> Double {
    func part(_ index: Int) -> Double {
      isDouble
        ? bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)
        : Double(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
    }
    return (part(0) * part(0) + part(1) * part(1)).squareRoot()
  }
}

extension ElementType {
  /// WAVE_FLOAT_…
  fileprivate var quantizedWord: UInt8 {
    switch self {
    case .f16: UInt8(WAVE_FLOAT_F16)
    case .bf16: UInt8(WAVE_FLOAT_BF16)
    case .f64, .c128: UInt8(WAVE_FLOAT_F64)
    default: UInt8(WAVE_FLOAT_F32)
    }
  }
}

private func littleEndianBytes(_ word: UInt64) -> [UInt8] {
  withUnsafeBytes(of: word.littleEndian) { Array($0) }
}
