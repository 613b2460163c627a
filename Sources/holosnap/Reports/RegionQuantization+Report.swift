import HoloFormat
import HoloModel

extension RegionDescriptor {
  /// `rel:0.001, largest error 4.2e-4, PSNR 71.3 dB, 12 values kept exactly`; nil where the region is kept exactly.
  var quantizationText: String? {
    quantization.map { quantization in
      let count = quantization.exactCount
      return [
        quantization.mode.text, "largest error \(quantization.largestErrorText)",
        quantization.peakSignalToNoise.map { "PSNR \(Quantity.decibels($0))" },
        count == 0
          ? nil
          : "\(Quantity.count(Int(clamping: count), "value")) of \(Quantity.count(valueCount, "value")) kept exactly",
      ].compactMap { $0 }.joined(separator: ", ")
    }
  }

  /// Real numbers, two of a complex one.
  private var valueCount: Int { Int(clamping: byteCount / UInt64(elementType.wordByteCount)) }
}

extension [RegionDescriptor] {
  /// `7 of 9 regions within a bound, the others exact`; nil where all are exact.
  var boundsText: String? {
    let bounded = count { $0.quantization != nil }
    guard bounded > 0 else { return nil }
    let rest = bounded == count ? "" : ", the others exact"
    return "\(bounded) of \(Quantity.count(count, "region")) within a bound\(rest)"
  }
}

extension RegionQuantization? {
  /// Bound, largest error and PSNR, for a table.
  var cells: [String] {
    guard let self else { return ["exact", "0", ""] }
    return [
      self.mode.text, self.largestErrorText, self.peakSignalToNoise.map(Quantity.decibels) ?? "",
    ]
  }
}

extension RegionQuantization {
  /// `4.2e-4`, of `pw` relative to the value.
  var largestErrorText: String {
    let text = Quantity.significant(largestError)
    if case .pointwise = mode, largestError > 0 { return text + " × |x|" }
    return text
  }
}
