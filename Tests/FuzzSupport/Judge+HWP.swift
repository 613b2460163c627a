import HoloEngine
import HoloFormat
import HoloModel

extension Judge {
  func readHWP(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    let source = MemorySource(bytes)
    let salvaged = try salvage(source)
    let reader: ContainerReader
    let map: ChunkMap
    do throws(FormatError) {
      reader = try ContainerReader.open(source, path: Self.path)
      try Self.check(reader.frames, of: reader)
      let intact = reader.intactIndex()
      for problem in intact.problems { try Self.allow(problem) }
      try Self.check(intact, of: source, isWhole: false)
      for entry in reader.directories { try Self.check(name: entry.name) }
      map = try reader.index()
    } catch {
      try Self.allow(error)
      return salvaged ? .accepted : .refused
    }
    try Self.check(map, of: source, isWhole: true)
    var problems = reader.verifyStoredFrames()
    problems += try reader.verifyUnreferencedFrames(map)
    for problem in problems { try Self.allow(problem) }
    let container: StoredContainer
    do throws(HoloError) { container = try StoredContainer(opening: source, path: Self.path) } catch {
      throw finding("a container whose index is whole cannot be opened: \(error)")
    }
    return try decoder.isWhole(container) && problems.isEmpty ? .whole : .accepted
  }

  private func salvage(_ source: MemorySource) throws(FormatError) -> Bool {
    do throws(FormatError) {
      let salvage = try Salvage.scan(source, path: Self.path)
      for problem in salvage.chunks.problems { try Self.allow(problem) }
      try Self.check(salvage.chunks, of: source, isWhole: false)
      return true
    } catch {
      try Self.allow(error)
      return false
    }
  }

  /// Frames tile the file up to the manifest.
  private static func check(_ frames: FrameTable, of reader: ContainerReader) throws(FormatError) {
    var end: UInt64 = 0
    for number in 0..<UInt32(frames.count) {
      let extent = frames.extent(of: number)
      try require(extent.offset == end && extent.number == number, "frame \(number) begins at \(extent.offset)")
      end += UInt64(extent.byteCount)
    }
    try require(end == reader.trailer?.manifestOffset && end < reader.source.byteCount, "the frames end at \(end)")
  }

  /// Regions are what a region can be; every chunk has its length, and lies in the file.
  ///
  /// - Parameter isWhole: the container was taken as it is: no region of it is lost.
  private static func check(_ map: ChunkMap, of source: MemorySource, isWhole: Bool) throws(FormatError) {
    var names: Set<[UInt8]> = []
    var chunkCount: UInt64 = 0
    var byteCount: UInt64 = 0
    for (region, descriptor) in map.regions.enumerated() {
      try check(descriptor)
      try require(names.insert(Array(descriptor.name.utf8)).inserted, "two regions \(descriptor.name)")
      var next: UInt64 = 0
      try map.forEachChunk(ofRegion: region) { (index, chunk) throws(FormatError) in
        try require(index == next, "chunk \(index) stands at \(next)")
        next += 1
        let length = ChunkGeometry.chunkByteCount(at: index, regionByteCount: descriptor.byteCount)
        try require(
          chunk.byteCount == length && (1...ChunkGeometry.chunkByteCount).contains(length)
            && chunk.coding.streamByteCount(chunkByteCount: length) == chunk.streamByteCount
            && chunk.streamByteCount <= HWP.Limit.streamByteCount
            && (chunk.frame == nil) == (chunk.streamByteCount == 0),
          "chunk \(index) of \(descriptor.name) has \(chunk.byteCount) bytes in \(chunk.streamByteCount)")
        guard let frame = chunk.frame else { return }
        try require(
          frame.offset >= 64 && frame.byteCount > 0 && frame.offset <= source.byteCount
            && UInt64(frame.byteCount) <= source.byteCount - frame.offset,
          "chunk \(index) of \(descriptor.name) lies outside the file")
      }
      try require(next == descriptor.chunkCount, "\(descriptor.name) has \(next) chunks")
      chunkCount += next
      byteCount += descriptor.byteCount
    }
    try require(
      map.totals.regionCount == UInt64(names.count) && map.totals.chunkCount == chunkCount
        && map.totals.byteCount == byteCount, "the totals are not those of the regions")
    try checkFiles(of: Array(map.regions), isWhole: isWhole)
  }
}
