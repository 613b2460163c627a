import HoloModel
import HoloSystem

/// An open container: everything but segments and payload has been read and checked. Immutable: any thread.
///
/// HWP-Format.md, section 11, gives the order in which a file is judged.
package final class ContainerReader: Sendable {
  package let source: any RandomAccessSource
  package let path: String
  /// Nil in a salvaged container whose header is lost.
  package let header: ContainerHeader?
  /// Nil in a salvaged container whose trailer is lost.
  package let trailer: ContainerTrailer?
  private let manifest: Manifest

  package var containerID: Digest128 { manifest.containerID }
  package var snapshotID: Digest256 { manifest.hash }
  package var summary: Summary { manifest.summary }
  /// As the manifest says; ``index()`` proves them.
  package var totals: ContainerTotals { manifest.totals }
  package var frames: FrameTable { manifest.frames }
  package var directories: DirectoryTable { manifest.directories }
  /// Of the directory that is the state, if it is one.
  package var root: FileAttributes? { manifest.extensions.root }
  package var segmentReferences: [SegmentReference] { manifest.segments }

  init(
    source: any RandomAccessSource, path: String, header: ContainerHeader?, trailer: ContainerTrailer?,
    manifest: Manifest
  ) {
    self.source = source
    self.path = path
    self.header = header
    self.trailer = trailer
    self.manifest = manifest
  }

  /// Reads header, trailer and manifest. Does not read segments or payload.
  package static func open(
    _ source: any RandomAccessSource, path: String
  ) throws(FormatError) -> ContainerReader {
    let headerBytes = try source.bytes(at: 0, count: min(UInt64(HWP.Size.header), source.byteCount), path: path)
    if !ContainerHeader.hasTag(headerBytes) { throw notAContainer(source, path: path) }
    guard source.byteCount >= UInt64(HWP.Size.header + HWP.Size.trailer) else {
      throw FormatError(
        .truncated, "the container was cut off after \(source.byteCount) bytes", path: path, offset: source.byteCount)
    }
    let header = try ContainerHeader(headerBytes, path: path)
    let trailer = try readTrailer(source, path: path)
    try checkGuard(source, header: headerBytes, trailer, path: path)
    let bytes = try source.bytes(at: trailer.manifestOffset, count: trailer.manifestByteCount, path: path)
    guard BLAKE3.hash(bytes) == trailer.manifestHash else {
      throw FormatError(
        .damaged, "the manifest does not match its hash", path: path, offset: trailer.manifestOffset,
        byteCount: trailer.manifestByteCount, remedy: FormatError.restoreRemedy)
    }
    try header.check(headerBytes, path: path)
    let manifest = try Manifest(bytes, offset: trailer.manifestOffset, path: path)
    guard manifest.containerID == header.containerID, manifest.frame == trailer.manifestFrame else {
      throw FormatError(
        .malformed, "the manifest is that of another container", path: path, offset: trailer.manifestOffset)
    }
    return ContainerReader(source: source, path: path, header: header, trailer: trailer, manifest: manifest)
  }

  /// Reads, checks and parses segment `position` of ``segmentReferences``.
  package func segment(at position: Int) throws(FormatError) -> Segment {
    let reference = manifest.segments[position]
    let extent = frames.extent(of: reference.frame)
    let bytes = try source.bytes(at: extent.offset, count: UInt64(extent.byteCount), path: path)
    func malformed(_ message: String) -> FormatError {
      FormatError(
        .malformed, message, path: path, offset: extent.offset, byteCount: UInt64(extent.byteCount),
        frame: extent.number)
    }
    guard BLAKE3.hash(bytes).short == reference.hash else {
      throw FormatError(
        .damaged, "the segment does not match its hash", path: path, offset: extent.offset,
        byteCount: UInt64(extent.byteCount), frame: extent.number, remedy: FormatError.restoreRemedy)
    }
    let segment: Segment
    do { segment = try Segment(bytes, offset: extent.offset, path: path) } catch {
      throw error.at(frame: extent.number)
    }
    guard segment.frame == extent.number, segment.containerID == containerID,
      segment.chunkCount == reference.chunkCount, segment.parts.count == reference.partCount
    else { throw malformed("the segment is not the one that the manifest lists") }
    if let header, header.requiredFeatures & HWP.Feature.quantization == 0, segment.parts.contains(where: \.isQuantized)
    {
      throw malformed("a region is quantized, which the header does not tell")
    }
    // It counts every payload frame since the segment, or the header, before it.
    guard frames.kind(of: segment.firstFrame - 1) != .payload else {
      throw malformed("the segment does not count all payload frames before it")
    }
    for number in segment.firstFrame..<segment.frame {
      let counted = segment.extent(ofFrame: number)
      let listed = frames.extent(of: number)
      guard counted.offset == listed.offset, counted.byteCount == listed.byteCount, frames.kind(of: number) == .payload
      else { throw malformed("the segment and the frame table differ about frame \(number)") }
    }
    return segment
  }

  /// The whole index, proved: every segment, every rule about regions, the totals and the state root.
  package func index() throws(FormatError) -> ChunkMap {
    var builder = ChunkMapBuilder(path: path, isTolerant: false)
    for position in manifest.segments.indices {
      try builder.append(try segment(at: position), at: position)
    }
    for directory in directories where builder.names.contains(directory.name) {
      throw FormatError(
        .malformed, "\(directory.name.shortened) is a directory and a region", path: path, region: directory.name)
    }
    try builder.checkFiles()
    let map = builder.finish(store: self, payloadByteCount: totals.payloadByteCount, isCut: false)
    guard map.totals == totals else {
      throw FormatError(.damaged, "the manifest's totals are not those of the regions", path: path)
    }
    return map
  }

  /// The index of what is whole, where segments are damaged: `problems` of the map tells what is not.
  package func intactIndex() -> ChunkMap {
    var builder = ChunkMapBuilder(path: path, isTolerant: true)
    for position in manifest.segments.indices {
      do throws(FormatError) {
        try builder.append(try segment(at: position), at: position)
      } catch {
        let reference = manifest.segments[position]
        var problem = error.at(frame: reference.frame)
        problem.message +=
          ": the index of \(Self.counted(reference.chunkCount, "chunk")), of"
          + " \(Self.counted(reference.partCount, "region")) or parts of them, is lost"
        builder.skip(problem)
      }
    }
    return builder.finish(store: self, payloadByteCount: totals.payloadByteCount, isCut: false)
  }
}

