/// What may be lost of a region: the bound that its user set (Documentation/Quantization.md).
///
/// A bound is the number given here exactly. Whoever reads one from text rounds it toward zero: the nearest binary64 number to 1e-3
/// is more than 1e-3.
package enum QuantizationMode: Hashable, Sendable {
  /// |x − x′| ≤ bound.
  case absolute(Double)
  /// |x − x′| ≤ bound · (max − min), over the finite values of at most `clip`; the others are kept exactly.
  case relative(Double, clip: Double?)
  /// |x − x′| ≤ bound · |x|.
  case pointwise(Double)
  /// |z − z′| ≤ bound.
  case euclidean(Double)
  /// |z − z′| ≤ π/2^bits · |z| + amplitude; without an amplitude, that is kept as a number.
  case phase(bits: Int, amplitude: Double?)

  /// Whether a region of such elements can be stored so.
  package func applies(to type: ElementType) -> Bool {
    switch self {
    case .absolute, .relative, .pointwise: type.isFloatingPoint
    case .euclidean, .phase: type == .c64 || type == .c128
    }
  }
}
