import HoloCompute
import HoloModel

/// Which mapping and lags make the bins of a component smallest, from estimates on a sample of its words.
struct BinPolicy {
  /// What was found of a component's words.
  struct Finding {
    /// The best way, and another one should a word not fit it, each with about how many bytes it takes.
    var ways: [(bins: Bins, byteCount: Double)] = []
    /// Neighbours differ less than words do.
    var favorsDifference = true
  }

  /// Below this a table and 32 states are a large part of what they save.
  private static let leastByteCount = 8192

  private let coder: BinCoder

  init(coder: BinCoder) { self.coder = coder }

  /// From an element to its neighbours along each axis but the innermost one, the nearest first.
  static func distances(shape: [UInt64]) -> [Int] {
    var distance = 1
    return shape.dropFirst().reversed().compactMap { extent in
      let (product, overflow) = distance.multipliedReportingOverflow(by: Int(clamping: extent))
      distance = overflow ? Int.max : product
      return extent > 1 ? distance : nil
    }
  }

  /// - Parameter distances: those of the region's shape.
  func examine(_ words: ComponentWords, type: ElementType, distances: [Int]) -> Finding {
    guard words.count * words.width >= Self.leastByteCount else { return Finding() }
    let plain = best(words, Bins(mapping: type.mapping), distances)
    guard type.isFloatingPoint, let divisor = coder.divisor(words) else { return plain }
    let ratio = best(words, Bins(mapping: .ratio, divisor: divisor), distances)
    return Finding(
      ways: (ratio.ways + plain.ways).sorted { $0.byteCount < $1.byteCount }, favorsDifference: plain.favorsDifference)
  }

  private func best(_ words: ComponentWords, _ mapped: Bins, _ distances: [Int]) -> Finding {
    var best = mapped
    var least = coder.estimate(words, mapped)
    func attempt(_ lags: [Int]) -> Bool {
      var bins = mapped
      bins.lags = lags.map { UInt32($0) }
      let byteCount = coder.estimate(words, bins)
      guard byteCount < least else { return false }
      (best, least) = (bins, byteCount)
      return true
    }
    let favorsDifference = attempt([1])
    if favorsDifference { _ = attempt([1, 1]) }
    // A distance past half of the words leaves more of them as they are than it helps.
    let reached = distances.filter { $0 > 1 && $0 <= words.count / 2 }.prefix(Bins.mostLags - 1)
    for (index, distance) in reached.enumerated() {
      for shorter in [[]] + reached.prefix(index).map({ [$0] }) {
        _ = attempt(shorter + [distance])
        if favorsDifference { _ = attempt([1] + shorter + [distance]) }
      }
    }
    return Finding(ways: [(best, least)], favorsDifference: favorsDifference)
  }
}

extension ElementType {
  fileprivate var mapping: Bins.Mapping {
    if isFloatingPoint { return .float }
    switch self {
    case .i8, .i16, .i32, .i64: return .signed
    default: return .unsigned
    }
  }
}
