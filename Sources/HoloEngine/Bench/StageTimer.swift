import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// Times one step of the encoder over a whole state: every worker at once, by the clock on the wall.
///
/// `checksum`, `quantize`, `transform` and `delta` work on the state's bytes: the workers go over it as those of a capture do, and handing out
/// the chunks counts. `compress` works on what was transformed: rounds of batches are transformed first, then the workers
/// compress them together, and that alone counts.
final class StageTimer {
  struct Timing {
    var seconds: Double
    var storedByteCount: UInt64
  }

  /// `@unchecked Sendable`: each is used by one thread at a time.
  private final class Worker: @unchecked Sendable {
    let encoder: ChunkEncoder
    let batches: [CaptureBatch]
    let delta: DeltaPass?

    init(encoder: ChunkEncoder, batches: [CaptureBatch], delta: DeltaPass?) {
      self.encoder = encoder
      self.batches = batches
      self.delta = delta
    }
  }

  /// `@unchecked Sendable`: guarded by the monitor.
  private struct Turn: @unchecked Sendable {
    let chunker: Chunker
  }

  /// Of a round, for each worker: long against the start of a thread, small against the memory of a machine.
  private static let roundByteCount = 16 << 20

  private let stage: BenchStage
  private let regions: [RegionSource]
  private let plan: PipelinePlan
  private let workers: [Worker]

  init(
    _ stage: BenchStage, regions: [RegionSource], backend: any ComputeBackend, plan: PipelinePlan
  ) throws(HoloError) {
    self.stage = stage
    self.regions = regions
    self.plan = plan
    let quantizes = stage == .quantize
    let batchCount = stage == .compress ? max(1, Self.roundByteCount / plan.batchByteCount) : 1
    do {
      workers = try (0..<plan.workers).map { owner in
        let session = try backend.makeSession()
        let batches = try (0..<batchCount).map { _ in
          try CaptureBatch(
            owner: owner, session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit,
            quantizes: quantizes)
        }
        let quantizer =
          quantizes
          ? try ChunkQuantizer(session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit) : nil
        return Worker(
          encoder: try ChunkEncoder(session: session, transform: .auto, level: .fast, quantizer: quantizer),
          batches: batches,
          delta: stage == .delta ? try DeltaPass(session: session, byteCount: plan.batchByteCount) : nil)
      }
    } catch { throw HoloError(wrapping: error) }
  }

  func run() throws(HoloError) -> Timing {
    let chunker = Chunker(
      regions: regions, syscalls: Syscalls(), allowChanging: false, batchByteCount: plan.batchByteCount)
    if stage == .compress { return try compressInRounds(chunker) }
    let turn = Monitor(Turn(chunker: chunker))
    let stage = stage
    let start = Clock.now()
    try inParallel { worker in
      let batch = worker.batches[0]
      while try Self.fill(batch, turn) {
        guard !batch.chunks.isEmpty else { continue }
        let source = try worker.encoder.load(batch)
        switch stage {
        case .checksum: try worker.encoder.checksum(batch, source)
        case .quantize: _ = try worker.encoder.quantize(batch, source)
        case .delta: try worker.delta?.run(batch, source)
        default: try worker.encoder.transform(batch, source)
        }
      }
    }
    return Timing(seconds: Clock.seconds(since: start), storedByteCount: 0)
  }

  private func compressInRounds(_ chunker: Chunker) throws(HoloError) -> Timing {
    let turn = Monitor(Turn(chunker: chunker))
    let all = workers.flatMap(\.batches)
    var timing = Timing(seconds: 0, storedByteCount: 0)
    while true {
      try inParallel { worker in
        for batch in worker.batches {
          // A batch that nothing is left for stays empty.
          guard try Self.fill(batch, turn), !batch.chunks.isEmpty else { continue }
          try worker.encoder.transform(batch, worker.encoder.load(batch))
        }
      }
      guard all.contains(where: { !$0.events.isEmpty }) else { return timing }
      let next = Monitor(0)
      let start = Clock.now()
      try inParallel { worker in
        while true {
          let index = next.change { next in
            next += 1
            return next - 1
          }
          guard index < all.count else { return }
          worker.encoder.compress(all[index])
        }
      }
      timing.seconds += Clock.seconds(since: start)
      for chunk in all.flatMap(\.chunks) { timing.storedByteCount += UInt64(chunk.frame.count) }
    }
  }

  /// Runs the body on a thread for each worker, and waits for all; throws the first failure.
  private func inParallel(_ body: @escaping @Sendable (Worker) throws -> Void) throws(HoloError) {
    let failure = Monitor<HoloError?>(nil)
    let workers = workers
    WorkerGroup().run(
      workers.count, failed: { error in failure.change { $0 = $0 ?? HoloError(error) } },
      work: { index in
        do { try body(workers[index]) } catch { failure.change { $0 = $0 ?? HoloError(wrapping: error) } }
      })
    if let error = failure.change({ $0 }) { throw error }
  }

  private static func fill(_ batch: CaptureBatch, _ turn: Monitor<Turn>) throws -> Bool {
    try turn.change { turn -> Result<Bool, HoloError> in
      do throws(HoloError) { return .success(try turn.chunker.fill(batch)) } catch { return .failure(error) }
    }.get()
  }
}
