import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// Compares the regions that two containers share by name. Chunks whose chaining values are equal are equal, and are not
/// read; the others are brought back from both, proved, and compared.
final class Comparison: Sendable {
  /// Regions of one name.
  struct Pair: Sendable {
    /// In the report.
    var index: Int
    var old: StoredRegion
    var new: StoredRegion
  }

  /// A chunk of both regions; nil where one of them has ended before it.
  private struct ChunkPair {
    var pair: Int
    var old: ChunkPlan?
    var new: ChunkPlan?
  }

  private struct State {
    var pair = 0
    var chunk: UInt64 = 0
    var differences: [RegionDifference]
    var problems: [Problem] = []
    var failure: HoloError?
  }

  /// Each is used by its own worker alone.
  private struct Decoders: @unchecked Sendable {
    let old: [ChunkDecoder]
    let new: [ChunkDecoder]
  }

  private let pairs: [Pair]
  private let containers: (old: StoredContainer, new: StoredContainer)
  private let decoders: Decoders
  private let monitor: Monitor<State>
  private let group = WorkerGroup()
  private let cancellation: Cancellation

  /// Chunks that a worker takes at once.
  private static let chunksPerTurn = 4

  init(
    _ pairs: [Pair], differences: [RegionDifference], old: StoredContainer, new: StoredContainer,
    backend: any ComputeBackend, workers: Int, cancellation: Cancellation
  ) throws(HoloError) {
    self.pairs = pairs
    containers = (old, new)
    self.cancellation = cancellation
    var decoders: [ChunkDecoder] = []
    for _ in 0..<(2 * workers) {
      do {
        decoders.append(
          try ChunkDecoder(
            session: try backend.makeSession(), byteCount: Self.chunksPerTurn * ChunkGeometry.chunkByteCount * 2))
      } catch { throw HoloError(wrapping: error) }
    }
    self.decoders = Decoders(old: Array(decoders[..<workers]), new: Array(decoders[workers...]))
    monitor = Monitor(State(differences: differences))
  }

  /// Runs to the end; every worker has ended when it returns or throws. `progress` is called on this thread.
  func run(
    progress: @escaping (_ doneByteCount: UInt64) -> Void
  ) throws(HoloError) -> (differences: [RegionDifference], problems: [Problem]) {
    group.run(
      decoders.old.count, progress: progress, failed: { fail(HoloError($0)) },
      work: { [self] in work($0) })
    let (failure, differences, problems) = monitor.change { ($0.failure, $0.differences, $0.problems) }
    if let failure { throw failure }
    return (
      differences, problems.sorted { ($0.region ?? "", $0.chunk ?? 0) < ($1.region ?? "", $1.chunk ?? 0) }
    )
  }

  private func fail(_ error: HoloError) {
    monitor.change { state in state.failure = state.failure ?? error }
  }

  private func work(_ index: Int) {
    do {
      while true {
        try cancellation.check()
        guard let turn = monitor.change({ next(&$0) }) else { break }
        try compare(turn, decoders.old[index], decoders.new[index])
      }
    } catch { fail(error) }
  }

  /// Chunks that may differ; nil at the end. Those that are equal are passed over, but not for so long that a request to
  /// stop would go unheard.
  private func next(_ state: inout State) -> [ChunkPair]? {
    guard state.failure == nil, state.pair < pairs.count else { return nil }
    var turn: [ChunkPair] = []
    for _ in 0..<4_096 {
      guard turn.count < Self.chunksPerTurn, state.pair < pairs.count else { break }
      let pair = pairs[state.pair]
      guard state.chunk < max(pair.old.chunkCount, pair.new.chunkCount) else {
        state.pair += 1
        state.chunk = 0
        continue
      }
      func plan(_ region: StoredRegion) -> ChunkPlan? {
        state.chunk < region.chunkCount ? region.plan(chunk: state.chunk, region: state.pair) : nil
      }
      let chunks = ChunkPair(pair: state.pair, old: plan(pair.old), new: plan(pair.new))
      state.chunk += 1
      if let old = chunks.old, let new = chunks.new, old.hasProof, new.hasProof, old.byteCount == new.byteCount,
        old.chainingValue == new.chainingValue
      {
        group.add(UInt64(old.byteCount))
      } else {
        turn.append(chunks)
      }
    }
    return turn
  }

  private func compare(_ turn: [ChunkPair], _ old: ChunkDecoder, _ new: ChunkDecoder) throws(HoloError) {
    let oldBytes = try bytes(turn.compactMap(\.old), of: containers.old, old) { pairs[$0].old }
    let newBytes = try bytes(turn.compactMap(\.new), of: containers.new, new) { pairs[$0].new }
    var (oldIndex, newIndex) = (0, 0)
    for chunks in turn {
      let pair = pairs[chunks.pair]
      var compared: ChunkDifference?
      switch (chunks.old, chunks.new) {
      case (let oldPlan?, let newPlan?):
        if let first = oldBytes[oldIndex], let second = newBytes[newIndex] {
          let type = pair.old.descriptor.elementType
          compared = ChunkDifference(
            UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(old.output.bytes)[first..<(first + oldPlan.byteCount)]),
            UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(new.output.bytes)[second..<(second + newPlan.byteCount)]),
            type: type == pair.new.descriptor.elementType ? type : nil)
        }
      case (let plan?, nil), (nil, let plan?): compared = ChunkDifference(onlyOne: plan.byteCount)
      case (nil, nil): break
      }
      oldIndex += chunks.old == nil ? 0 : 1
      newIndex += chunks.new == nil ? 0 : 1
      let byteCount = UInt64(max(chunks.old?.byteCount ?? 0, chunks.new?.byteCount ?? 0))
      if let compared { monitor.change { $0.differences[pair.index].add(compared) } }
      group.add(byteCount)
    }
  }

  /// Where each chunk stands in the decoder's output; nil where it is damaged, which is noted.
  private func bytes(
    _ plans: [ChunkPlan], of container: StoredContainer, _ decoder: ChunkDecoder, region: (Int) -> StoredRegion
  ) throws(HoloError) -> [Int?] {
    let outcomes = try decoder.decode(plans, .init(source: container.source, checksFrames: false))
    var offsets: [Int?] = []
    for (plan, outcome) in zip(plans, outcomes) {
      if let problem = Problem(outcome, of: plan, in: region(plan.region), path: container.path) {
        offsets.append(nil)
        monitor.change { state in
          state.differences[pairs[plan.region].index].isIncomplete = true
          // A container that is missing is told of once for each region.
          if case .unavailable = outcome,
            state.problems.contains(where: { $0.region == problem.region && $0.message == problem.message })
          {
            return
          }
          state.problems.append(problem)
        }
      } else if case .sound(let offset) = outcome {
        offsets.append(offset)
      }
    }
    return offsets
  }
}

extension ChunkPlan {
  /// Its chaining value is known, though it may not be possible to bring it back.
  fileprivate var hasProof: Bool {
    switch defect {
    case nil, .unavailable: true
    case .damaged, .unreadable: false
    }
  }
}
