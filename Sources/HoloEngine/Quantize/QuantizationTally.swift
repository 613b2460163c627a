import CWaveKernels
import HoloFormat
import HoloModel

/// What the quantization of chunks did, added up. The order in which chunks are added makes no difference.
struct QuantizationTally: Sendable {
  /// In the measure of the bound.
  var largestError = 0.0
  /// Of round(4096 · error / bound), squared.
  var squares: UInt64 = 0
  /// Words, quantized or kept.
  var wordCount: UInt64 = 0
  var exactCount: UInt64 = 0
  /// Of the finite words as they were read; nil where there are none.
  var range: ClosedRange<Double>?

  init() {}

  /// Of numbers, before they are quantized: all of them count as kept.
  init(measuring bytes: UnsafeRawBufferPointer, _ quantizer: RegionQuantizer) {
    wordCount = UInt64(bytes.count / quantizer.type.wordByteCount)
    exactCount = wordCount
    range = Quantization.range(of: bytes, type: quantizer.type, clip: quantizer.mode.clip)
  }

  /// What the kernels tell of a chunk that is stored as codes.
  mutating func take(_ result: wave_quantized, of quantization: Quantization, exactCount: Int) {
    self.exactCount = UInt64(exactCount)
    largestError = quantization.largestError(result)
    squares = result.squares
  }

  mutating func add(_ other: Self) {
    largestError = max(largestError, other.largestError)
    squares += other.squares
    wordCount += other.wordCount
    exactCount += other.exactCount
    range = range.joined(with: other.range)
  }

  /// What stands of it in the region's descriptor.
  func summary(_ quantizer: RegionQuantizer, rawRoot: Digest256) -> RegionQuantization {
    let share = wordCount == 0 ? 0 : (Double(squares) / Double(wordCount)).squareRoot() / 4096
    let unit: Double =
      switch quantizer.mode {
      case .pointwise(let bound): bound
      case .phase: 1
      case .absolute, .relative, .euclidean: quantizer.absoluteBound
      }
    return RegionQuantization(
      mode: quantizer.mode, absoluteBound: quantizer.absoluteBound, largestError: largestError,
      rootMeanSquareError: share * unit, minimum: range?.lowerBound ?? 0, maximum: range?.upperBound ?? 0,
      exactCount: exactCount, rawRoot: rawRoot)
  }
}
