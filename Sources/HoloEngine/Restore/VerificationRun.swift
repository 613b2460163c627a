import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// The verification of one container.
struct VerificationRun {
  let source: CancellableSource
  let path: String
  let ancestors: (any AncestorSource)?
  let isQuick: Bool
  let options: RestoreOptions
  let backend: (any ComputeBackend)?
  let workspace: RestoreWorkspace?
  let cancellation: Cancellation
  let progress: ProgressHandler?
  private let start = Clock.now()

  init(
    source: CancellableSource, path: String, ancestors: (any AncestorSource)?, isQuick: Bool, options: RestoreOptions,
    backend: (any ComputeBackend)?,
    workspace: RestoreWorkspace?, cancellation: Cancellation, progress: ProgressHandler?
  ) {
    self.source = source
    self.path = path
    self.ancestors = ancestors
    self.isQuick = isQuick
    self.options = options
    self.backend = backend
    self.workspace = workspace
    self.cancellation = cancellation
    self.progress = progress
  }

  // MARK: Containers

  /// An open `.hwp`. Quick: all frames against their hashes. Else each payload frame is proved with its chunk, so that it is
  /// read once.
  func check(_ reader: ContainerReader) throws(HoloError) -> Verification.Outcome {
    let frames = isQuick ? try storedFrames(reader) : reader.verifyIndexFrames()
    try cancellation.check()
    let (container, indexProblems) = try openIndex(of: reader)
    // A damaged segment: what the index says of it tells more than its hash does.
    let known = Set(indexProblems.compactMap(\.offset))
    var problems = indexProblems + located(frames, in: container).filter { $0.offset.map(known.contains) != true }
    try cancellation.check()
    guard !isQuick else {
      let ancestors = try ancestorProblems(container, of: reader)
      try cancellation.check()
      return outcome(
        of: container, problems + ancestors.problems, checkedByteCount: reader.source.byteCount + ancestors.byteCount)
    }
    let (found, backend) = try chunkProblems(container)
    problems += found
    guard case .frames(let chunks) = container.chunks else {
      throw HoloError(.internal, "frames of a container without frames", place: .init(path: path))
    }
    do { problems += try reader.verifyUnreferencedFrames(chunks).map { Problem(HoloError($0), path: path) } } catch {
      throw HoloError(error)
    }
    try cancellation.check()
    return outcome(of: container, problems, backend: backend)
  }

  /// An open `.wave`, whose opening has proved everything but the regions' bytes and the zeros between them.
  func check(_ reader: WaveReader) throws(HoloError) -> Verification.Outcome {
    let container = StoredContainer(reader)
    let outside = reader.verifyOutside { _ in !cancellation.isCancelled }.map { Problem(HoloError($0), path: path) }
    try cancellation.check()
    let (found, backend) = try chunkProblems(container)
    return outcome(
      of: container, outside + found, checkedByteCount: isQuick ? reader.source.byteCount : nil, backend: backend)
  }

  /// A container that cannot be opened. What is left of it is decoded, quick or not: frames may have no other hash left.
  func salvage(after error: HoloError) throws(HoloError) -> Verification.Outcome {
    let problem = Problem(error, path: path)
    guard error.leavesSomethingToSalvage else {
      try cancellation.check()
      return Verification.Outcome(checkedByteCount: 0, problems: [problem])
    }
    let left = try? StoredContainer(salvaging: source, path: path, ancestors: ancestors)
    try cancellation.check()
    guard let left else {
      var problem = problem
      if error.code != .unsupportedVersion {
        problem.remedy = "no region of it can be had: use another snapshot"
      }
      return Verification.Outcome(checkedByteCount: 0, problems: [problem])
    }
    let (found, backend) = try chunkProblems(left)
    return outcome(of: left, [problem] + left.problems + found, backend: backend)
  }

  /// The index, and what is wrong with it.
  private func openIndex(of reader: ContainerReader) throws(HoloError) -> (StoredContainer, [Problem]) {
    var first: Problem
    do { return (try StoredContainer(reader), []) } catch { first = Problem(HoloError(error), path: path) }
    let left = StoredContainer(intactPartsOf: reader)
    try cancellation.check()
    let isSame = { (other: Problem) in
      other.offset == first.offset && other.region.map { Array($0.utf8) } == first.region.map { Array($0.utf8) }
    }
    if let same = left.problems.first(where: isSame) { first.message = same.message }
    return (left, [first] + left.problems.filter { !isSame($0) })
  }

  // MARK: Bytes

  /// Every frame's stored bytes against the frame table, shared among workers.
  private func storedFrames(_ reader: ContainerReader) throws(HoloError) -> [FormatError] {
    let frameCount = UInt32(reader.frames.count)
    let last = reader.frames.extent(of: frameCount - 1)
    let total = last.offset + UInt64(last.byteCount)
    let workers = max(1, min(options.workers ?? PipelinePlan.processorCount, Int(frameCount)))
    let group = WorkerGroup()
    let found = Monitor<[FormatError]>([])
    var failure: HoloError?
    group.run(
      workers, progress: { report($0, of: total) }, failed: { failure = HoloError($0) },
      work: { [cancellation] worker in
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
      let general = Problem(HoloError(error), path: path)
      guard let found = error.frame.flatMap({ stored[$0] }) else { return [general] }
      return found.map { region, chunk in
        var problem = general
        problem.region = chunks.regions[region].name
        problem.chunk = chunk
        return problem
      }
    }
  }

  /// Decodes every chunk and proves it.
  private func chunkProblems(
    _ container: StoredContainer
  ) throws(HoloError) -> (problems: [Problem], backend: BackendSummary) {
    let total = container.totals.byteCount
    let backend = if let backend { backend } else { try options.makeBackend(stateByteCount: total) }
    let workspace =
      if let workspace { workspace } else {
        try RestoreWorkspace(options: options, backend: backend, stateByteCount: total)
      }
    let problems = Mutex<[(region: Int, problem: Problem)]>([])
    let roots = ContentRoots(container.regions)
    // What is missing is missing of many chunks: it is told once for each region.
    let missing = Mutex<Set<[String]>>([])
    let pipeline = DecodePipeline(
      regions: container.regions, container: container, workspace: workspace, checksFrames: true,
      cancellation: cancellation,
      delivery: { [path] (plans, outcomes, output, _) throws(HoloError) in
        for (plan, outcome) in zip(plans, outcomes) {
          if case .sound(let offset) = outcome {
            roots.append(plan, UnsafeRawBufferPointer(rebasing: output[offset..<(offset + plan.byteCount)]))
          }
          guard let problem = Problem(outcome, of: plan, in: container.regions[plan.region], path: path) else {
            continue
          }
          if case .unavailable = outcome,
            !missing.withLock({ $0.insert([problem.region ?? "", problem.message]).inserted })
          {
            continue
          }
          problems.withLock { $0.append((plan.region, problem)) }
        }
      })
    try pipeline.run { report($0, of: total) }
    let damaged = Set(problems.withLock { $0.map(\.region) })
    let wrongRoots = container.regions.indices.compactMap { region in
      damaged.contains(region) ? nil : roots.problem(ofRegion: region, path: path).map { (region, $0) }
    }
    let found = (problems.withLock { $0 } + wrongRoots).sorted {
      ($0.region, $0.problem.chunk ?? 0) < ($1.region, $1.problem.chunk ?? 0)
    }
    return (found.map(\.problem), backend.summary)
  }

  private func report(_ done: UInt64, of total: UInt64) {
    progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
  }
}
