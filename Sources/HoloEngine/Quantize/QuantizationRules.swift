import HoloModel

/// Which regions may be stored within a bound: `GLOB=MODE` or `GLOB=exact`, one after the other; where several match a region the
/// last one counts.
package struct QuantizationRules: Sendable {
  private struct Rule {
    var text: String
    var globs: RegionGlobs
    /// Nil: exactly.
    var mode: QuantizationMode?
  }

  private var rules: [Rule] = []

  package var isEmpty: Bool { rules.isEmpty }

  package init() {}

  /// Reads rules as a user writes them.
  package init(_ texts: [String]) throws(HoloError) {
    for text in texts {
      // A glob may hold a `=`, a mode none.
      guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
        throw HoloError(.usage, "--quantize \(text.shortened) is not GLOB=MODE", remedy: Self.remedy)
      }
      let name = text[text.index(after: equals)...]
      let mode: QuantizationMode?
      do { mode = name == "exact" ? nil : try QuantizationMode(text: name) } catch {
        throw HoloError(.usage, "--quantize \(text.shortened): \(error.reason)", remedy: Self.remedy)
      }
      rules.append(Rule(text: text, globs: try RegionGlobs([String(text[..<equals])]), mode: mode))
    }
  }

  /// Gives the regions their modes. Throws, before any region is read, where a rule names none, or one of a type that cannot
  /// be quantized so.
  package func apply(to regions: inout [RegionSource]) throws(HoloError) {
    for rule in rules {
      let globs = try rule.globs.readingShownNames(among: regions.map(\.name))
      var isUsed = false
      for index in regions.indices where globs.matches(regions[index].name) {
        isUsed = true
        if rule.mode != nil, regions[index].isChecksummed { throw Self.refusalOfChecksummed(rule, regions[index]) }
        if let mode = rule.mode, !mode.applies(to: regions[index].elementType) {
          throw Self.refusal(rule, mode, regions[index])
        }
        regions[index].quantization = rule.mode
      }
      guard isUsed else {
        throw HoloError(
          .usage, "--quantize \(rule.text.shortened) names no region of the state",
          remedy: Self.listing(regions.filter(\.elementType.isFloatingPoint).map(\.name)))
      }
    }
  }

  private static func listing(_ names: [String]) -> String {
    guard !names.isEmpty else { return "the state has no region of floating-point numbers" }
    let shown = names.prefix(3).map(\.shortened).joined(separator: ", ")
    return "regions of floating-point numbers are \(shown)" + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  private static func refusalOfChecksummed(_ rule: Rule, _ region: RegionSource) -> HoloError {
    HoloError(
      .usage,
      "--quantize \(rule.text.shortened): an .npz file holds the CRC-32 of each array, which any error would break",
      place: .init(path: region.path, region: region.name),
      remedy: "keep its arrays as .npy files, or write a narrower GLOB")
  }

  private static func refusal(_ rule: Rule, _ mode: QuantizationMode, _ region: RegionSource) -> HoloError {
    let isReal = region.elementType.isFloatingPoint
    return HoloError(
      .usage,
      "--quantize \(rule.text.shortened): \(mode.text) is not for elements of type \(region.elementType.name)",
      place: .init(path: region.path, region: region.name),
      remedy: isReal
        ? "real numbers take abs, rel or pw; complex ones l2 and phase, too"
        : "quantize regions of floating-point numbers alone: write a narrower GLOB")
  }

  private static let remedy =
    "write for example 'fields/**=rel:1e-3'; modes are abs:E, rel:E, rel:E,clip:V, pw:E, l2:E, phase:B, phase:B,amp:E and exact"
}
