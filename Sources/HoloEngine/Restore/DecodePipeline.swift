import HoloModel
import HoloSystem

/// Hands out the chunks of a job in batches, in order. Guarded by the pipeline's monitor.
struct PlanCursor {
  /// One region of the job: how many chunks it has, and each one's plan (nil: the chunk is lost).
  struct Region: Sendable {
    var chunkCount: UInt64
    var plan: @Sendable (_ chunk: UInt64) -> ChunkPlan
  }

  private let regions: [Region]
  private let batchByteCount: Int
  private let chunkLimit: Int
  private let mixesRegions: Bool
  private var region = 0
  private var chunk: UInt64 = 0

  /// - Parameter mixesRegions: false where a batch goes straight into one region's memory.
  init(regions: [Region], batchByteCount: Int, chunkLimit: Int, mixesRegions: Bool = true) {
    self.regions = regions
    self.batchByteCount = batchByteCount
    self.chunkLimit = chunkLimit
    self.mixesRegions = mixesRegions
  }

  mutating func next() -> [ChunkPlan]? {
    var plans: [ChunkPlan] = []
    var weight = 0
    while region < regions.count, plans.count < chunkLimit {
      guard chunk < regions[region].chunkCount else {
        region += 1
        chunk = 0
        if !mixesRegions && !plans.isEmpty { break }
        continue
      }
      let plan = regions[region].plan(chunk)
      weight += plan.weight
      if weight > batchByteCount && !plans.isEmpty { break }
      plans.append(plan)
      chunk += 1
    }
    return plans.isEmpty ? nil : plans
  }
}

/// Workers that each take the next batch of chunks, decode it and deliver it. Nothing is in order (a region's place in its
/// target is known) but the chunks of regions that are cut by their content, whose roots are hashed of their bytes.
final class DecodePipeline: Sendable {
  /// What a worker does with a decoded batch, on its own thread.
  ///
  /// - Parameter isPlaced: it was decoded in place.
  typealias Delivery =
    @Sendable (
      _ plans: [ChunkPlan], _ outcomes: [ChunkOutcome], _ output: UnsafeRawBufferPointer, _ isPlaced: Bool
    ) throws(HoloError) -> Void
  /// Where a batch may be decoded in place.
  typealias Placement = @Sendable (_ plans: [ChunkPlan]) -> UnsafeMutableRawBufferPointer?

  private struct State {
    var cursor: PlanCursor
    var failure: HoloError?
    /// Of the batches that are delivered in order: the next one that is taken, and whose turn it is.
    var nextOrdered = 0
    var turn = 0

    /// The next batch, with its number where it is delivered in order.
    mutating func next() -> (plans: [ChunkPlan], order: Int?)? {
      guard failure == nil, let plans = cursor.next() else { return nil }
      guard plans.contains(where: { $0.chunking == .content }) else { return (plans, nil) }
      nextOrdered += 1
      return (plans, nextOrdered - 1)
    }
  }

  /// Each decoder is used by its own worker alone.
  private struct Decoders: @unchecked Sendable {
    let list: [ChunkDecoder]
  }

  private let monitor: Monitor<State>
  private let group = WorkerGroup()
  private let decoders: Decoders
  private let reading: ChunkDecoder.Reading
  private let placement: Placement
  private let delivery: Delivery
  private let cancellation: Cancellation

  init(
    cursor: PlanCursor, decoders: [ChunkDecoder], reading: ChunkDecoder.Reading, cancellation: Cancellation,
    placement: @escaping Placement = { _ in nil }, delivery: @escaping Delivery
  ) {
    monitor = Monitor(State(cursor: cursor))
    self.decoders = Decoders(list: decoders)
    self.reading = reading
    self.cancellation = cancellation
    self.placement = placement
    self.delivery = delivery
  }

  /// Runs to the end; every worker has ended when it returns or throws. `progress` is called on this thread.
  func run(progress: @escaping (_ doneByteCount: UInt64) -> Void) throws(HoloError) {
    group.run(
      decoders.list.count, progress: progress, failed: { fail(HoloError($0)) },
      work: { [self] in work($0) })
    if let failure = monitor.change({ $0.failure }) { throw failure }
  }

  private func fail(_ error: HoloError) {
    monitor.change { state in state.failure = state.failure ?? error }
  }

  /// Waits for a batch's turn; false where another has failed.
  private func isTurn(_ order: Int?) -> Bool {
    guard let order else { return true }
    return monitor.wait { state in state.failure != nil ? false : state.turn == order ? true : nil }
  }

  private func work(_ index: Int) {
    let decoder = decoders.list[index]
    do {
      while let (plans, order) = monitor.change({ $0.next() }) {
        try cancellation.check()
        let place = placement(plans)
        let outcomes = try decoder.decode(plans, reading, into: place)
        guard isTurn(order) else { return }
        try delivery(plans, outcomes, UnsafeRawBufferPointer(decoder.output.bytes), place != nil)
        if order != nil { monitor.change { $0.turn += 1 } }
        let count = plans.reduce(UInt64(0)) { $0 + UInt64($1.byteCount) }
        group.add(count)
      }
    } catch { fail(error) }
  }
}
