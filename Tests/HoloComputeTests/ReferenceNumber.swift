import HoloModel

/// A precision of the quantizers, for one number at a time, with the coefficients of Documentation/Quantization.md.
protocol ReferenceNumber: BinaryFloatingPoint {
  associatedtype Bits: FixedWidthInteger & UnsignedInteger
  init(bits: Bits)
  var bits: Bits { get }

  static var bias: Bits { get }
  static var mantissaBits: Int { get }
  static var exp2: [Self] { get }
  static var log2: [Self] { get }
  static var atan: [Self] { get }
  static var sine: [Self] { get }
  static var cosine: [Self] { get }
  static var reciprocalSeed: Bits { get }
  static var reciprocalSteps: Int { get }
  static var rootSeed: Bits { get }
  static var rootSteps: Int { get }
}

extension ReferenceNumber {
  static var levelLimit: Self { Self(1 << (mantissaBits - 1)) }

  static func power(of two: Int) -> Self { Self(sign: .plus, exponent: Exponent(two), significand: 1) }

  /// Horner's rule: the last coefficient first.
  func polynomial(_ coefficients: [Self]) -> Self {
    var sum = coefficients[coefficients.count - 1]
    for coefficient in coefficients.dropLast().reversed() {
      let product = sum * self
      sum = coefficient + product
    }
    return sum
  }

  var newtonReciprocal: Self {
    var r = Self(bits: Self.reciprocalSeed &- bits)
    for _ in 0..<Self.reciprocalSteps { r = r * (2 - self * r) }
    return r
  }

  var newtonRoot: Self {
    let halved = self * 0.5
    var y = Self(bits: Self.rootSeed &- (bits >> 1))
    for _ in 0..<Self.rootSteps { y = y * (1.5 - halved * y * y) }
    let s = self * y
    return s + y * 0.5 * (self - s * s)
  }
}

extension Float: ReferenceNumber {
  init(bits: UInt32) { self.init(bitPattern: bits) }
  var bits: UInt32 { bitPattern }
  static var bias: UInt32 { 127 }
  static var mantissaBits: Int { 23 }
  static let exp2: [Float] = [
    1, 0x1.62e43p-1, 0x1.ebfbep-3, 0x1.c6aedp-5, 0x1.3b29aap-7, 0x1.5f4774p-10, 0x1.448fa4p-13,
  ]
  static let log2: [Float] = [
    0x1.715476p+0, -0x1.71546ap-1, 0x1.ec708ep-2, -0x1.715d74p-2, 0x1.27816p-2, -0x1.ea4ddcp-3, 0x1.a2645ap-3,
    -0x1.89c36p-3, 0x1.81b7fp-3, -0x1.c205fcp-4,
  ]
  static let atan: [Float] = [
    0x1.45f2fap-3, -0x1.b28e28p-5, 0x1.04138cp-5, -0x1.6accp-6, 0x1.f762a8p-7, -0x1.243e88p-7, 0x1.c9bccap-9,
    -0x1.540864p-11,
  ]
  static let sine: [Float] = [0x1.921fb4p+2, -0x1.4abba8p+5, 0x1.465a52p+6, -0x1.2cf8aap+6]
  static let cosine: [Float] = [1, -0x1.3bd3ccp+4, 0x1.03c1ep+6, -0x1.55c686p+6, 0x1.da0016p+5]
  static var reciprocalSeed: UInt32 { 0x7EF3_11C3 }
  static var reciprocalSteps: Int { 4 }
  static var rootSeed: UInt32 { 0x5F37_59DF }
  static var rootSteps: Int { 3 }
}

