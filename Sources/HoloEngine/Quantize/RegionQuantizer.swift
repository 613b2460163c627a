import HoloModel

/// A mode made ready for one region: what its chunks are quantized with, all alike.
package struct RegionQuantizer: Sendable {
  let mode: QuantizationMode
  let type: ElementType
  /// Nil where the bound is below what the region's type or range can resolve: then all is kept exactly.
  let quantization: Quantization?

  /// - Parameters:
  ///   - range: of the region's numbers, for a mode that needs it.
  ///   - first: the modulus of the region's first element, likewise.
  ///   - used: what the region's chunks were quantized with in the snapshot that this one is relative to.
  init(
    _ mode: QuantizationMode, type: ElementType, range: ClosedRange<Double>?, first: Double, used: Quantizer? = nil
  ) {
    self.mode = mode
    self.type = type
    let own = Quantization(mode: mode.towardZero, type: type, range: range, first: first)
    let isRelative = if case .relative = mode { true } else { false }
    quantization = used.map { own?.inheriting($0, isRelative: isRelative) } ?? own
  }

  /// All is kept exactly.
  init(keeping mode: QuantizationMode, type: ElementType) {
    self.mode = mode
    self.type = type
    quantization = nil
  }

  /// As a difference of two numbers; 0 where it differs from value to value, and where all is kept.
  var absoluteBound: Double {
    switch mode {
    case .absolute, .relative, .euclidean: quantization?.bound ?? 0
    case .pointwise, .phase: 0
    }
  }
}
