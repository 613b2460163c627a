import HoloEngine
import HoloFormat
import HoloModel

extension Judge {
  func readWave(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    try Self.salvageWave(MemorySource(bytes))
    let reader = try WaveReader.open(MemorySource(bytes), path: Self.path)
    for entry in reader.directories { try Self.check(name: entry.name) }
    var extents: [(offset: UInt64, byteCount: Int)] = []
    for (region, descriptor) in reader.regions.enumerated() {
      try Self.check(descriptor)
      for chunk in 0..<descriptor.gridChunkCount {
        let stored = try reader.regions.chunk(chunk, ofRegion: region)
        try require(
          stored.byteCount == ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: descriptor.byteCount),
          "chunk \(chunk) of \(descriptor.name) has \(stored.byteCount) bytes")
        extents.append((stored.offset, stored.byteCount))
      }
    }
    // Behind the head, one after the other, before the trailer.
    var end: UInt64 = 4_096
    for extent in extents.sorted(by: { $0.offset < $1.offset }) {
      try require(extent.offset >= end && extent.offset <= reader.source.byteCount, "chunks overlap")
      end = extent.offset + UInt64(extent.byteCount)
    }
    try require(end + 144 <= reader.source.byteCount, "chunks go past the parts")
    try require(
      reader.totals.chunkCount == UInt64(extents.count)
        && reader.totals.byteCount == extents.reduce(0) { $0 + UInt64($1.byteCount) },
      "the totals are not those of the regions")
    try Self.checkFiles(of: Array(reader.regions), isWhole: true)
    let problems = reader.verifyOutside()
    for problem in problems { try Self.allow(problem) }
    let container: StoredContainer
    do throws(HoloError) {
      container = try StoredContainer(opening: MemorySource(bytes), path: Self.path)
    } catch { throw finding("a container that was read cannot be opened: \(error)") }
    return try decoder.isWhole(container) && problems.isEmpty ? .whole : .accepted
  }

  /// What is taken lies in the file, and what is said of it is true.
  private static func salvageWave(_ source: MemorySource) throws(FormatError) {
    let salvage: WaveSalvage
    do throws(FormatError) { salvage = try WaveSalvage.scan(source, path: path) } catch { return try allow(error) }
    for problem in salvage.problems { try allow(problem) }
    for entry in salvage.directories { try check(name: entry.name) }
    var names: Set<[UInt8]> = []
    var byteCount: UInt64 = 0
    for (region, descriptor) in salvage.regions.enumerated() {
      try check(descriptor)
      try require(names.insert(Array(descriptor.name.utf8)).inserted, "two regions \(descriptor.name)")
      byteCount += descriptor.byteCount
      for index in 0..<descriptor.gridChunkCount {
        let chunk = try salvage.regions.chunk(index, ofRegion: region)
        try require(
          chunk.offset <= source.byteCount && UInt64(chunk.byteCount) <= source.byteCount - chunk.offset,
          "chunk \(index) of \(descriptor.name) lies outside the file")
      }
    }
    try require(
      salvage.totals.regionCount == UInt64(names.count) && salvage.totals.byteCount == byteCount,
      "the totals are not those of the regions")
  }
}
