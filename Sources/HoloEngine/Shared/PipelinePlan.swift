import Glibc
import HoloCompute
import HoloModel

/// How many workers, and how large their batches are, within the memory limit.
struct PipelinePlan {
  var workers: Int
  var batchByteCount: Int
  var chunkLimit: Int

  /// Source, streams and frames: a batch takes three times its bytes.
  private static let buffersPerWorker = CapturePipeline.batchesPerWorker * 3
  /// One worker, with batches of one chunk.
  static let leastMemoryLimit = buffersPerWorker * ChunkGeometry.chunkByteCount

  /// Refuses a limit that could not be kept.
  static func check(memoryLimit: Int) throws(HoloError) {
    guard memoryLimit < leastMemoryLimit else { return }
    throw HoloError(
      .usage, "the memory limit of \(memoryLimit) bytes is too low",
      remedy: "give --memory-limit \(leastMemoryLimit >> 10)KiB or more")
  }

  static var processorCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  init(options: CaptureOptions, backend: any ComputeBackend, stateByteCount: UInt64) {
    self.init(
      workers: options.workers, memoryLimit: options.memoryLimit, backend: backend, stateByteCount: stateByteCount)
  }

  init(workers wanted: Int?, memoryLimit: Int, backend: any ComputeBackend, stateByteCount: UInt64) {
    let chunk = ChunkGeometry.chunkByteCount
    // Rather fewer workers than more memory.
    workers = max(1, min(wanted ?? Self.processorCount, memoryLimit / Self.leastMemoryLimit))
    let share = memoryLimit / (workers * Self.buffersPerWorker)
    let wholeState = min(Int(clamping: stateByteCount), Int.max / 2) / chunk * chunk + chunk
    batchByteCount = max(chunk, min(backend.batchByteCount, share, wholeState) / chunk * chunk)
    chunkLimit = max(1, backend.batchChunkLimit)
    // A state of few chunks needs no more workers than it has batches.
    workers = min(workers, max(1, (wholeState + batchByteCount - 1) / batchByteCount))
  }
}
