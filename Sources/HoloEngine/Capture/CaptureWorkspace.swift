import HoloCompute
import HoloModel

/// What a capture works with: sessions, encoders and batches. Allocating and faulting in the buffers takes longer than
/// capturing as many bytes, so who captures again and again keeps it. Used by one capture at a time; `@unchecked Sendable`: who
/// keeps it orders that.
package final class CaptureWorkspace: @unchecked Sendable {
  let plan: PipelinePlan
  /// An error may be allowed for regions.
  package let quantizes: Bool
  private let sessions: [any ComputeSession]
  let encoders: [ChunkEncoder]
  /// For each worker.
  let batches: [[CaptureBatch]]

  /// - Parameters:
  ///   - storesFrames: false: chunks are only hashed.
  ///   - quantizes: an error is allowed for some of the regions.
  ///   - hasBase: there may be something that chunks are compared with.
  package init(
    options: CaptureOptions, backend: any ComputeBackend, stateByteCount: UInt64, storesFrames: Bool = true,
    quantizes: Bool = false, hasBase: Bool = false
  ) throws(HoloError) {
    self.quantizes = quantizes
    plan = PipelinePlan(
      options: options, backend: backend, stateByteCount: stateByteCount, quantizes: quantizes, hasBase: hasBase)
    var sessions: [any ComputeSession] = []
    var encoders: [ChunkEncoder] = []
    var batches: [[CaptureBatch]] = []
    for worker in 0..<plan.workers {
      let session: any ComputeSession
      do { session = try backend.makeSession() } catch { throw HoloError(error) }
      let quantizer =
        quantizes
        ? try ChunkQuantizer(session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit) : nil
      sessions.append(session)
      var coded: ComputeBuffer?
      if hasBase, quantizer == nil {
        do { coded = try session.makeBuffer(byteCount: plan.batchByteCount) } catch { throw HoloError(error) }
      }
      encoders.append(
        try ChunkEncoder(
          session: session, transform: options.transform, level: options.level, storesFrames: storesFrames,
          quantizer: quantizer, coded: coded))
      var own: [CaptureBatch] = []
      for _ in 0..<CapturePipeline.batchesPerWorker {
        own.append(
          try CaptureBatch(
            owner: worker, session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit,
            quantizes: quantizes))
      }
      batches.append(own)
    }
    self.sessions = sessions
    self.encoders = encoders
    self.batches = batches
  }

  /// Makes it ready for a capture that is relative to this; nil: to nothing.
  func compare(with base: CaptureBase?) {
    for (encoder, session) in zip(encoders, sessions) {
      encoder.delta = base.map { ChunkDelta(base: $0, session: session) }
    }
    // Chunks know where the base that they were compared with has them.
    for batch in batches.joined() { batch.reset() }
  }
}
