import HoloFormat
import HoloModel
import HoloSystem

/// A region of a container, and the way to its chunks.
package struct StoredRegion: Sendable {
  package let descriptor: RegionDescriptor
  let chunks: ChunkMap
  /// In `chunks`.
  let index: Int

  /// - Parameter region: index in the job.
  func plan(chunk: UInt64, region: Int) -> ChunkPlan {
    var plan = ChunkPlan(
      region: region, index: chunk,
      byteCount: ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: descriptor.byteCount),
      chainingValue: Digest256(), root: descriptor.chunkCount == 1 ? descriptor.root : nil, coding: .stored)
    do {
      let stored = try chunks.chunk(chunk, ofRegion: index)
      plan.chainingValue = stored.chainingValue
      plan.coding = stored.coding
      plan.frame = stored.frame
    } catch { plan.defect = "its index cannot be read: \(error.message)" }
    return plan
  }

  /// Bytes of the frames that hold it.
  func storedByteCount() throws(FormatError) -> UInt64 {
    var sum: UInt64 = 0
    try chunks.forEachChunk(ofRegion: index) { (_, chunk) throws(FormatError) in
      sum += UInt64(chunk.frame?.byteCount ?? 0)
    }
    return sum
  }
}

/// A container that was opened for reading: whole, or what is left of it.
package struct StoredContainer: Sendable {
  package let source: any RandomAccessSource
  package let path: String
  /// The regions whose index is whole (chaining values that give the root), in the state's order.
  package let regions: [StoredRegion]
  package let directories: [DirectoryEntry]
  let chunks: ChunkMap
  /// Nil where the manifest is lost.
  package let reader: ContainerReader?
  package let totals: ContainerTotals
  /// What is lost.
  package let problems: [Problem]

  /// Opens a container whose index is whole.
  package init(opening source: any RandomAccessSource, path: String) throws(HoloError) {
    do {
      let reader = try ContainerReader.open(source, path: path)
      self.init(source: source, path: path, chunks: try reader.index(), reader: reader)
    } catch { throw HoloError(wrapping: error) }
  }

  /// Opens what can be had of a container whose end, manifest or index is damaged.
  package init(salvaging source: any RandomAccessSource, path: String) throws(HoloError) {
    do {
      let salvage = try Salvage.scan(source, path: path)
      self.init(source: source, path: path, chunks: salvage.chunks, reader: salvage.reader)
    } catch { throw HoloError(wrapping: error) }
  }

  /// Empty where the manifest is lost.
  package var snapshotID: String { reader?.snapshotID.hexadecimal ?? "" }

  private init(
    source: any RandomAccessSource, path: String, chunks: ChunkMap, reader: ContainerReader?
  ) {
    self.source = source
    self.path = path
    self.reader = reader
    self.chunks = chunks
    totals = chunks.totals
    directories = reader.map { Array($0.directories) } ?? []
    problems = chunks.problems.map { Problem(HoloError($0), path: path) }
    regions = chunks.regions.enumerated().map { StoredRegion(descriptor: $1, chunks: chunks, index: $0) }
  }
}
