/// What a container has to know of quantizers (HWP-Format.md, section 5).
extension Quantizer {
  /// On-disk codes: set in stone.
  package var code: UInt8 {
    switch self {
    case .grid: 1
    case .logarithm: 2
    case .phase: 3
    case .phaseGrid: 4
    }
  }

  /// Whether an exception is a whole element, not a word.
  package var keepsElements: Bool {
    switch self {
    case .grid, .logarithm: false
    case .phase, .phaseGrid: true
    }
  }

  /// Whether a code of the other one stands for the same number here, but for what is beyond low and high.
  package func hasCodes(of other: Self) -> Bool {
    switch (self, other) {
    case (.grid(let step, _, _), .grid(let otherStep, _, _)): step.bitPattern == otherStep.bitPattern
    case (.logarithm(let levels), .logarithm(let otherLevels)): levels == otherLevels
    case (.phase(let bits), .phase(let otherBits)): bits == otherBits
    case (.phaseGrid(let bits, let offset, let step), .phaseGrid(let otherBits, let otherOffset, let otherStep)):
      bits == otherBits && offset.bitPattern == otherOffset.bitPattern && step.bitPattern == otherStep.bitPattern
    default: false
    }
  }

  /// What breaks a rule of the format where elements of this type are quantized so, or nil.
  package func problem(for type: ElementType) -> String? {
    guard type.isFloatingPoint else { return "\(type.name) is not quantized" }
    switch self {
    case .grid(let step, let low, let high):
      guard step.isFinite, step > 0 else { return "the step of a grid is \(step)" }
      return low <= high ? nil : "the range of a grid is \(low) to \(high)"
    case .logarithm(let levels):
      return (1...Self.levelLimit(of: type)).contains(levels) ? nil : "an octave has \(levels) levels"
    case .phase(let bits), .phaseGrid(let bits, _, _):
      guard type.componentCount == 2 else { return "\(type.name) has no phase" }
      guard Self.phaseBits.contains(bits) else { return "a phase has \(bits) bits" }
      guard case .phaseGrid(_, let offset, let step) = self else { return nil }
      return step.isFinite && step > 0 && offset.isFinite && offset >= 0 ? nil : "the step of an amplitude is \(step)"
    }
  }
}
