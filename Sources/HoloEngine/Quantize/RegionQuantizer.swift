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
  init(_ mode: QuantizationMode, type: ElementType, range: ClosedRange<Double>?, first: Double) {
    self.mode = mode
    self.type = type
    quantization = Quantization(mode: mode.towardZero, type: type, range: range, first: first)
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
