import HoloFormat
import HoloModel
import HoloSystem

/// The way to the chunks of a container, by its format.
enum ChunkLocator: Sendable {
  /// LZ4 frames of a `.hwp`.
  case frames(ChunkMap)
  /// The bytes as they are, in a `.wave`.
  case plain(WaveRegions)
}

/// A region of a container, and the way to its chunks.
package struct StoredRegion: Sendable {
  package let descriptor: RegionDescriptor
  let chunks: ChunkLocator
  /// In `chunks`.
  let index: Int

  package var chunkCount: UInt64 {
    switch chunks {
    case .frames(let map): map.regions.chunkCount(ofRegion: index)
    case .plain: descriptor.gridChunkCount
    }
  }

  /// - Parameter region: index in the job.
  func plan(chunk: UInt64, region: Int) -> ChunkPlan {
    var plan = ChunkPlan(
      region: region, index: chunk, chunking: descriptor.chunking,
      offset: chunk * UInt64(ChunkGeometry.chunkByteCount), byteCount: 0,
      chainingValue: Digest256(), root: chunkCount == 1 ? descriptor.root : nil, coding: .stored,
      elementType: descriptor.elementType)
    if descriptor.chunking == .grid {
      plan.byteCount = ChunkGeometry.chunkByteCount(at: chunk, regionByteCount: descriptor.byteCount)
    }
    do {
      switch chunks {
      case .frames(let map):
        plan.take(try map.chunk(chunk, ofRegion: index))
      case .plain(let regions):
        let stored = try regions.chunk(chunk, ofRegion: index)
        plan.chainingValue = stored.chainingValue
        plan.extent = .plain(offset: stored.offset, byteCount: stored.byteCount)
      }
    } catch {
      plan.defect = error.cause.map { .unreadable($0) } ?? .damaged(reason: "its index is damaged: \(error.message)")
    }
    return plan
  }

  fileprivate static func all(of regions: WaveRegions) -> [StoredRegion] {
    regions.enumerated().map { StoredRegion(descriptor: $1, chunks: .plain(regions), index: $0) }
  }

  /// Bytes of the frames of its container that hold it, or its own where it is stored as it is.
  ///
  /// - Parameter counted: numbers of the frames that gave chunks before: one may give several that are cut by their content, of
  ///   several regions, and counts once.
  /// - Returns: also the bytes, as restored, that these give.
  func byteCounts(counted: inout Set<UInt32>) throws(FormatError) -> (stored: UInt64, changed: UInt64) {
    guard case .frames(let map) = chunks else { return (descriptor.byteCount, descriptor.byteCount) }
    var (stored, changed): (UInt64, UInt64) = (0, 0)
    try map.forEachChunk(ofRegion: index) { (_, chunk) throws(FormatError) in
      for layer in chunk.layers {
        guard let frame = layer.frame, !frame.isAncestor,
          descriptor.chunking == .grid || counted.insert(frame.extent.number).inserted
        else { continue }
        stored += UInt64(frame.extent.byteCount)
        changed += UInt64(layer.byteCount)
      }
    }
    return (stored, changed)
  }
}

extension ChunkPlan {
  /// Where its layers are.
  fileprivate mutating func take(_ stored: StoredChunk) {
    (offset, byteCount) = (stored.offset, stored.byteCount)
    chainingValue = stored.chainingValue
    rawChainingValue = stored.rawChainingValue
    for layer in stored.layers {
      if let defect = layer.defect {
        self.defect = .unavailable(defect)
        return
      }
      let extent = layer.frame.map {
        Extent.frame(offset: $0.extent.offset, byteCount: $0.extent.byteCount, hash: $0.extent.hash)
      }
      let origin = layer.frame.flatMap { $0.isAncestor ? Origin(source: $0.source, path: $0.path) : nil }
      if layer.record.effect == .whole {
        (coding, self.extent, self.origin) = (layer.record.coding, extent, origin)
      } else {
        patches.append(
          Patch(
            effect: layer.record.effect, byteCount: layer.byteCount, coding: layer.record.coding, extent: extent,
            origin: origin))
      }
    }
    // Others are added to those of the first layer.
    leavesCodes = patches.first?.effect == .difference(.codes)
  }
}

