/// What error a user allows for a region (Documentation/Quantization.md).
package enum QuantizationMode: Hashable, Sendable {
  /// `abs:E`: |x − x′| ≤ E.
  case absolute(Double)
  /// `rel:E`: E times the range of the region's finite values; with `clip:V` of those with |x| ≤ V.
  case relative(Double, clip: Double?)
  /// `pw:E`: |x − x′| ≤ E · |x|.
  case pointwise(Double)
  /// `l2:E`: |z − z′| ≤ E.
  case euclidean(Double)
  /// `phase:B`: 2^B phases, amplitudes as they are; with `amp:E` within E.
  case phase(bits: Int, amplitude: Double?)

  /// Whether regions of this type can be quantized so.
  package func applies(to type: ElementType) -> Bool {
    guard type.isFloatingPoint else { return false }
    switch self {
    case .absolute, .relative, .pointwise: return true
    case .euclidean, .phase: return type.componentCount == 2
    }
  }

  /// The number of the bound: of `phase` that of the amplitude, 0 where it is kept.
  package var bound: Double {
    switch self {
    case .absolute(let bound), .relative(let bound, _), .pointwise(let bound), .euclidean(let bound): bound
    case .phase(_, let amplitude): amplitude ?? 0
    }
  }

  /// Whether what is allowed depends on the range of the region's numbers.
  package var needsRange: Bool { if case .relative = self { true } else { false } }

  /// Whether what numbers become depends on the modulus of the region's first element.
  package var needsFirst: Bool { if case .phase(_, .some) = self { true } else { false } }

  /// Numbers beyond it, on either side, are kept as they are and left out of the range; nil: none.
  package var clip: Double? { if case .relative(_, let clip) = self { clip } else { nil } }

  /// With bounds that are not more than what a user wrote in decimals: the nearest binary64 number may be.
  package var towardZero: QuantizationMode {
    switch self {
    case .absolute(let bound): .absolute(bound.belowDecimal)
    case .relative(let bound, let clip): .relative(bound.belowDecimal, clip: clip)
    case .pointwise(let bound): .pointwise(bound.belowDecimal)
    case .euclidean(let bound): .euclidean(bound.belowDecimal)
    case .phase(let bits, let amplitude): .phase(bits: bits, amplitude: amplitude?.belowDecimal)
    }
  }

  /// As a user writes it.
  package var text: String {
    switch self {
    case .absolute(let bound): "abs:\(bound)"
    case .relative(let bound, let clip): "rel:\(bound)" + (clip.map { ",clip:\($0)" } ?? "")
    case .pointwise(let bound): "pw:\(bound)"
    case .euclidean(let bound): "l2:\(bound)"
    case .phase(let bits, let amplitude): "phase:\(bits)" + (amplitude.map { ",amp:\($0)" } ?? "")
    }
  }

  /// Why a text names no mode: a clause for a message.
  package struct Flaw: Error {
    package var reason: String
  }

  /// Reads what a user wrote.
  package init(text: some StringProtocol) throws(Flaw) {
    var values: [String: Substring] = [:]
    var kind = ""
    for (index, field) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      let pair = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw Flaw(reason: "'\(field)' is not NAME:NUMBER") }
      if index == 0 { kind = String(pair[0]) }
      guard values.updateValue(Substring(pair[1]), forKey: String(pair[0])) == nil else {
        throw Flaw(reason: "'\(pair[0])' is given twice")
      }
    }
    func number(_ name: String) throws(Flaw) -> Double? {
      guard let value = values.removeValue(forKey: name) else { return nil }
      guard let number = Double(value) else { throw Flaw(reason: "'\(value)' is not a number") }
      guard number.isFinite, number > 0 else { throw Flaw(reason: "\(name):\(value) is not above zero and finite") }
      return number
    }
    let optional: String
    switch kind {
    case "abs", "rel", "pw", "l2":
      let bound = try number(kind) ?? 0
      optional = kind == "rel" ? "clip" : ""
      switch kind {
      case "abs": self = .absolute(bound)
      case "rel": self = .relative(bound, clip: try number("clip"))
      case "pw": self = .pointwise(bound)
      default: self = .euclidean(bound)
      }
    case "phase":
      let value = values.removeValue(forKey: "phase") ?? ""
      guard let bits = Int(value), Quantizer.phaseBits.contains(bits) else {
        throw Flaw(reason: "phase:\(value) is not a whole number of bits from 2 to 16")
      }
      optional = "amp"
      self = .phase(bits: bits, amplitude: try number("amp"))
    default: throw Flaw(reason: "there is no mode '\(kind)': there are abs, rel, pw, l2 and phase")
    }
    if let other = values.keys.sorted().first {
      throw Flaw(reason: "\(kind) takes no '\(other)'" + (optional.isEmpty ? "" : ", only '\(optional)'"))
    }
  }
}

extension Double {
  /// A multiple of 2⁻²⁰ is what its decimals say; of any other number the nearest below is not more than they.
  fileprivate var belowDecimal: Double {
    let scaled = self * 0x1p20
    return scaled.rounded() == scaled && scaled.isFinite ? self : nextDown
  }
}
