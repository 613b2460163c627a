import HoloCompute
import HoloModel

extension DecodePipeline {
  /// A pipeline over regions of a container, planned like a capture's.
  convenience init(
    regions: [StoredRegion], container: StoredContainer, options: RestoreOptions, backend: any ComputeBackend,
    checksContent: Bool, mixesRegions: Bool = true, cancellation: Cancellation,
    placement: @escaping Placement = { _ in nil }, delivery: @escaping Delivery
  ) throws(HoloError) {
    let plan = PipelinePlan(
      workers: options.workers, memoryLimit: options.memoryLimit, backend: backend,
      stateByteCount: regions.reduce(0) { $0 + $1.descriptor.byteCount })
    var decoders: [ChunkDecoder] = []
    for _ in 0..<plan.workers {
      let session: any ComputeSession
      do { session = try backend.makeSession() } catch { throw HoloError(error) }
      decoders.append(
        try ChunkDecoder(
          session: session, source: container.source, byteCount: plan.batchByteCount, checksContent: checksContent))
    }
    let cursor = PlanCursor(
      regions: regions.enumerated().map { index, region in
        PlanCursor.Region(chunkCount: region.descriptor.chunkCount) { region.plan(chunk: $0, region: index) }
      }, batchByteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit, mixesRegions: mixesRegions)
    self.init(
      cursor: cursor, decoders: decoders, cancellation: cancellation, placement: placement, delivery: delivery)
  }
}
