import HoloModel

/// Where a piece of the index stands, and what is in it (HWP-Format.md, section 8).
package struct SegmentReference: Hashable, Sendable {
  package var containerID: Digest128
  /// Number of the segment's frame in that container.
  package var frame: UInt32
  package var chunkCount: Int
  package var partCount: Int
  package var hash: Digest128
}

/// What a container has (HWP-Format.md, section 8). Keeps the frame's bytes.
struct Manifest: Sendable {
  let frame: UInt32
  /// This one's, then those of the ancestors.
  let containerIDs: [Digest128]
  let segments: [SegmentReference]
  let frames: FrameTable
  let totals: ContainerTotals
  let summary: Summary
  let directories: DirectoryTable
  let extensions: StateExtensions
  /// Of the stored bytes: the snapshot id.
  let hash: Digest256

  var containerID: Digest128 { containerIDs[0] }

  /// How much of a manifest counts.
  enum Scope: Equatable {
    case snapshot
    /// Container ids and frames alone (section 11).
    case ancestor(isRemnant: Bool)
  }

  /// True where the bytes begin as a manifest does.
  static func hasTag(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 16 else { return false }
    return UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == HWP.Magic.manifest
      && UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) == HWP.Tag.manifest
  }

  /// - Parameters:
  ///   - bytes: the frame as stored.
  ///   - offset: where it stands in the file.
  ///   - scope: how much of it counts.
  init(_ bytes: [UInt8], offset: UInt64, path: String, scope: Scope = .snapshot) throws(FormatError) {
    var cursor = ByteCursor(bytes, path: path, base: offset)
    let magic: UInt32 = try cursor.read()
    let size: UInt32 = try cursor.read()
    let tag: UInt64 = try cursor.read()
    guard magic == HWP.Magic.manifest, tag == HWP.Tag.manifest else { throw cursor.malformed("no manifest", at: 0) }
    guard Int(size) + HWP.Size.skippableStart == bytes.count else {
      throw cursor.malformed("the manifest's size is \(size)", at: 4)
    }
    guard bytes.hasValidCheck else {
      throw FormatError(
        .damaged, "the manifest does not match its check", path: path, offset: offset, byteCount: UInt64(bytes.count))
    }
    let frame: UInt32 = try cursor.read()
    let segmentCount = Int(try cursor.read(UInt32.self))
    let containerCount = Int(try cursor.read(UInt32.self))
    let summaryByteCount = Int(try cursor.read(UInt32.self))
    let directoryByteCount = Int(try cursor.read(UInt32.self))
    let extensionByteCount = Int(try cursor.read(UInt32.self))
    guard (1...HWP.Limit.containerCount).contains(containerCount) else {
      throw cursor.malformed("the manifest names \(containerCount) containers")
    }
    guard summaryByteCount <= HWP.Limit.summaryByteCount else {
      throw cursor.malformed("the summary has \(summaryByteCount) bytes")
    }
    guard frame >= 1, frame <= HWP.Limit.frameCount else { throw cursor.malformed("the manifest is frame \(frame)") }

    var ids: [Digest128] = []
    for _ in 0..<containerCount { ids.append(try cursor.readDigest128()) }
    guard Set(ids).count == ids.count else { throw cursor.malformed("the manifest names a container twice") }
    var list = try cursor.cursor(over: segmentCount * HWP.Size.segmentReference)
    let tableRange = try cursor.skip(Int(frame) * HWP.Size.frameRecord)
    let table = try FrameTable(
      bytes, range: tableRange, manifestOffset: offset, path: path, hasAbsent: scope == .ancestor(isRemnant: true))
    self.frame = frame
    containerIDs = ids
    frames = table
    hash = BLAKE3.hash(bytes)
    if case .ancestor(let isRemnant) = scope {
      segments = []
      totals = ContainerTotals(
        stateRoot: Digest256(), regionCount: 0, chunkCount: 0, byteCount: 0, payloadByteCount: table.payloadByteCount)
      summary = Summary.none
      directories = .empty
      _ = try cursor.skip(HWP.Size.totals + summaryByteCount + directoryByteCount)
      extensions =
        isRemnant ? try StateExtensions(ofRemnant: try cursor.cursor(over: extensionByteCount)) : StateExtensions()
      return
    }
    segments = try Self.segments(&list, count: segmentCount, containerIDs: ids, frames: table)
    totals = try ContainerTotals(from: &cursor, payloadByteCount: table.payloadByteCount)
    summary = try Summary(json: try cursor.read(count: summaryByteCount), path: path, offset: offset)
    directories = try DirectoryTable(bytes, range: try cursor.skip(directoryByteCount), path: path, base: offset)
    extensions = try StateExtensions(
      from: try cursor.cursor(over: extensionByteCount), ancestorCount: containerCount - 1)
    _ = try cursor.skip(HWP.Size.check)
    try cursor.expectEnd(of: "the manifest")
  }

  private static func segments(
    _ cursor: inout ByteCursor, count: Int, containerIDs: [Digest128], frames: FrameTable
  ) throws(FormatError) -> [SegmentReference] {
    var references: [SegmentReference] = []
    references.reserveCapacity(count)
    struct Place: Hashable {
      var container: UInt16
      var frame: UInt32
    }
    var listed: Set<Place> = []
    var last: UInt32?
    for _ in 0..<count {
      let container: UInt16 = try cursor.read()
      try cursor.expectZero(2)
      guard Int(container) < containerIDs.count else {
        throw cursor.malformed("a segment stands in the unnamed container \(container)")
      }
      let frame: UInt32 = try cursor.read()
      let chunkCount: UInt32 = try cursor.read()
      let partCount: UInt32 = try cursor.read()
      let hash = try cursor.readDigest128()
      guard listed.insert(Place(container: container, frame: frame)).inserted else {
        throw cursor.malformed("a segment is listed twice")
      }
      if container == 0 {
        guard frame < frames.count, frames.kind(of: frame) == .segment, frames.extent(of: frame).hash == hash else {
          throw cursor.malformed("frame \(frame) is not the segment that the manifest lists")
        }
        guard last.map({ $0 < frame }) ?? true else {
          throw cursor.malformed("the segments are not listed in the file's order")
        }
        last = frame
      }
      guard chunkCount <= HWP.Limit.chunksPerSegment, partCount <= HWP.Limit.partsPerSegment else {
        throw cursor.malformed("a segment is listed with \(chunkCount) chunks and \(partCount) parts")
      }
      references.append(
        SegmentReference(
          containerID: containerIDs[Int(container)], frame: frame, chunkCount: Int(chunkCount),
          partCount: Int(partCount), hash: hash))
    }
    return references
  }

  /// The frame of what a writer gathered. `frameRecords`: those of section 8, one a frame.
  static func encoded(
    containerIDs: [Digest128], frameCount: UInt32, frameRecords: [UInt8], segments: [SegmentReference],
    totals: ContainerTotals, summary: [UInt8], directories: [UInt8], extensions: [UInt8]
  ) throws(FormatError) -> [UInt8] {
    let byteCount =
      UInt64(frameRecords.count) + UInt64(segments.count * HWP.Size.segmentReference) + UInt64(directories.count)
    // Everything else, of which ancestors are the most, is less than 32 MiB.
    guard byteCount < HWP.Limit.frameByteCount - (32 << 20) else {
      throw FormatError(.limitExceeded, "the container has more frames and directories than a manifest can hold")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(byteCount) + summary.count + 256)
    bytes.append(littleEndian: HWP.Magic.manifest)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: HWP.Tag.manifest)
    bytes.append(littleEndian: frameCount)
    bytes.append(littleEndian: UInt32(segments.count))
    bytes.append(littleEndian: UInt32(containerIDs.count))
    bytes.append(littleEndian: UInt32(summary.count))
    bytes.append(littleEndian: UInt32(directories.count))
    bytes.append(littleEndian: UInt32(extensions.count))
    for id in containerIDs { bytes.append(id) }
    let indexes = Dictionary(uniqueKeysWithValues: zip(containerIDs, UInt16(0)...))
    for segment in segments {
      bytes.append(littleEndian: indexes[segment.containerID] ?? 0)
      bytes.append(littleEndian: UInt16(0))
      bytes.append(littleEndian: segment.frame)
      bytes.append(littleEndian: UInt32(segment.chunkCount))
      bytes.append(littleEndian: UInt32(segment.partCount))
      bytes.append(segment.hash)
    }
    bytes += frameRecords
    bytes += totals.encoded
    bytes += summary
    bytes += directories
    bytes += extensions
    bytes.append(littleEndian: UInt64(0))
    bytes.append(littleEndian: UInt64(0))
    return bytes.sealed()
  }
}
