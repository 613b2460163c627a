/// What the integers are that a layer of differences adds to (HWP-Format.md, section 6, kind 2).
package enum DifferenceOrder: UInt8, Sendable {
  // On-disk codes: set in stone.
  /// Words.
  case integers = 0
  /// Floating-point numbers, as integers of the same order.
  case numbers = 1
  /// Codes of a quantizer.
  case codes = 2

  /// Of elements as they are.
  package init(of type: ElementType) { self = type.isFloatingPoint ? .numbers : .integers }
}
