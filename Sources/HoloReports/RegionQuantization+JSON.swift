import HoloFormat
import HoloModel

extension RegionQuantization {
  /// Of the phase modes the bound differs from value to value, and the mean square is one of shares of it.
  private var hasShareOfBound: Bool { if case .phase = mode { true } else { false } }

  /// What every command tells of how a region was quantized.
  package var json: JSON {
    [
      "mode": JSON(mode.text),
      "bound": JSON(mode.bound),
      "absoluteBound": absoluteBound > 0 ? JSON(absoluteBound) : .null,
      "maxError": JSON(largestError),
      "rmsError": hasShareOfBound ? .null : JSON(rootMeanSquareError),
      "psnr": peakSignalToNoise.map { JSON($0) } ?? .null,
      "keptExactly": JSON(exactCount),
      "rawBlake3": JSON(rawRoot.hexadecimal),
    ]
  }
}
