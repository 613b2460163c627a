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

  /// A layer gives bytes that the chunk has, and its frame lies in the file or in an ancestor, of which there are none here.
  private static func check(
    _ layer: StoredLayer, isFirst: Bool, chunkByteCount: Int, of source: MemorySource
  ) throws(FormatError) {
    let stream = layer.record.coding.streamByteCount(chunkByteCount: layer.byteCount) ?? -1
    try require(
      (layer.record.effect == .whole) == isFirst && layer.record.blocks?.isValid(chunkByteCount: chunkByteCount) ?? true
        && (1...chunkByteCount).contains(layer.byteCount) && (0...HWP.Limit.streamByteCount).contains(stream)
        && (layer.record.frame == nil) == (stream == 0),
      "a layer gives \(layer.byteCount) bytes of \(stream)")
    if let defect = layer.defect { try allow(defect) }
    guard let frame = layer.frame?.extent else { return }
    try require(
      frame.offset >= 64 && frame.byteCount > 0 && frame.offset <= source.byteCount
        && UInt64(frame.byteCount) <= source.byteCount - frame.offset, "a layer lies outside the file")
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
      var (next, end): (UInt64, UInt64) = (0, 0)
      try map.forEachChunk(ofRegion: region) { (index, chunk) throws(FormatError) in
        try require(index == next, "chunk \(index) stands at \(next)")
        next += 1
        let length =
          descriptor.chunking == .grid
          ? ChunkGeometry.chunkByteCount(at: index, regionByteCount: descriptor.byteCount) : chunk.byteCount
        try require(chunk.offset == end, "chunk \(index) begins at \(chunk.offset)")
        end += UInt64(chunk.byteCount)
        try require(
          chunk.byteCount == length && (1...ChunkGeometry.chunkByteCount).contains(length)
            && (1...HWP.Limit.layersPerChunk).contains(chunk.layers.count),
          "chunk \(index) of \(descriptor.name) has \(chunk.byteCount) bytes in \(chunk.layers.count) layers")
        for (number, layer) in chunk.layers.enumerated() {
          try check(layer, isFirst: number == 0, chunkByteCount: length, of: source)
        }
      }
      try require(
        end == descriptor.byteCount && next == map.regions.chunkCount(ofRegion: region),
        "\(descriptor.name) has \(next) chunks of \(end) bytes")
      chunkCount += next
      byteCount += descriptor.byteCount
    }
    try require(
      map.totals.regionCount == UInt64(names.count) && map.totals.chunkCount == chunkCount
        && map.totals.byteCount == byteCount, "the totals are not those of the regions")
    try checkFiles(of: Array(map.regions), isWhole: isWhole)
  }
}