extension ContainerReader {
  fileprivate static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

extension ContainerReader: SegmentStore {
  func hash(ofFrame number: UInt32) -> Digest128? { frames.extent(of: number).hash }
}

extension ContainerReader {
  static func readTrailer(
    _ source: any RandomAccessSource, path: String
  ) throws(FormatError) -> ContainerTrailer {
    let size = UInt64(HWP.Size.trailer)
    guard source.byteCount >= size else {
      throw FormatError(.truncated, "the container has no end", path: path, offset: source.byteCount)
    }
    let bytes = try source.bytes(at: source.byteCount - size, count: size, path: path)
    let trailer = try ContainerTrailer(bytes, fileByteCount: source.byteCount, path: path)
    let end = source.byteCount - size
    guard trailer.manifestOffset >= UInt64(HWP.Size.header), trailer.manifestOffset <= end,
      trailer.manifestByteCount <= min(end - trailer.manifestOffset, HWP.Limit.frameByteCount)
    else {
      throw FormatError(
        .damaged, "the trailer places the manifest outside the file", path: path, offset: trailer.manifestOffset,
        byteCount: trailer.manifestByteCount)
    }
    return trailer
  }

  /// Compares header and optional frames with the trailer's guard, and checks that only such frames stand there.
  static func checkGuard(
    _ source: any RandomAccessSource, header: [UInt8], _ trailer: ContainerTrailer, path: String
  ) throws(FormatError) {
    let start = trailer.manifestOffset + trailer.manifestByteCount
    let optional = try source.bytes(
      at: start, count: source.byteCount - UInt64(HWP.Size.trailer) - start, path: path)
    guard BLAKE3.hash(header + optional) == trailer.guardHash else {
      throw FormatError(
        .damaged, "the header, or a frame after the manifest, does not match the guard", path: path, offset: 0,
        remedy: FormatError.restoreRemedy)
    }
    guard header.digest128(at: 40) == trailer.containerID else {
      throw FormatError(.damaged, "header and trailer are those of different containers", path: path, offset: 0)
    }
    var cursor = ByteCursor(optional, path: path, base: start)
    var count: UInt64 = 0
    while cursor.remaining > 0 {
      let position = cursor.position
      let magic: UInt32 = try cursor.read()
      let size: UInt32 = try cursor.read()
      let range = try cursor.skip(size)
      guard HWP.Magic.optional.contains(magic), range.upperBound - position >= HWP.Size.leastOptional else {
        throw cursor.malformed("what stands between manifest and trailer is no optional frame", at: position)
      }
      guard Array(optional[position..<range.upperBound]).hasValidCheck else {
        throw cursor.error(.damaged, "an optional frame does not match its check", at: position)
      }
      count += 1
    }
    guard UInt64(trailer.frameCount) == UInt64(trailer.manifestFrame) + 2 + count else {
      throw cursor.error(.damaged, "the trailer counts \(trailer.frameCount) frames")
    }
  }

  private static func notAContainer(_ source: any RandomAccessSource, path: String) -> FormatError {
    var error = FormatError(.notAContainer, "the file is not a HoloSnap container", path: path, offset: 0)
    if (try? readTrailer(source, path: path)) != nil {
      error.message = "the file does not begin as a HoloSnap container, but ends as one"
      error.remedy = FormatError.restoreRemedy
    }
    return error
  }
}
