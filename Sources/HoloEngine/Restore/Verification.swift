import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// Proves a container: quick, every stored byte against its hash; fully, also every chunk against its chaining value and
/// every region against its root.
package struct Verification {
  private let options: RestoreOptions

  package init(options: RestoreOptions) { self.options = options }

  package struct Outcome: Sendable {
    package var checkedByteCount: UInt64
    package var problems: [Problem]
    package var backend: BackendSummary?
  }

  package func run(
    _ source: any RandomAccessSource, path: String, quick: Bool, backend: (any ComputeBackend)? = nil,
    workspace: RestoreWorkspace? = nil, cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> Outcome {
    let start = Clock.now()
    let source = CancellableSource(source, path: path, cancellation: cancellation)
    let opened: OpenedContainer
    do { opened = try OpenedContainer.open(source, path: path) } catch {
      let problem = problem(HoloError(error), source: source, path: path)
      try cancellation.check()
      return Outcome(checkedByteCount: 0, problems: [problem])
    }
    let reader: ContainerReader
    switch opened {
    case .hwp(let container): reader = container
    case .wave(let container):
      return try run(
        container, quick: quick, backend: backend, workspace: workspace, cancellation: cancellation,
        progress: progress)
    }
    // A full verification goes over the container twice: stored bytes, then chunks.
    let total = [reader.source.byteCount, quick ? 0 : reader.totals.byteCount].saturatingSum()
    func report(_ done: UInt64) {
      progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
    }
    let damagedFrames = try framesProblems(reader, cancellation: cancellation, progress: report)
    try cancellation.check()

    let container: StoredContainer
    var problems: [Problem] = []
    do { container = try StoredContainer(opening: source, path: path) } catch {
      problems.append(Problem(error, path: path))
      let left = try? StoredContainer(salvaging: source, path: path)
      try cancellation.check()
      guard let left else {
        return Outcome(checkedByteCount: reader.source.byteCount, problems: problems)
      }
      container = left
      problems += left.problems.filter { !problems.contains($0) }
    }
    let damagedChunks = located(damagedFrames, in: container)
    try cancellation.check()
    let damagedOffsets = Set(damagedChunks.compactMap(\.offset))
    problems =
      damagedChunks + problems.filter { problem in problem.offset.map(damagedOffsets.contains) != true }
      + FileTree.contradictions(of: container.regions, directories: container.directories, path: path).map {
        Problem($0, path: path)
      }
    guard !quick else { return Outcome(checkedByteCount: reader.source.byteCount, problems: problems) }

    let (found, summary) = try chunkProblems(
      container, backend: backend, workspace: workspace, cancellation: cancellation
    ) {
      report(reader.source.byteCount + $0)
    }
    let known = Set(problems.map { Site($0) })
    problems += found.filter { !known.contains(Site($0)) }
    guard case .frames(let chunks) = container.chunks else {
      throw HoloError(.internal, "frames of a container without frames", place: .init(path: path))
    }
    do {
      problems += try reader.verifyUnreferencedFrames(
        chunks, leavingOut: Set(damagedFrames.compactMap(\.frame))
      ).map { Problem(HoloError($0), path: path) }
    } catch { throw HoloError(error) }
    return Outcome(
      checkedByteCount: container.regions.map(\.descriptor.byteCount).saturatingSum(), problems: problems,
      backend: summary)
  }

  /// A `.wave`, whose opening has proved everything but the regions' bytes and the zeros between them. Quick: the zeros.
  private func run(
    _ reader: WaveReader, quick: Bool, backend: (any ComputeBackend)?,
    workspace: RestoreWorkspace?, cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> Outcome {
    let start = Clock.now()
    let container = StoredContainer(reader)
    var problems = reader.verifyOutside { _ in !cancellation.isCancelled }.map {
      Problem(HoloError($0), path: reader.path)
    }
    try cancellation.check()
    problems += FileTree.contradictions(
      of: container.regions, directories: container.directories, path: container.path
    ).map { Problem($0, path: container.path) }
    let outside = reader.source.byteCount - min(reader.source.byteCount, container.totals.byteCount)
    guard !quick else { return Outcome(checkedByteCount: outside, problems: problems) }
    let total = container.totals.byteCount
    let (found, summary) = try chunkProblems(
      container, backend: backend, workspace: workspace, cancellation: cancellation
    ) { done in
      progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
    }
    return Outcome(checkedByteCount: total, problems: problems + found, backend: summary)
  }

  private struct Site: Hashable {
    /// Bytes: two names that differ may be equal as `String`.
    var region: [UInt8]?
    var chunk: UInt64?

    init(_ problem: Problem) {
      region = problem.region.map { Array($0.utf8) }
      chunk = problem.chunk
    }
  }

  /// A container that cannot be opened: what is wrong, and what can still be had of it.
  private func problem(_ error: HoloError, source: any RandomAccessSource, path: String) -> Problem {
    var problem = Problem(error, path: path)
    guard error.leavesSomethingToSalvage,
      let left = try? StoredContainer(salvaging: source, path: path)
    else { return problem }
    let names = left.regions.prefix(8).map(\.descriptor.name.shortened)
    let more = left.regions.count > names.count ? " and \(left.regions.count - names.count) more" : ""
    problem.remedy =
      left.regions.isEmpty
      ? "no region is left whole: use another snapshot"
      : "\(left.regions.count.counted("region")) can still be restored with --region: \(names.joined(separator: ", "))\(more)"
    return problem
  }

  /// Every frame's stored bytes against the frame table, shared among workers.
  private func framesProblems(
    _ reader: ContainerReader, cancellation: Cancellation, progress: @escaping (UInt64) -> Void
  ) throws(HoloError) -> [FormatError] {
    let frameCount = UInt32(reader.frames.count)
    let workers = max(1, min(options.workers ?? PipelinePlan.processorCount, Int(frameCount)))
    let group = WorkerGroup()
    let found = Monitor<[FormatError]>([])
    var failure: HoloError?
    group.run(
      workers, progress: progress, failed: { failure = HoloError($0) },
      work: { worker in
        let share = frameCount / UInt32(workers)
        let first = share * UInt32(worker)
        let range = first..<(worker + 1 == workers ? frameCount : first + share)
        let problems = reader.verifyStoredFrames(range) { count in
          group.add(count)
          return !cancellation.isCancelled
        }
        found.change { $0 += problems }
      })
    if let failure { throw failure }
    return found.change { $0 }.sorted { ($0.frame ?? 0) < ($1.frame ?? 0) }
  }

  /// Says which chunks the damaged frames hold.
  private func located(_ damaged: [FormatError], in container: StoredContainer) -> [Problem] {
    guard case .frames(let chunks) = container.chunks else { return [] }
    let stored = (try? chunks.chunks(storedIn: Set(damaged.compactMap(\.frame)))) ?? [:]
    return damaged.flatMap { error -> [Problem] in
      let general = Problem(HoloError(error), path: container.path)
      guard let found = error.frame.flatMap({ stored[$0] }) else { return [general] }
      return found.map { region, chunk in
        var problem = general
        problem.region = chunks.regions[region].name
        problem.chunk = chunk
        problem.remedy = Problem.damageRemedy
        return problem
      }
    }
  }

  /// Decodes every chunk and proves it.
  private func chunkProblems(
    _ container: StoredContainer, backend: (any ComputeBackend)?, workspace: RestoreWorkspace?,
    cancellation: Cancellation, progress: @escaping (UInt64) -> Void
  ) throws(HoloError) -> (problems: [Problem], backend: BackendSummary) {
    let byteCount = container.totals.byteCount
    let backend = if let backend { backend } else { try options.makeBackend(stateByteCount: byteCount) }
    let workspace =
      if let workspace { workspace } else {
        try RestoreWorkspace(options: options, backend: backend, stateByteCount: byteCount)
      }
    let problems = Mutex<[Problem]>([])
    let pipeline = DecodePipeline(
      regions: container.regions, container: container, workspace: workspace, checksContent: true,
      cancellation: cancellation,
      delivery: { (plans, outcomes, _) throws(HoloError) in
        for (plan, outcome) in zip(plans, outcomes) {
          guard case .damaged(let reason) = outcome else { continue }
          let problem = Problem(plan, of: container.regions[plan.region], path: container.path, reason: reason)
          problems.withLock { $0.append(problem) }
        }
      })
    try pipeline.run(progress: progress)
    let found = problems.withLock { $0 }.sorted {
      ($0.region ?? "", $0.chunk ?? 0) < ($1.region ?? "", $1.chunk ?? 0)
    }
    return (found, backend.summary)
  }
}
