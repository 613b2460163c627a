import HoloModel

extension ContainerReader {
  /// Digests of the blocks that a layer of this container gives, in their order (HWP-Format.md, section 6): nil where there are none.
  ///
  /// - Parameters:
  ///   - layers: those of the chunk up to this one, which is the last.
  ///   - chunk: which one of its region they are of.
  ///   - count: of the blocks.
  package func blockDigests(of layers: [SegmentLayer], chunk: UInt64, region: String, count: Int) -> [Digest128]? {
    guard let layer = layers.last, layer.containerID == containerID, let frame = layer.frame, frame < frames.count,
      let segment = try? segment(countingFrame: frame)
    else { return nil }
    for part in segment.parts where part.name.utf8.elementsEqual(region.utf8) {
      guard chunk >= part.firstChunk, chunk - part.firstChunk < part.chunkCount else { continue }
      let entry = part.firstEntry + Int(chunk - part.firstChunk)
      guard let found = try? segment.layers(at: entry), let last = found.last else { continue }
      // What differences give depends on what they are added to.
      let isSame =
        layer.order == nil
        ? last.isLike(layer) : found.count == layers.count && zip(found, layers).allSatisfy { $0.isLike($1) }
      if isSame {
        return segment.blockDigests(at: entry, count: count)
      }
    }
    return nil
  }

  /// The segment behind a payload frame; the last ones that were asked for are kept.
  private func segment(countingFrame frame: UInt32) throws(FormatError) -> Segment {
    if let kept = counting.withLock({ kept in kept.first { $0.firstFrame <= frame && frame < $0.frame } }) {
      return kept
    }
    // Of a remnant it may be absent: then another one counts others.
    guard let number = (frame..<UInt32(frames.count)).first(where: { frames.kind(of: $0) == .segment }) else {
      throw FormatError(.malformed, "no segment counts frame \(frame)", path: path, frame: frame)
    }
    let segment = try segment(inFrame: number)
    guard segment.firstFrame <= frame else {
      throw FormatError(.malformed, "no segment counts frame \(frame)", path: path, frame: frame)
    }
    counting.withLock { kept in
      kept.append(segment)
      if kept.count > Self.keptSegments { kept.removeFirst() }
    }
    return segment
  }

  private static let keptSegments = 4
}
