import HoloModel

/// The lengths of a table's sections, as its beginning tells them.
struct WaveTableSections {
  /// Of one of the things that are counted: parts, runs, bytes of records, summary, directories and extensions, chunks.
  private static let units: [UInt64] = [UInt64(WAVE.Size.part), UInt64(WAVE.Size.run), 1, 1, 1, 1, 32]
  private var counts: [UInt64]

  var runCount: Int { Int(counts[1]) }
  var chunkCount: Int { Int(counts[6]) }
  var runs: Int { WAVE.Size.tableStart + Int(counts[0]) * WAVE.Size.part }
  var chainingValues: Int { runs + runCount * WAVE.Size.run }
  var records: Range<Int> {
    let start = chainingValues + chunkCount * Digest256.byteCount
    return start..<(start + Int(counts[2]))
  }
  var directories: Range<Int> {
    let start = records.upperBound + Int(counts[3])
    return start..<(start + Int(counts[4]))
  }
  var extensions: Range<Int> { directories.upperBound..<(directories.upperBound + Int(counts[5])) }

  private var byteCount: UInt64 { zip(counts, Self.units).reduce(UInt64(WAVE.Size.tableStart)) { $0 + $1.0 * $1.1 } }

  /// The lengths as they stand, if they add up to the table's; else every way to make them do so by changing one.
  static func readings(of table: [UInt8], byteCount: UInt64) -> [Self] {
    guard table.count >= WAVE.Size.tableStart else { return [] }
    // A count of chunks past any table is cut, so that the sum does not overflow.
    let chunkCount = min(table.integer(at: 88, as: UInt64.self), UInt64(UInt32.max))
    let read = Self(counts: (0..<6).map { UInt64(table.integer(at: 24 + 4 * $0, as: UInt32.self)) } + [chunkCount])
    if read.byteCount == byteCount { return [read] }
    return units.indices.compactMap { field in
      var other = read
      let rest = read.byteCount - units[field] * read.counts[field]
      guard rest <= byteCount, (byteCount - rest) % units[field] == 0 else { return nil }
      other.counts[field] = (byteCount - rest) / units[field]
      return other
    }
  }
}
