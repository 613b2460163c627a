import HoloCompute
import HoloFormat
import HoloSystem

/// Workers that read, encode and hand over batches; the thread that runs it takes them back in order.
///
/// Each worker owns its batches, so that a worker that waits for the writer holds no one else up. Only the reading is one
/// at a time (a file has one position); the encoding is not.
final class CapturePipeline: Sendable {
  /// Batches a worker may have under way: one being filled, one waiting for the writer, one being written.
  static let batchesPerWorker = 3

  private struct State {
    var free: [[CaptureBatch]]
    var done: [Int: CaptureBatch] = [:]
    /// Sequence number of the next batch to be filled.
    var next = 0
    /// A worker is filling a batch.
    var isReading = false
    var isExhausted = false
    var failure: HoloError?
  }

  private struct Shared: @unchecked Sendable {
    /// Used by the worker that has `isReading`.
    let chunker: Chunker
    /// Each used by its own worker alone.
    let encoders: [ChunkEncoder]
  }

  private let monitor: Monitor<State>
  private let shared: Shared
  private let cancellation: Cancellation

  init(chunker: Chunker, encoders: [ChunkEncoder], batches: [[CaptureBatch]], cancellation: Cancellation) {
    shared = Shared(chunker: chunker, encoders: encoders)
    monitor = Monitor(State(free: batches))
    self.cancellation = cancellation
  }

  /// Runs to the end; `write` gets every batch in order, on this thread. All workers have ended when it returns or throws.
  func run(write: (CaptureBatch) throws(HoloError) -> Void) throws(HoloError) {
    var workers: [WorkerThread] = []
    for index in shared.encoders.indices {
      do {
        workers.append(try WorkerThread { [self] in work(index) })
      } catch {
        fail(HoloError(.inputOutput, "\(error)"))
        break
      }
    }
    var sequence = 0
    while let batch = take(sequence) {
      do {
        try cancellation.check()
        try write(batch)
      } catch {
        fail(error)
        break
      }
      monitor.change { $0.free[batch.owner].append(batch) }
      sequence += 1
    }
    for worker in workers { worker.join() }
    if let failure = monitor.change({ $0.failure }) { throw failure }
  }

  /// The batch with this number, when it is encoded; nil at the end, or after a failure.
  private func take(_ sequence: Int) -> CaptureBatch? {
    monitor.wait { state -> CaptureBatch?? in
      if state.failure != nil { return .some(nil) }
      if let batch = state.done.removeValue(forKey: sequence) { return batch }
      return state.isExhausted && sequence == state.next ? .some(nil) : nil
    }
  }

  private func fail(_ error: HoloError) {
    monitor.change { state in if state.failure == nil { state.failure = error } }
  }

  private func work(_ index: Int) {
    while let batch = fill(index) {
      do {
        try cancellation.check()
        try shared.encoders[index].encode(batch)
      } catch {
        fail(error)
        return
      }
      monitor.change { $0.done[batch.sequence] = batch }
    }
  }

  /// A free batch of this worker, filled; nil when there is nothing left to do.
  private func fill(_ index: Int) -> CaptureBatch? {
    let batch = monitor.wait { state -> CaptureBatch?? in
      if state.failure != nil || state.isExhausted { return .some(nil) }
      guard !state.isReading, let batch = state.free[index].popLast() else { return nil }
      state.isReading = true
      batch.sequence = state.next
      return batch
    }
    guard let batch else { return nil }
    let isFilled: Bool
    do {
      isFilled = try shared.chunker.fill(batch)
    } catch {
      fail(error)
      monitor.change { $0.isReading = false }
      return nil
    }
    monitor.change { state in
      state.isReading = false
      if isFilled { state.next += 1 } else { state.isExhausted = true }
    }
    return isFilled ? batch : nil
  }
}
