/// How the numbers of a region are brought back from integers (Documentation/Quantization.md): what a container stores of it.
///
/// Numbers stand in the precision of the region: binary64 for f64 and c128, else binary32, which a `Double` holds exactly.
package enum Quantizer: Hashable, Sendable {
  /// x′ = m · step; the levels of `low` and `high` stand for these themselves.
  case grid(step: Double, low: Double, high: Double)
  /// |x′| = 2^(first + k / levels).
  case logarithm(levels: Int)
  /// z′ = a · (cos, sin)(2πp / 2^bits).
  case phase(bits: Int)
  /// The same with a = offset + m · step.
  case phaseGrid(bits: Int, offset: Double, step: Double)

  /// Phases of a turn, as a power of two.
  package static let phaseBits = 2...16

  /// The most levels an octave: codes fit their word, and every octave's first level is exact in the precision.
  package static func levelLimit(of type: ElementType) -> Int {
    switch type {
    case .f16: 819
    case .bf16: 129
    case .f64, .c128: 1 << 30
    default: 1 << 16
    }
  }
}

extension ElementType {
  /// Whether values are computed in binary64.
  package var isDouble: Bool { self == .f64 || self == .c128 }
}
