import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// Where restored regions go. Called from several threads at once, for different bytes.
package protocol RegionTarget: AnyObject, Sendable {
  /// Memory that holds exactly the region, to be filled in place; nil where bytes are to be written.
  func memory(of region: Int) -> UnsafeMutableRawBufferPointer?
  /// Begins a region; its chunks follow in any order.
  func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError)
  /// Writes bytes of a region, at an offset in it.
  func write(_ bytes: UnsafeRawBufferPointer, to region: Int, at offset: UInt64) throws(HoloError)
  /// All chunks are there and proved.
  func complete(_ region: Int) throws(HoloError)
  /// A chunk is damaged: the region is not to appear.
  func discard(_ region: Int)
}

/// Brings regions back: `Capture`, mirrored.
package struct Restore {
  private let options: RestoreOptions

  package init(options: RestoreOptions) { self.options = options }

  /// What became of the regions.
  package struct Outcome: Sendable {
    package var backend: BackendSummary
    package var byteCount: UInt64
    /// Indexes of the regions that were brought back whole.
    package var complete: [Int]
    package var problems: [Problem]
  }

  /// Restores these regions of a container into a target; every chunk is proved before its region is completed.
  ///
  /// - Parameter stopsAtDamage: throw at the first damaged chunk; else the other regions go on.
  package func run(
    _ regions: [StoredRegion], of container: StoredContainer, into target: any RegionTarget, stopsAtDamage: Bool,
    backend: (any ComputeBackend)? = nil, workspace: RestoreWorkspace? = nil,
    cancellation: Cancellation = Cancellation(),
    progress: ProgressHandler? = nil
  ) throws(HoloError) -> Outcome {
    let start = Clock.now()
    let total = regions.map(\.descriptor.byteCount).saturatingSum()
    let backend = if let backend { backend } else { try options.makeBackend(stateByteCount: total) }
    let tracker = RegionTracker(
      regions: regions, path: container.path, target: target, stopsAtDamage: stopsAtDamage)
    // Regions without bytes have no chunk that would begin and end them.
    for index in regions.indices where regions[index].chunkCount == 0 {
      try cancellation.check()
      try tracker.restoreEmpty(index)
    }
    let inPlace =
      !regions.isEmpty
      && regions.indices.allSatisfy { target.memory(of: $0)?.count == Int(clamping: regions[$0].descriptor.byteCount) }
    let workspace =
      if let workspace { workspace } else {
        try RestoreWorkspace(options: options, backend: backend, stateByteCount: total)
      }
    let pipeline = DecodePipeline(
      regions: regions, container: container, workspace: workspace, checksFrames: false, mixesRegions: !inPlace,
      cancellation: cancellation,
      placement: { plans in
        // Lengths of chunks that are cut by their content are no multiple of anything that a kernel could rely on.
        guard inPlace, let first = plans.first, first.chunking == .grid, let memory = target.memory(of: first.region)
        else { return nil }
        let offset = Int(first.offset)
        let count = plans.reduce(0) { $0 + $1.byteCount }
        return UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + count)])
      },
      delivery: { (plans, outcomes, output, isPlaced) throws(HoloError) in
        try tracker.deliver(plans, outcomes, output, isPlaced: isPlaced)
      })
    try pipeline.run { done in
      progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
    }
    let (complete, problems) = tracker.result
    return Outcome(
      backend: backend.summary, byteCount: complete.map { regions[$0].descriptor.byteCount }.saturatingSum(),
      complete: complete, problems: problems)
  }
}

/// Follows the regions of a job: begins each at its first chunk, completes it after its last, discards it at a damaged one.
private final class RegionTracker: Sendable {
  private struct State {
    var remaining: [UInt64]
    var begun: Set<Int> = []
    var damaged: Set<Int> = []
    var complete: [Int] = []
    var problems: [Problem] = []
    /// What is missing, by region: missing of many chunks, it is told once.
    var missing: Set<[String]> = []
  }

  private let regions: [StoredRegion]
  private let path: String
  private let target: any RegionTarget
  private let stopsAtDamage: Bool
  private let roots: ContentRoots
  private let state: Mutex<State>

  init(regions: [StoredRegion], path: String, target: any RegionTarget, stopsAtDamage: Bool) {
    self.regions = regions
    self.path = path
    self.target = target
    self.stopsAtDamage = stopsAtDamage
    roots = ContentRoots(regions)
    state = Mutex(State(remaining: regions.map(\.chunkCount)))
  }

  var result: (complete: [Int], problems: [Problem]) { state.withLock { ($0.complete.sorted(), $0.problems) } }

  /// A region without bytes; its root was proved with the index.
  func restoreEmpty(_ region: Int) throws(HoloError) {
    try target.begin(region, regions[region].descriptor)
    try target.complete(region)
    state.withLock { $0.complete.append(region) }
  }

  func deliver(
    _ plans: [ChunkPlan], _ outcomes: [ChunkOutcome], _ output: UnsafeRawBufferPointer, isPlaced: Bool
  ) throws(HoloError) {
    for (plan, outcome) in zip(plans, outcomes) {
      try begin(plan.region)
      if let problem = Problem(outcome, of: plan, in: regions[plan.region], path: path) {
        try report(problem, of: plan.region)
      } else if case .sound(let offset) = outcome, !isPlaced, !isDamaged(plan.region) {
        let bytes = UnsafeRawBufferPointer(rebasing: output[offset..<(offset + plan.byteCount)])
        roots.append(plan, bytes)
        try target.write(bytes, to: plan.region, at: plan.offset)
      }
      try finishChunk(of: plan.region)
    }
  }

  private func isDamaged(_ region: Int) -> Bool { state.withLock { $0.damaged.contains(region) } }

  private func begin(_ region: Int) throws(HoloError) {
    // One that has no other chunk is met here alone.
    guard regions[region].chunkCount > 1 else {
      return try target.begin(region, regions[region].descriptor)
    }
    // Under the lock: another worker's chunk of the region waits until its file is there.
    try state.withLock { (state) throws(HoloError) in
      if state.begun.insert(region).inserted { try target.begin(region, regions[region].descriptor) }
    }
  }

  private func report(_ problem: Problem, of region: Int) throws(HoloError) {
    if stopsAtDamage { throw HoloError(problem) }
    state.withLock { state in
      state.damaged.insert(region)
      if problem.code == .missingAncestor,
        !state.missing.insert([problem.region ?? "", problem.message]).inserted
      {
        return
      }
      state.problems.append(problem)
    }
  }

  private func finishChunk(of region: Int) throws(HoloError) {
    let (isLast, isDamaged) = state.withLock { state in
      state.remaining[region] -= 1
      return (state.remaining[region] == 0, state.damaged.contains(region))
    }
    guard isLast else { return }
    guard !isDamaged else { return target.discard(region) }
    if let problem = roots.problem(ofRegion: region, path: path) {
      try report(problem, of: region)
      return target.discard(region)
    }
    try target.complete(region)
    state.withLock { $0.complete.append(region) }
  }
}
