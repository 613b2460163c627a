import Glibc
import HoloModel

/// What was allowed for a region, and what came of it (HWP-Format.md, section 7; Quantization.md).
package struct RegionQuantization: Hashable, Sendable {
  package var mode: QuantizationMode
  /// The bound in effect as a difference of numbers; 0 where it differs from value to value.
  package var absoluteBound: Double
  /// In the measure of the bound: of `pw` relative to the value.
  package var largestError: Double
  package var rootMeanSquareError: Double
  /// Of the finite values as they were read, of both components; 0 and 0 where there are none.
  package var minimum: Double
  package var maximum: Double
  /// Words that were kept as they are.
  package var exactCount: UInt64
  /// BLAKE3 of the bytes that were read; the region's root is that of those that a restore returns.
  package var rawRoot: Digest256

  package init(
    mode: QuantizationMode, absoluteBound: Double, largestError: Double, rootMeanSquareError: Double, minimum: Double,
    maximum: Double, exactCount: UInt64, rawRoot: Digest256
  ) {
    self.mode = mode
    self.absoluteBound = absoluteBound
    self.largestError = largestError
    self.rootMeanSquareError = rootMeanSquareError
    self.minimum = minimum
    self.maximum = maximum
    self.exactCount = exactCount
    self.rawRoot = rawRoot
  }

  /// 20 · log10(range / root mean square error), in decibels; nil where the bound is no difference of numbers, or there is
  /// no error or no range.
  package var peakSignalToNoise: Double? {
    guard absoluteBound > 0, rootMeanSquareError > 0, maximum > minimum else { return nil }
    // Halves: the range of numbers of opposite sign may be more than a number can be.
    return 20 * (log10(maximum / 2 - minimum / 2) + log10(2) - log10(rootMeanSquareError))
  }

  /// Whether its numbers are such as a capture measures.
  var isInRange: Bool {
    minimum.isFinite && maximum.isFinite && minimum <= maximum
      && [absoluteBound, largestError, rootMeanSquareError].allSatisfy { $0.isFinite && $0 >= 0 }
  }
}
