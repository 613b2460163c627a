import HoloModel
import HoloSystem
import Synchronization

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
  private let ancestors: Ancestors
  /// Segments that were looked up by the frames that they count.
  let counting = Mutex<[Segment]>([])

  package var containerID: Digest128 { manifest.containerID }
  package var snapshotID: Digest256 { manifest.hash }
  /// Of a remnant, what the id of its snapshot was; else its own.
  package var originalSnapshotID: Digest256 { manifest.extensions.remnantOf ?? manifest.hash }
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
    manifest: Manifest, ancestors: (any AncestorSource)? = nil
  ) {
    self.ancestors = Ancestors(ancestors, path: path)
    self.source = source
    self.path = path
    self.header = header
    self.trailer = trailer
    self.manifest = manifest
  }

  private var isRemnant: Bool { manifest.extensions.remnantOf != nil }

  /// Those of the ancestors, in the manifest's order.
  package var ancestorIDs: [Digest128] { Array(manifest.containerIDs.dropFirst()) }

  /// What is said of an ancestor.
  package func note(of ancestor: Digest128) -> AncestorNote? {
    guard let index = manifest.containerIDs.dropFirst().firstIndex(of: ancestor),
      manifest.extensions.ancestors.indices.contains(index - 1)
    else { return nil }
    return manifest.extensions.ancestors[index - 1]
  }

  /// This container, or one of its ancestors.
  package func container(_ id: Digest128) throws(FormatError) -> ContainerReader {
    if id == containerID { return self }
    guard manifest.containerIDs.contains(id) else {
      throw FormatError(.malformed, "a segment names a container that the manifest does not", path: path)
    }
    return try ancestors.container(id, note: note(of: id))
  }

  /// Reads header, trailer and manifest. Does not read segments or payload.
  ///
  /// - Parameter ancestors: where other containers are that it may need; nil: nowhere.
  package static func open(
    _ source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil
  ) throws(FormatError) -> ContainerReader {
    try open(source, path: path, ancestors: ancestors, for: .snapshot)
  }

  /// Opens a container of which others need frames: nothing but these is judged (HWP-Format.md, section 11). It may be a remnant.
  package static func open(
    ancestor source: any RandomAccessSource, path: String
  ) throws(FormatError) -> ContainerReader {
    try open(source, path: path, ancestors: nil, for: .ancestor)
  }

  private enum Purpose { case snapshot, ancestor }

  private static func open(
    _ source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)?, for purpose: Purpose
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
    let isAncestor = purpose == .ancestor
    if !isAncestor { try header.check(headerBytes, path: path) }
    let manifest = try Manifest(
      bytes, offset: trailer.manifestOffset, path: path,
      scope: isAncestor ? .ancestor(isRemnant: header.requiredFeatures & HWP.Feature.remnant != 0) : .snapshot)
    guard manifest.containerID == header.containerID, manifest.frame == trailer.manifestFrame else {
      throw FormatError(
        .malformed, "the manifest is that of another container", path: path, offset: trailer.manifestOffset)
    }
    let reader = ContainerReader(
      source: source, path: path, header: header, trailer: trailer, manifest: manifest, ancestors: ancestors)
    guard isAncestor || manifest.containerIDs.count == 1 || header.requiredFeatures & HWP.Feature.layers != 0 else {
      throw FormatError(
        .malformed, "the container has ancestors, which the header does not tell", path: path,
        offset: trailer.manifestOffset)
    }
    return reader
  }

  /// Reads, checks and parses segment `position` of ``segmentReferences``.
  package func segment(at position: Int) throws(FormatError) -> Segment {
    let reference = manifest.segments[position]
    let segment = try container(reference.containerID).segment(reference)
    func malformed(_ message: String) -> FormatError {
      FormatError(
        .malformed, message, path: path, offset: segment.offset, byteCount: UInt64(segment.byteCount),
        frame: segment.frame)
    }
    guard let header else { return segment }
    if header.requiredFeatures & HWP.Feature.quantization == 0, segment.parts.contains(where: \.isQuantized) {
      throw malformed("a region is quantized, which the header does not tell")
    }
    if header.requiredFeatures & HWP.Feature.content == 0, segment.parts.contains(where: { $0.chunking == .content }) {
      throw malformed("a region is cut by its content, which the header does not tell")
    }
    if header.requiredFeatures & HWP.Feature.layers == 0, segment.usesLayers {
      throw malformed("chunks have layers, which the header does not tell")
    }
    if header.requiredFeatures & HWP.Feature.differences == 0, segment.usesDifferences {
      throw malformed("chunks have layers of differences, which the header does not tell")
    }
    guard segment.containerIDs.allSatisfy(manifest.containerIDs.contains) else {
      throw malformed("the segment names a container that the manifest does not")
    }
    return segment
  }

  /// One of this container's own segments, which a manifest lists.
  private func segment(_ reference: SegmentReference) throws(FormatError) -> Segment {
    guard reference.frame < frames.count, frames.kind(of: reference.frame) == .segment,
      frames.extent(of: reference.frame).hash == reference.hash
    else {
      throw FormatError(
        .malformed, "frame \(reference.frame) is not the segment that is named", path: path, frame: reference.frame)
    }
    let segment = try segment(inFrame: reference.frame)
    guard segment.chunkCount == reference.chunkCount, segment.parts.count == reference.partCount else {
      throw FormatError(
        .malformed, "the segment is not the one that the manifest lists", path: path, offset: segment.offset,
        byteCount: UInt64(segment.byteCount), frame: segment.frame)
    }
    return segment
  }

  /// One of this container's own segments; the frame is one.
  func segment(inFrame number: UInt32) throws(FormatError) -> Segment {
    let extent = frames.extent(of: number)
    let bytes = try source.bytes(at: extent.offset, count: UInt64(extent.byteCount), path: path)
    func malformed(_ message: String) -> FormatError {
      FormatError(
        .malformed, message, path: path, offset: extent.offset, byteCount: UInt64(extent.byteCount),
        frame: extent.number)
    }
    guard BLAKE3.hash(bytes).short == extent.hash else {
      throw FormatError(
        .damaged, "the segment does not match its hash", path: path, offset: extent.offset,
        byteCount: UInt64(extent.byteCount), frame: extent.number, remedy: FormatError.restoreRemedy)
    }
    let segment: Segment
    do { segment = try Segment(bytes, offset: extent.offset, path: path, isMoved: isRemnant) } catch {
      throw error.at(frame: extent.number)
    }
    guard segment.frame == extent.number, segment.containerID == containerID else {
      throw malformed("the segment is not the one that the manifest lists")
    }
    guard !isRemnant else { return segment }
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
  func frame(_ number: UInt32, of id: Digest128, in segment: Segment) throws(FormatError) -> StoredFrame {
    try container(id).payload(number, isAncestor: id != containerID)
  }

  /// A frame of this container's that a chunk is said to be stored in.
  func payload(_ number: UInt32, isAncestor: Bool) throws(FormatError) -> StoredFrame {
    guard number < frames.count, frames.kind(of: number) == .payload else {
      throw FormatError(
        .malformed, "a chunk is said to be stored in frame \(number), which is no payload", path: path, frame: number)
    }
    return StoredFrame(extent: frames.extent(of: number), source: source, path: path, isAncestor: isAncestor)
  }
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
