import Glibc
import HoloCompute
import HoloModel

/// How many workers, and how large their batches are, within the memory limit.
struct PipelinePlan {
  var workers: Int
  var batchByteCount: Int
  var chunkLimit: Int

  static var processorCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  init(options: CaptureOptions, backend: any ComputeBackend, stateByteCount: UInt64) {
    self.init(
      workers: options.workers, memoryLimit: options.memoryLimit, backend: backend, stateByteCount: stateByteCount)
  }

  init(workers wanted: Int?, memoryLimit: Int, backend: any ComputeBackend, stateByteCount: UInt64) {
    let chunk = ChunkGeometry.chunkByteCount
    workers = max(1, wanted ?? Self.processorCount)
    // Source, streams and frames: a batch takes three times its bytes.
    let share = memoryLimit / (workers * CapturePipeline.batchesPerWorker * 3)
    let wholeState = min(Int(clamping: stateByteCount), Int.max / 2) / chunk * chunk + chunk
    batchByteCount = max(chunk, min(backend.batchByteCount, share, wholeState) / chunk * chunk)
    chunkLimit = max(1, backend.batchChunkLimit)
    // A state of few chunks needs no more workers than it has batches.
    workers = min(workers, max(1, (wholeState + batchByteCount - 1) / batchByteCount))
  }
}
