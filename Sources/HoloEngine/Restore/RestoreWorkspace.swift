import HoloCompute
import HoloModel

/// What a restore or a verification works with: sessions and decoders with their buffers. Kept by who restores again and
/// again. Used by one at a time; `@unchecked Sendable`: who keeps it orders that.
package final class RestoreWorkspace: @unchecked Sendable {
  let plan: PipelinePlan
  let decoders: [ChunkDecoder]

  package init(options: RestoreOptions, backend: any ComputeBackend, stateByteCount: UInt64) throws(HoloError) {
    plan = PipelinePlan(
      workers: options.workers, memoryLimit: options.memoryLimit, backend: backend, stateByteCount: stateByteCount)
    var decoders: [ChunkDecoder] = []
    for _ in 0..<plan.workers {
      let session: any ComputeSession
      do { session = try backend.makeSession() } catch { throw HoloError(error) }
      decoders.append(try ChunkDecoder(session: session, byteCount: plan.batchByteCount))
    }
    self.decoders = decoders
  }
}
