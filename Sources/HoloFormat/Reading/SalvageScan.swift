import HoloModel
import HoloSystem

/// Looks through a file for a manifest, or else for segments (HWP-Format.md, section 11).
struct SalvageScan {
  struct Found: Sendable {
    var offset: UInt64
    var byteCount: Int
    /// Payload frames of it begin here.
    var payloadOffset: UInt64
  }

  private let source: any RandomAccessSource
  private let path: String
  private let ancestors: Ancestors
  /// Without a header: that of the first segment or manifest taken.
  private(set) var containerID: Digest128?
  private(set) var manifest: Manifest?
  private(set) var segments: [Found] = []
  private var hashedByteCount: UInt64 = 0
  private var hasGivenUp = false

  init(
    source: any RandomAccessSource, containerID: Digest128?, path: String, ancestors: (any AncestorSource)?
  ) {
    self.ancestors = Ancestors(ancestors, path: path)
    self.source = source
    self.containerID = containerID
    self.path = path
  }

  /// Goes on until a manifest is found, or the file ends.
  mutating func run() throws(FormatError) {
    var window = ScanWindow(source: source, path: path)
    var offset: UInt64 = 0
    while manifest == nil, let candidate = try window.nextCandidate(from: offset) {
      let taken = candidate.isManifest ? try takeManifest(at: candidate.offset) : try takeSegment(at: candidate.offset)
      offset = candidate.offset + (taken ?? 1)
      if hashedByteCount / HWP.Limit.salvageHashFactor > source.byteCount {
        hasGivenUp = true
        return
      }
    }
  }

  /// The regions of the segments that were found.
  func makeMap() throws(FormatError) -> ChunkMap {
    var builder = ChunkMapBuilder(path: path, isTolerant: true)
    let store = SalvagedSegments(
      source: source, path: path, found: segments, containerID: containerID ?? Digest128(), ancestors: ancestors)
    var end = UInt64(HWP.Size.header)
    for position in segments.indices {
      let found = segments[position]
      if found.payloadOffset != end {
        builder.skip(lost("the index of this stretch is lost", from: end, to: found.payloadOffset))
      }
      do throws(FormatError) { try builder.append(try store.segment(at: position), at: position) } catch {
        builder.skip(error)
      }
      end = found.offset + UInt64(found.byteCount)
    }
    if hasGivenUp { builder.skip(lost("the file has too many false segments: the search stopped", from: end, to: end)) }
    // Where a whole trailer says that the manifest stood here, nothing else is lost.
    let trailer = try? ContainerReader.readTrailer(source, path: path)
    let isCut = trailer?.manifestOffset != end
    if isCut { builder.skip(try lostEnd(from: end)) }
    return builder.finish(store: store, payloadByteCount: 0, isCut: isCut)
  }

  /// The segment's length, nil where none stands here.
  private mutating func takeSegment(at offset: UInt64) throws(FormatError) -> UInt64? {
    let rest = source.byteCount - offset
    let startByteCount = UInt64(HWP.Size.segmentStart + Digest128.byteCount)
    guard rest >= startByteCount else { return nil }
    let head = try source.bytes(at: offset, count: startByteCount, path: path)
    guard let start = try? SegmentStart(head, path: path, base: offset), UInt64(start.byteCount) <= rest,
      isOurs(head.digest128(at: start.containers))
    else { return nil }
    let bytes = try source.bytes(at: offset, count: UInt64(start.byteCount), path: path)
    hashedByteCount += UInt64(bytes.count)
    let end = segments.last.map { $0.offset + UInt64($0.byteCount) } ?? UInt64(HWP.Size.header)
    guard let segment = try? Segment(bytes, offset: offset, path: path), segment.payloadOffset >= end else {
      return nil
    }
    containerID = segment.containerID
    segments.append(Found(offset: offset, byteCount: bytes.count, payloadOffset: segment.payloadOffset))
    return UInt64(bytes.count)
  }

  private mutating func takeManifest(at offset: UInt64) throws(FormatError) -> UInt64? {
    let rest = source.byteCount - offset
    let startByteCount = UInt64(HWP.Size.manifestStart + Digest128.byteCount)
    guard rest >= startByteCount else { return nil }
    let head = try source.bytes(at: offset, count: startByteCount, path: path)
    let byteCount = UInt64(head.integer(at: 4, as: UInt32.self)) + UInt64(HWP.Size.skippableStart)
    guard byteCount <= rest, byteCount >= startByteCount, isOurs(head.digest128(at: HWP.Size.manifestStart)) else {
      return nil
    }
    let bytes = try source.bytes(at: offset, count: byteCount, path: path)
    hashedByteCount += byteCount
    guard let found = try? Manifest(bytes, offset: offset, path: path) else { return nil }
    manifest = found
    containerID = found.containerID
    return byteCount
  }

  private func isOurs(_ id: Digest128) -> Bool { containerID == nil || containerID == id }

  /// Payload frames after the last segment: stored, but nothing says what they are.
  private func unindexedFrameCount(from start: UInt64) throws(FormatError) -> Int {
    var offset = start
    var count = 0
    while count < HWP.Limit.chunksPerSegment, offset < source.byteCount {
      let most = min(UInt64(HWP.Limit.payloadFrameByteCount), source.byteCount - offset)
      let bytes = try source.bytes(at: offset, count: most, path: path)
      guard let length = bytes.withUnsafeBytes({ LZ4FrameDecoder.frameByteCount($0) }) else { break }
      offset += UInt64(length)
      count += 1
    }
    return count
  }

  /// What stands behind the last segment, or stood there.
  private func lostEnd(from start: UInt64) throws(FormatError) -> FormatError {
    let frameCount = try unindexedFrameCount(from: start)
    let stored =
      switch frameCount {
      case 0: ""
      case 1: "; one stored chunk is left there, and nothing says of which region"
      default: "; \(frameCount) stored chunks are left there, and nothing says of which regions"
      }
    return lost(
      "the container's end is lost: regions whose index stood behind this place cannot be known" + stored, from: start,
      to: source.byteCount)
  }

  /// - Parameter end: not after `start`: only the place is known.
  private func lost(_ message: String, from start: UInt64, to end: UInt64) -> FormatError {
    FormatError(.damaged, message, path: path, offset: start, byteCount: end > start ? end - start : nil)
  }
}

/// The segments that a scan found, to be read again when they are needed.
private struct SalvagedSegments: SegmentStore {
  let source: any RandomAccessSource
  let path: String
  let found: [SalvageScan.Found]
  let containerID: Digest128
  let ancestors: Ancestors

  func segment(at position: Int) throws(FormatError) -> Segment {
    let extent = found[position]
    let bytes = try source.bytes(at: extent.offset, count: UInt64(extent.byteCount), path: path)
    return try Segment(bytes, offset: extent.offset, path: path)
  }

  func frame(_ number: UInt32, of id: Digest128, in segment: Segment) throws(FormatError) -> StoredFrame {
    if id == segment.containerID {
      return StoredFrame(extent: segment.extent(ofFrame: number), source: source, path: path, isAncestor: false)
    }
    return try ancestors.container(id, note: nil).payload(number, isAncestor: true)
  }
}
