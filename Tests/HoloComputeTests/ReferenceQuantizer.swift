import CWaveKernels
import HoloModel

/// The quantizers of Documentation/Quantization.md, one value at a time: the oracle of the kernels' codes.
struct ReferenceQuantizer<Number: ReferenceNumber> {
  let quantization: Quantization
  private let word: ReferenceWord
  private let parameters: [Number]
  private let rawParameters: [UInt64]

  struct Outcome: Equatable {
    /// As many words as share a flag: what is stored, and what a restore makes of it.
    var codes: [UInt64]
    var restored: [UInt64]
    var isException: Bool
  }

  init(_ quantization: Quantization) {
    self.quantization = quantization
    word = ReferenceWord(type: quantization.type)
    let task = quantization.task(words: 0, targetOffset: 0)
    rawParameters = withUnsafeBytes(of: task.parameters) { Array($0.bindMemory(to: UInt64.self)) }
    parameters = rawParameters.map { Number(bits: Number.Bits(truncatingIfNeeded: $0)) }
  }

  /// One value, or the two parts of a complex one.
  func quantize(_ words: [UInt64]) -> Outcome {
    var found: (codes: [UInt64], restored: [UInt64])?
    switch quantization.quantizer {
    case .grid: found = grid(words[0])
    case .logarithm: found = logarithm(words[0])
    case .phase(let bits): found = phase(words, bits)
    case .phaseGrid(let bits, _, _): found = phaseGrid(words, bits)
    }
    let negativeZero: UInt64 = 1 << (8 * word.byteCount - 1)
    guard let found, !words.contains(negativeZero) else {
      return Outcome(codes: words.map { _ in 0 }, restored: words, isException: true)
    }
    return Outcome(codes: found.codes.map(truncated), restored: found.restored, isException: false)
  }

  private func truncated(_ code: UInt64) -> UInt64 {
    word.byteCount == 8 ? code : code & ((1 << (8 * word.byteCount)) - 1)
  }

  // MARK: Grid

  private func level(_ x: Number) -> Number? {
    let t = x * parameters[0]
    let limit = word.byteCount == 2 ? 32767 : Number.levelLimit
    return abs(t) <= limit ? t.rounded(.toNearestOrEven) : nil
  }

  private func gridValue(_ level: Number) -> UInt64 {
    if level <= parameters[6] { return word.word(parameters[4]) }
    if level >= parameters[7] { return word.word(parameters[5]) }
    return word.word(level * parameters[1] + 0)
  }

  private func grid(_ bits: UInt64) -> ([UInt64], [UInt64])? {
    let x: Number = word.number(bits)
    guard let level = level(x) else { return nil }
    let restored = gridValue(level)
    let value: Number = word.number(restored)
    let (low, high) = (parameters[4], parameters[5])
    let (size, rest) = exactDistance(x, value)
    guard size < parameters[2] || (size == parameters[2] && rest <= 0) else { return nil }
    guard x >= low, x <= high, value >= low, value <= high else { return nil }
    guard (x != low && x != high) || x == value else { return nil }
    guard self.level(value) == level else { return nil }
    return ([UInt64(bitPattern: Int64(level))], [restored])
  }

  /// |a − b| rounded, and by how much it is more.
  private func exactDistance(_ a: Number, _ b: Number) -> (Number, Number) {
    let d = a - b
    let part = d - a
    let rest = (a - (d - part)) - (b + part)
    return d < 0 ? (-d, -rest) : (d, rest)
  }

  // MARK: Logarithm

  private var exponents: ClosedRange<Int> {
    quantization.type == .f16 ? -24...15 : 1 - Int(Number.bias)...Int(Number.bias)
  }

  private func logarithmCode(_ x: Number) -> Int? {
    guard x.isNormal, exponents.contains(Int(x.exponent)) else { return nil }
    let levels = Number(rawParameters[0])
    let upper = x.significand > 0x1.6a09e6p+0
    let t = (upper ? x.significand * 0.5 : x.significand) - 1
    let level = (t.polynomial(Number.log2) * t * levels).rounded(.toNearestOrEven)
    let octave = Int(x.exponent) + (upper ? 1 : 0) - exponents.lowerBound
    let code = octave * Int(rawParameters[0]) + Int(level) + 1
    return (1...exponents.count * Int(rawParameters[0])).contains(code) ? code : nil
  }

  private func logarithmValue(_ code: Int) -> UInt64 {
    let (levels, k) = (Number(rawParameters[0]), Number(code - 1))
    let octave = (k * parameters[1]).rounded(.toNearestOrEven)
    let f = (k - octave * levels) * parameters[1]
    let power = f.polynomial(Number.exp2)
    let exponent = Int(octave) + exponents.lowerBound
    return word.word(
      Number(sign: .plus, exponent: power.exponent + Number.Exponent(exponent), significand: power.significand))
  }

