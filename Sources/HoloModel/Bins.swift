/// How words become the integers that bins divide (HWP-Format.md, section 5, "Bins"), and how long their stream is.
package struct Bins: Hashable, Sendable {
  /// What a word is taken for. On-disk codes: set in stone.
  package enum Mapping: UInt8, Sendable {
    case unsigned = 0
    case signed, float, ratio
  }

  package static let mostLags = 3

  package var mapping: Mapping
  /// Of `ratio`, at least 1; else 0.
  package var divisor: UInt32
  /// Distances to earlier words that are subtracted, one after the other; each at least 1.
  package var lags: [UInt32]
  package var streamByteCount: Int

  package init(mapping: Mapping, divisor: UInt32 = 0, lags: [UInt32] = [], streamByteCount: Int = 0) {
    self.mapping = mapping
    self.divisor = divisor
    self.lags = lags
    self.streamByteCount = streamByteCount
  }

  /// Whether words of so many bytes may be coded so.
  package func isValid(width: Int) -> Bool {
    guard width <= 8, lags.count <= Self.mostLags, !lags.contains(0), streamByteCount > 0 else { return false }
    return mapping == .ratio ? divisor > 0 && width >= 4 : divisor == 0
  }
}
