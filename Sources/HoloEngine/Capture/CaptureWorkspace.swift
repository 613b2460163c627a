import HoloCompute
import HoloModel

/// What a capture works with: sessions, encoders and batches. Allocating and faulting in the buffers takes longer than
/// capturing as many bytes, so who captures again and again keeps it. Used by one capture at a time.
package final class CaptureWorkspace {
  let plan: PipelinePlan
  let encoders: [ChunkEncoder]
  /// For each worker.
  let batches: [[CaptureBatch]]

  /// - Parameters:
  ///   - storesFrames: false: chunks are only hashed.
  ///   - quantizes: an error is allowed for some of the regions.
  ///   - base: what chunks are compared with.
  package init(
    options: CaptureOptions, backend: any ComputeBackend, stateByteCount: UInt64, storesFrames: Bool = true,
    quantizes: Bool = false, base: CaptureBase? = nil
  ) throws(HoloError) {
    plan = PipelinePlan(
      options: options, backend: backend, stateByteCount: stateByteCount, quantizes: quantizes, hasBase: base != nil)
    var encoders: [ChunkEncoder] = []
    var batches: [[CaptureBatch]] = []
    for worker in 0..<plan.workers {
      let session: any ComputeSession
      do { session = try backend.makeSession() } catch { throw HoloError(error) }
      let quantizer =
        quantizes
        ? try ChunkQuantizer(session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit) : nil
      var coded: ComputeBuffer?
      if base != nil, quantizer == nil {
        do { coded = try session.makeBuffer(byteCount: plan.batchByteCount) } catch { throw HoloError(error) }
      }
      encoders.append(
        ChunkEncoder(
          session: session, transform: options.transform, level: options.level, storesFrames: storesFrames,
          quantizer: quantizer, delta: base.map { ChunkDelta(base: $0, session: session) }, coded: coded))
      var own: [CaptureBatch] = []
      for _ in 0..<CapturePipeline.batchesPerWorker {
        own.append(
          try CaptureBatch(
            owner: worker, session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit,
            quantizes: quantizes))
      }
      batches.append(own)
    }
    self.encoders = encoders
    self.batches = batches
  }
}