/// A container that was opened for reading: whole, or what is left of it.
package struct StoredContainer: Sendable {
  /// What a container says of itself.
  package struct Identity: Sendable {
    package var snapshotID: Digest256
    package var majorVersion: UInt16
    package var minorVersion: UInt16
    /// Since 1970-01-01T00:00:00Z.
    package var createdNanoseconds: Int64
    package var summary: Summary
    /// Ids of the snapshots that it needs, as far as it says.
    package var ancestors: [String] = []
  }

  package let source: any RandomAccessSource
  package let path: String
  package let format: ContainerFormat
  /// The regions whose index is whole (chaining values that give the root), in the state's order.
  package let regions: [StoredRegion]
  package let directories: [DirectoryEntry]
  /// Of the directory that is the state; nil where it is none, or lost.
  package let root: FileAttributes?
  let chunks: ChunkLocator
  /// Nil where the manifest or the header is lost.
  package let identity: Identity?
  package let totals: ContainerTotals
  /// What is lost.
  package let problems: [Problem]
  /// False where modes, times and directories may be damaged, and nothing tells.
  let hasProvedAttributes: Bool

  /// Opens a container whose index is whole.
  ///
  /// - Parameter ancestors: where other containers are that it may need; nil: nowhere.
  package init(
    opening source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil
  ) throws(HoloError) {
    do {
      switch try OpenedContainer.open(source, path: path, ancestors: ancestors) {
      case .hwp(let reader): try self.init(reader)
      case .wave(let reader): self.init(reader)
      }
    } catch { throw HoloError(error) }
  }

  /// An open `.hwp` whose index is whole.
  init(_ reader: ContainerReader) throws(FormatError) { self.init(reader, chunks: try reader.index()) }

  /// An open `.hwp` with its index, or what is whole of it.
  init(_ reader: ContainerReader, chunks: ChunkMap) {
    self.init(source: reader.source, path: reader.path, chunks: chunks, reader: reader)
  }

  /// Opens what can be had of a container of which something outside the regions' bytes is damaged.
  package init(
    salvaging source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil
  ) throws(HoloError) {
    do {
      switch try ContainerFormat.of(source, path: path) {
      case .hwp:
        let salvage = try Salvage.scan(source, path: path, ancestors: ancestors)
        self.init(source: source, path: path, chunks: salvage.chunks, reader: salvage.reader)
      case .wave: self.init(try WaveSalvage.scan(source, path: path), of: source, path: path)
      }
    } catch { throw HoloError(wrapping: error) }
  }

  /// What is whole of an open `.hwp`.
  init(intactPartsOf reader: ContainerReader) {
    self.init(reader, chunks: reader.intactIndex())
  }

  /// There may have been regions of which not even the names are left.
  package var hasLostRegions: Bool {
    if case .frames(let map) = chunks, map.hasLostStretch { return true }
    return problems.contains { $0.region == nil }
  }

  /// Empty where the manifest is lost.
  package var snapshotID: String { identity?.snapshotID.hexadecimal ?? "" }

  /// Since 1970-01-01T00:00:00Z; 0 where the header is lost.
  var createdNanoseconds: Int64 { identity?.createdNanoseconds ?? 0 }

  private init(
    source: any RandomAccessSource, path: String, chunks: ChunkMap, reader: ContainerReader?
  ) {
    self.source = source
    self.path = path
    format = .hwp
    self.chunks = .frames(chunks)
    if let reader, let header = reader.header {
      identity = Identity(
        snapshotID: reader.snapshotID, majorVersion: header.majorVersion, minorVersion: header.minorVersion,
        createdNanoseconds: header.createdNanoseconds, summary: reader.summary,
        ancestors: reader.ancestorIDs.map { (reader.note(of: $0) ?? AncestorNote()).snapshotID.hexadecimal })
    } else {
      identity = nil
    }
    totals = chunks.totals
    directories = reader.map { Array($0.directories) } ?? []
    root = reader?.root
    hasProvedAttributes = true
    problems = chunks.problems.map { Problem(HoloError($0), path: path) }
    regions = chunks.regions.enumerated().map { StoredRegion(descriptor: $1, chunks: .frames(chunks), index: $0) }
  }

  /// An open `.wave`.
  init(_ reader: WaveReader) {
    source = reader.source
    path = reader.path
    format = .wave
    chunks = .plain(reader.regions)
    identity = Identity(
      snapshotID: reader.snapshotID, majorVersion: reader.majorVersion, minorVersion: reader.minorVersion,
      createdNanoseconds: reader.createdNanoseconds, summary: reader.summary)
    totals = reader.totals
    directories = Array(reader.directories)
    root = reader.root
    problems = []
    hasProvedAttributes = true
    regions = StoredRegion.all(of: reader.regions)
  }

  /// What is left of a `.wave`.
  private init(_ salvage: WaveSalvage, of source: any RandomAccessSource, path: String) {
    self.source = source
    self.path = path
    format = .wave
    chunks = .plain(salvage.regions)
    identity = nil
    totals = salvage.totals
    directories = salvage.directories
    root = salvage.root
    hasProvedAttributes = salvage.isTableProved
    problems = salvage.problems.map { Problem(HoloError($0), path: path) }
    regions = StoredRegion.all(of: salvage.regions)
  }
}
