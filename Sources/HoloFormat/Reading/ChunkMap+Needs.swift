import HoloModel

/// What of a container is needed elsewhere.
package struct NeededFrames: Sendable {
  /// Numbers of the payload frames that chunks are stored in.
  package var payload: Set<UInt32> = []
  /// Numbers of the frames of segments that are listed.
  package var segments: Set<UInt32> = []

  package init() {}

  package var all: Set<UInt32> { payload.union(segments) }
}

extension ChunkMap {
  /// What the regions of this map, which are those of `reader`, need of each container, their own among them: what a
  /// ``Remnant`` has to keep.
  package func neededFrames(of reader: ContainerReader) throws(FormatError) -> [Digest128: NeededFrames] {
    var needed: [Digest128: NeededFrames] = [:]
    for region in regions.indices {
      try forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in
        for layer in chunk.layers {
          if let frame = layer.record.frame {
            needed[layer.record.containerID, default: NeededFrames()].payload.insert(frame)
          }
        }
      }
    }
    for segment in reader.segmentReferences {
      needed[segment.containerID, default: NeededFrames()].segments.insert(segment.frame)
    }
    return needed
  }
}
