import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// Times one step of the encoder by itself: workers go over the state's chunks, do what the step needs, and measure it alone.
struct StageTimer {
  let regions: [RegionSource]
  let backend: any ComputeBackend
  let plan: PipelinePlan

  struct Timing {
    /// As if the workers had done nothing else: their time in the step, divided among them.
    var seconds: Double
    var storedByteCount: UInt64
  }

  func run(_ stage: BenchStage) throws(HoloError) -> Timing {
    let chunker = Chunker(
      regions: regions, syscalls: Syscalls(), allowChanging: false, batchByteCount: plan.batchByteCount)
    let turn = Monitor(Turn(chunker: chunker))
    var encoders: [Worker] = []
    do {
      for index in 0..<plan.workers {
        let session = try backend.makeSession()
        encoders.append(
          Worker(
            encoder: ChunkEncoder(session: session, transform: .auto, level: .fast),
            batch: try CaptureBatch(
              owner: index, session: session, byteCount: plan.batchByteCount, chunkLimit: plan.chunkLimit)))
      }
      var threads: [WorkerThread] = []
      for worker in encoders { threads.append(try WorkerThread { Self.work(worker, stage, turn) }) }
      for thread in threads { thread.join() }
    } catch { throw HoloError(wrapping: error) }
    let end = turn.change { $0 }
    if let failure = end.failure { throw failure }
    return Timing(
      seconds: Double(end.nanoseconds) / 1e9 / Double(plan.workers), storedByteCount: end.storedByteCount)
  }

  /// `@unchecked Sendable`: each is used by one thread.
  private final class Worker: @unchecked Sendable {
    let encoder: ChunkEncoder
    let batch: CaptureBatch

    init(encoder: ChunkEncoder, batch: CaptureBatch) {
      self.encoder = encoder
      self.batch = batch
    }
  }

  /// `@unchecked Sendable`: guarded by the monitor.
  private struct Turn: @unchecked Sendable {
    let chunker: Chunker
    var nanoseconds: UInt64 = 0
    var storedByteCount: UInt64 = 0
    var failure: HoloError?
  }

  private static func work(_ worker: Worker, _ stage: BenchStage, _ turn: Monitor<Turn>) {
    let batch = worker.batch
    do {
      while try fill(batch, turn) {
        guard !batch.chunks.isEmpty else { continue }
        let source = try worker.encoder.load(batch)
        var nanoseconds: UInt64 = 0
        func time(_ step: BenchStage, _ body: () throws -> Void) rethrows {
          let start = Clock.now()
          try body()
          if step == stage { nanoseconds += Clock.now() - start }
        }
        if stage == .checksum { try time(.checksum) { try worker.encoder.checksum(batch, source) } }
        if stage != .checksum { try time(.transform) { try worker.encoder.transform(batch, source) } }
        if stage == .compress { time(.compress) { worker.encoder.compress(batch) } }
        let stored = batch.chunks.reduce(UInt64(0)) { $0 + UInt64($1.frame.count) }
        turn.change { state in
          state.nanoseconds += nanoseconds
          state.storedByteCount += stored
        }
      }
    } catch {
      turn.change { state in state.failure = state.failure ?? HoloError(wrapping: error) }
    }
  }

  private static func fill(_ batch: CaptureBatch, _ turn: Monitor<Turn>) throws -> Bool {
    try turn.change { state -> Result<Bool, HoloError> in
      if state.failure != nil { return .success(false) }
      do throws(HoloError) { return .success(try state.chunker.fill(batch)) } catch { return .failure(error) }
    }.get()
  }
}