  private func logarithm(_ bits: UInt64) -> ([UInt64], [UInt64])? {
    let x: Number = word.number(bits)
    if x == 0 { return ([0], [0]) }
    guard let code = logarithmCode(abs(x)) else { return nil }
    let restored = logarithmValue(code)
    let value: Number = word.number(restored)
    guard logarithmCode(value) == code else { return nil }
    let mantissa = abs(x).significand
    let scaled = Number(sign: .plus, exponent: value.exponent - x.exponent, significand: value.significand)
    guard abs(mantissa - scaled) <= mantissa * parameters[2] else { return nil }
    let sign: UInt64 = x < 0 ? 1 << (8 * word.byteCount - 1) : 0
    return ([UInt64(bitPattern: Int64(x < 0 ? -code : code))], [restored | sign])
  }

  // MARK: Phase

  private struct Polar {
    var amplitude: Number
    var scaled: Number
    var down: Number
    var phase: Int
  }

  private func polar(_ re: Number, _ im: Number, _ bits: Int) -> Polar? {
    guard re.isFinite, im.isFinite else { return nil }
    let largest = max(abs(re), abs(im), parameters[1])
    let exponent = largest.isNormal ? Int(largest.exponent) : 1 - Int(Number.bias)
    guard exponent <= Int(Number.bias) - 4 else { return nil }
    let down = Number.power(of: -exponent)
    let (x, y) = (abs(re) * down, abs(im) * down)
    let scaled = (x * x + y * y).newtonRoot
    var t = min(x, y) * max(x, y).newtonReciprocal
    t = t > 1 ? 1 : t >= 0 ? t : 0
    var turn = t * (t * t).polynomial(Number.atan)
    if y > x { turn = 0.25 - turn }
    if re < 0 { turn = 0.5 - turn }
    if im < 0 { turn = -turn }
    let phase = Int((turn * Number(1 << bits)).rounded(.toNearestOrEven)) & (1 << bits - 1)
    return Polar(amplitude: scaled * Number.power(of: exponent), scaled: scaled, down: down, phase: phase)
  }

  private func direction(_ phase: Int, _ bits: Int) -> (cosine: Number, sine: Number) {
    let quarter = (phase + ((1 << bits) >> 3)) >> (bits - 2)
    let f = Number(phase - quarter << (bits - 2)) * Number.power(of: -bits)
    let g = f * f
    let (c, s) = (g.polynomial(Number.cosine), f * g.polynomial(Number.sine))
    switch quarter & 3 {
    case 0: return (c, s)
    case 1: return (-s, c)
    case 2: return (-c, -s)
    default: return (s, -c)
    }
  }

  private func isWithin(_ re: Number, _ im: Number, _ otherRe: Number, _ otherIm: Number, of z: Polar) -> Bool {
    let (x, y) = ((re - otherRe) * z.down, (im - otherIm) * z.down)
    let bound = parameters[0] * z.scaled + parameters[1] * z.down
    return x * x + y * y <= bound * bound
  }

  private func phase(_ words: [UInt64], _ bits: Int) -> ([UInt64], [UInt64])? {
    let (re, im): (Number, Number) = (word.number(words[0]), word.number(words[1]))
    guard let z = polar(re, im, bits) else { return nil }
    let (cosine, sine) = direction(z.phase, bits)
    var amplitude = z.amplitude.bits
    for distance in 0...4 {
      let other = Number(bits: z.amplitude.bits &+ Number.Bits(distance) &- 2)
      if (other * cosine + 0).bits == re.bits && (other * sine + 0).bits == im.bits { amplitude = other.bits }
    }
    let value = (re: Number(bits: amplitude) * cosine + 0, im: Number(bits: amplitude) * sine + 0)
    guard let again = polar(value.re, value.im, bits), again.phase == z.phase,
      amplitude &- again.amplitude.bits &+ 2 <= 4, isWithin(re, im, value.re, value.im, of: z)
    else { return nil }
    return ([UInt64(amplitude), UInt64(z.phase)], [word.word(value.re), word.word(value.im)])
  }

  private func amplitudeLevel(_ amplitude: Number) -> Number? {
    let t = (amplitude - parameters[2]) * parameters[4]
    return abs(t) <= Number.levelLimit ? t.rounded(.toNearestOrEven) : nil
  }

  private func phaseGrid(_ words: [UInt64], _ bits: Int) -> ([UInt64], [UInt64])? {
    let (re, im): (Number, Number) = (word.number(words[0]), word.number(words[1]))
    guard let z = polar(re, im, bits), let level = amplitudeLevel(z.amplitude) else { return nil }
    let amplitude = max(level * parameters[3] + parameters[2], 0)
    let phase = amplitude > 0 ? z.phase : 0
    let (cosine, sine) = direction(phase, bits)
    let value = (re: amplitude * cosine + 0, im: amplitude * sine + 0)
    guard let again = polar(value.re, value.im, bits), amplitudeLevel(again.amplitude) == level,
      again.phase == phase || amplitude == 0, isWithin(re, im, value.re, value.im, of: z)
    else { return nil }
    return ([UInt64(bitPattern: Int64(level)), UInt64(phase)], [word.word(value.re), word.word(value.im)])
  }
}