extension Double: ReferenceNumber {
  init(bits: UInt64) { self.init(bitPattern: bits) }
  var bits: UInt64 { bitPattern }
  static var bias: UInt64 { 1023 }
  static var mantissaBits: Int { 52 }
  static let exp2: [Double] = [
    1, 0x1.62e42fefa39efp-1, 0x1.ebfbdff82c5a6p-3, 0x1.c6b08d704a0ccp-5, 0x1.3b2ab6fb9faacp-7, 0x1.5d87fe78a2b47p-10,
    0x1.430913103dee3p-13, 0x1.ffcbfc748ab7dp-17, 0x1.62bfc400c4f4bp-20, 0x1.b524dc7bfcd45p-24, 0x1.e62194fc1210cp-28,
    0x1.ea041c20f030ep-32,
  ]
  static let log2: [Double] = [
    0x1.71547652b8297p+0, -0x1.71547652b8149p-1, 0x1.ec709dc3d7b50p-2, -0x1.715476532896cp-2, 0x1.2776c4ef2268bp-2,
    -0x1.ec709d30e2846p-3, 0x1.a6177282bd693p-3, -0x1.7154a145c77efp-3, 0x1.48490d699db4bp-3, -0x1.277039fc3e446p-3,
    0x1.0cbdd2475eeb3p-3, -0x1.ed8b4eb7eb471p-4, 0x1.c4419628d5277p-4, -0x1.98f4416c65799p-4, 0x1.8d08bfc005d08p-4,
    -0x1.be9b938756d7ep-4, 0x1.a6505d58b9dbbp-4, -0x1.833fa61cc6803p-5,
  ]
  static let atan: [Double] = [
    0x1.45f306d9cb923p-3, -0x1.b29959680cf81p-5, 0x1.04c1c1f8c3f55p-5, -0x1.746ee1b4554a6p-6, 0x1.2107a939bc346p-6,
    -0x1.d2648380ee1cap-7, 0x1.74c34a212f406p-7, -0x1.1243360055bc5p-7, 0x1.5108c12a6e001p-8, -0x1.343b19635255ap-9,
    0x1.680a1c1e5858cp-11, -0x1.8ab5c54957369p-14,
  ]
  static let sine: [Double] = [
    0x1.921fb54442d18p+2, -0x1.4abbce625be0ap+5, 0x1.466bc67755028p+6, -0x1.32d2ccdfe257dp+6, 0x1.50782d540f138p+5,
    -0x1.e2fe6b129bcaep+3, 0x1.e353887a21505p+1,
  ]
  static let cosine: [Double] = [
    1, -0x1.3bd3cc9be45dep+4, 0x1.03c1f081b5ac4p+6, -0x1.55d3c7e3cbffap+6, 0x1.e1f506891babbp+5, -0x1.a6d1f2a204a8cp+4,
    0x1.f9d38a3763cc3p+2, -0x1.b6e24f44b128fp+0, 0x1.20c62c2f2d7f5p-2,
  ]
  static var reciprocalSeed: UInt64 { 0x7FDE_6238_5024_84BA }
  static var reciprocalSteps: Int { 5 }
  static var rootSeed: UInt64 { 0x5FE6_EB50_C7B5_37A9 }
  static var rootSteps: Int { 4 }
}

/// A word of a type as a number of its precision, and rounded back.
struct ReferenceWord {
  let type: ElementType

  var byteCount: Int { type.wordByteCount }

  func number<Number: ReferenceNumber>(_ word: UInt64) -> Number {
    switch type {
    case .f16: Number(Float16(bitPattern: UInt16(word)))
    case .bf16: Number(Float(bitPattern: UInt32(word) << 16))
    default: Number(bits: Number.Bits(truncatingIfNeeded: word))
    }
  }

  func word<Number: ReferenceNumber>(_ number: Number) -> UInt64 {
    switch type {
    case .f16: return UInt64(Float16(number).bitPattern)
    case .bf16:
      // To the nearer of two neighbours, the even one of equally near ones.
      let bits = Float(number).bitPattern
      let (kept, rest) = (bits >> 16, bits & 0xFFFF)
      return UInt64(rest > 0x8000 || (rest == 0x8000 && kept & 1 == 1) ? kept + 1 : kept)
    default: return UInt64(number.bits)
    }
  }
}
