/// Some bytes of a region: disjoint ranges, ascending, that do not touch.
package struct ByteRanges: Hashable, Sendable {
  package private(set) var ranges: [Range<UInt64>] = []

  package init() {}

  package var isEmpty: Bool { ranges.isEmpty }
  package var byteCount: UInt64 { ranges.reduce(0) { $0 + UInt64($1.count) } }

  package mutating func insert(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    let first = firstIndex { $0.upperBound >= range.lowerBound }
    let end = firstIndex { $0.lowerBound > range.upperBound }
    guard first < end else { return ranges.insert(range, at: first) }
    let joined =
      min(range.lowerBound, ranges[first].lowerBound)..<max(range.upperBound, ranges[end - 1].upperBound)
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(joined))
  }

  package mutating func formUnion(_ other: Self) {
    if ranges.isEmpty {
      ranges = other.ranges
      return
    }
    for range in other.ranges { insert(range) }
  }

  package func overlaps(_ range: Range<UInt64>) -> Bool {
    let index = firstIndex { $0.upperBound > range.lowerBound }
    return index < ranges.count && ranges[index].overlaps(range)
  }

  /// The first range from which on all are so.
  private func firstIndex(where isPast: (Range<UInt64>) -> Bool) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if isPast(ranges[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
