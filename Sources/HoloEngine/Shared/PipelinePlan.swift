import Glibc
import HoloCompute
import HoloModel

/// How many workers, and how large their batches are, within the memory limit.
package struct PipelinePlan {
  var workers: Int
  var batchByteCount: Int
  var chunkLimit: Int

  /// Source, streams and frames: a batch takes three times its bytes. Where numbers are quantized, streams and frames may be
  /// twice as long, and a worker has codes, and what a restore makes of them, of one batch. With a base it has a batch of what is coded.
  private static func buffersPerWorker(quantizes: Bool, hasBase: Bool) -> Int {
    CapturePipeline.batchesPerWorker * (quantizes ? 5 : 3) + (quantizes ? 2 : hasBase ? 1 : 0)
  }

  /// Whatever the batches are.
  private static func fixedByteCount(hasBase: Bool) -> Int { hasBase ? ChunkDelta.byteCount : 0 }

  /// One worker, with batches of one chunk.
  package static func leastMemoryLimit(quantizes: Bool = false, hasBase: Bool = false) -> Int {
    buffersPerWorker(quantizes: quantizes, hasBase: hasBase) * ChunkGeometry.chunkByteCount
      + fixedByteCount(hasBase: hasBase)
  }

  /// Refuses a limit that could not be kept.
  static func check(memoryLimit: Int, quantizes: Bool = false, hasBase: Bool = false) throws(HoloError) {
    let leastMemoryLimit = leastMemoryLimit(quantizes: quantizes, hasBase: hasBase)
    guard memoryLimit < leastMemoryLimit else { return }
    throw HoloError(
      .usage, "the memory limit of \(memoryLimit) bytes is too low",
      remedy: "give --memory-limit \(leastMemoryLimit >> 10)KiB or more")
  }

  static var processorCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  init(
    options: CaptureOptions, backend: any ComputeBackend, stateByteCount: UInt64, quantizes: Bool = false,
    hasBase: Bool = false
  ) {
    self.init(
      workers: options.workers, memoryLimit: options.memoryLimit, backend: backend, stateByteCount: stateByteCount,
      quantizes: quantizes, hasBase: hasBase)
  }

  init(
    workers wanted: Int?, memoryLimit: Int, backend: any ComputeBackend, stateByteCount: UInt64,
    quantizes: Bool = false, hasBase: Bool = false
  ) {
    let chunk = ChunkGeometry.chunkByteCount
    // Rather fewer workers than more memory.
    let least = Self.leastMemoryLimit(quantizes: quantizes, hasBase: hasBase)
    workers = max(1, min(wanted ?? Self.processorCount, memoryLimit / least))
    let share =
      (memoryLimit / workers - Self.fixedByteCount(hasBase: hasBase))
      / Self.buffersPerWorker(quantizes: quantizes, hasBase: hasBase)
    let wholeState = min(Int(clamping: stateByteCount), Int.max / 2) / chunk * chunk + chunk
    batchByteCount = max(chunk, min(backend.batchByteCount, share, wholeState) / chunk * chunk)
    chunkLimit = max(1, backend.batchChunkLimit)
    // A state of few chunks needs no more workers than it has batches.
    workers = min(workers, max(1, (wholeState + batchByteCount - 1) / batchByteCount))
  }
}
