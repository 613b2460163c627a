import HoloCompute
import HoloFormat
import HoloSystem

/// Workers that read, encode and write batches. Reading goes on in one worker at a time (a file has one position), and so
/// does writing (a container is one forward pass); the encoding does not.
///
/// There is no writer's thread: whoever has finished the batch that is next in order writes it while it is in the
/// processor's cache, and then whatever else has become ready. Each worker owns its batches, so that one that waits for
/// its turn holds no one else up.
final class CapturePipeline: Sendable {
  /// Batches a worker may have under way: one that is filled and encoded, others that wait for their turn.
  static let batchesPerWorker = 3

  /// Gets every batch in order, on one worker's thread at a time; returns how many bytes of the state it has seen.
  typealias Write = (CaptureBatch) throws(HoloError) -> UInt64

  private struct State {
    var free: [[CaptureBatch]]
    var done: [Int: CaptureBatch] = [:]
    /// Sequence number of the next batch to be filled.
    var next = 0
    /// Sequence number of the next batch to be written.
    var nextWritten = 0
    /// A worker is filling a batch.
    var isReading = false
    /// A worker is writing.
    var isWriting = false
    var isExhausted = false
    var failure: HoloError?

    /// The batch whose turn it is, if it is encoded and no one writes; from here on the caller does.
    mutating func takeWritable() -> CaptureBatch? {
      guard !isWriting, failure == nil, let batch = done.removeValue(forKey: nextWritten) else { return nil }
      isWriting = true
      nextWritten += 1
      return batch
    }
  }

  private struct Shared: @unchecked Sendable {
    /// Filled from by the worker that has `isReading`.
    let source: any BatchSource
    /// Each used by its own worker alone.
    let encoders: [ChunkEncoder]
    /// Used by the worker that has `isWriting`.
    let write: Write
  }

  private let monitor: Monitor<State>
  private let group = WorkerGroup()
  private let shared: Shared
  private let cancellation: Cancellation

  init(
    source: any BatchSource, encoders: [ChunkEncoder], batches: [[CaptureBatch]], cancellation: Cancellation,
    write: @escaping Write
  ) {
    shared = Shared(source: source, encoders: encoders, write: write)
    monitor = Monitor(State(free: batches))
    self.cancellation = cancellation
  }

  /// Runs to the end; all workers have ended when it returns or throws. `progress` is called on this thread.
  func run(progress: ((_ doneByteCount: UInt64) -> Void)?) throws(HoloError) {
    group.run(
      shared.encoders.count, progress: progress, failed: { fail(HoloError($0)) },
      work: { [self] in work($0) })
    if let failure = monitor.change({ $0.failure }) { throw failure }
  }

  private func fail(_ error: HoloError) {
    monitor.change { state in if state.failure == nil { state.failure = error } }
  }

  private func work(_ index: Int) {
    do {
      while let batch = try fill(index) {
        try cancellation.check()
        try shared.source.load(batch, worker: index)
        try shared.encoders[index].encode(batch)
        try deliver(batch)
      }
    } catch { fail(error) }
  }

  /// Leaves the batch to whoever writes, or else writes what is ready.
  private func deliver(_ batch: CaptureBatch) throws(HoloError) {
    var ready = monitor.change { state in
      state.done[batch.sequence] = batch
      return state.takeWritable()
    }
    while let writing = ready {
      try cancellation.check()
      let byteCount = try shared.write(writing)
      ready = monitor.change { state in
        state.isWriting = false
        state.free[writing.owner].append(writing)
        return state.takeWritable()
      }
      group.add(byteCount)
    }
  }

  /// A free batch of this worker, filled; nil when there is nothing left to do.
  private func fill(_ index: Int) throws(HoloError) -> CaptureBatch? {
    let batch = monitor.wait { state -> CaptureBatch?? in
      if state.failure != nil || state.isExhausted { return .some(nil) }
      guard !state.isReading, let batch = state.free[index].popLast() else { return nil }
      state.isReading = true
      batch.sequence = state.next
      return batch
    }
    guard let batch else { return nil }
    // Where filling fails, the failure stops the others: no one waits for the reading to end.
    let isFilled = try shared.source.fill(batch)
    monitor.change { state in
      state.isReading = false
      if isFilled { state.next += 1 } else { state.isExhausted = true }
    }
    return isFilled ? batch : nil
  }
}
