import HoloModel

extension DecodePipeline {
  /// A pipeline over regions of a container, planned like a capture's.
  convenience init(
    regions: [StoredRegion], container: StoredContainer, workspace: RestoreWorkspace, checksFrames: Bool,
    mixesRegions: Bool = true, cancellation: Cancellation, placement: @escaping Placement = { _ in nil },
    delivery: @escaping Delivery
  ) {
    let cursor = PlanCursor(
      regions: regions.enumerated().map { index, region in
        PlanCursor.Region(chunkCount: region.chunkCount) { region.plan(chunk: $0, region: index) }
      }, batchByteCount: workspace.plan.batchByteCount, chunkLimit: workspace.plan.chunkLimit,
      mixesRegions: mixesRegions)
    self.init(
      cursor: cursor, decoders: workspace.decoders,
      reading: ChunkDecoder.Reading(source: container.source, checksFrames: checksFrames), cancellation: cancellation,
      placement: placement, delivery: delivery)
  }
}
