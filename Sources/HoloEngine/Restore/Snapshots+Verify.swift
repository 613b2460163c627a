import HoloCompute
import HoloFormat
import HoloStore
import HoloSystem

extension Snapshots {
  /// Checks containers. A file that cannot be read is a problem among others: the rest are checked all the same.
  ///
  /// - Parameter snapshots: none: every container of the store.
  package func verify(
    snapshots: [SnapshotReference], store: String, quick: Bool, options: RestoreOptions = RestoreOptions(),
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> VerificationReport {
    try PipelinePlan.check(memoryLimit: options.memoryLimit)
    let start = Clock.now()
    var entries: [StoreEntry] = []
    var paths: [String] = []
    if snapshots.isEmpty {
      do { entries = try SnapshotStore(path: store, syscalls: syscalls).entries() } catch {
        throw HoloError(wrapping: error)
      }
      paths = entries.map(\.path)
    } else {
      for snapshot in snapshots { paths.append(try resolve(snapshot).path) }
    }
    guard !paths.isEmpty else {
      throw HoloError(
        .noInput, "the store has no snapshot", place: .init(path: store),
        remedy: "name one with --store or HOLOSNAP_STORE")
    }
    var report = VerificationReport(
      checkedByteCount: 0, containerCount: paths.count, problems: [], findings: [], seconds: 0, backend: nil)
    // Whose problem each is: what is wrong may stand in another file.
    var owners: [String] = []
    var share = ProgressShare(progress, of: paths, syscalls: syscalls, start: start)
    for path in paths {
      try cancellation.check()
      let progress = share.next()
      let source: FileSource
      do { source = try openFile(path) } catch {
        report.problems.append(Problem(error, path: path))
        owners.append(path)
        continue
      }
      let outcome = try Verification(options: options).run(
        source, path: path, ancestors: ancestors(of: path, store: store, cancellation: cancellation), quick: quick,
        cancellation: cancellation, progress: progress)
      report.checkedByteCount += outcome.checkedByteCount
      report.problems += outcome.problems
      owners += outcome.problems.map { _ in path }
      if let findings = outcome.findings { report.findings.append(findings) }
      report.backend = outcome.backend ?? report.backend
    }
    report.nameSoundSnapshots(of: entries, owners: owners)
    report.seconds = Clock.seconds(since: start)
    return report
  }
}

extension Snapshots {
  /// Checks one snapshot with a backend that is there.
  ///
  /// - Returns: also its path.
  package func verify(
    _ snapshot: SnapshotReference, quick: Bool, options: RestoreOptions, backend: any ComputeBackend,
    workspace: RestoreWorkspace, cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> (outcome: Verification.Outcome, path: String) {
    let path = try resolve(snapshot).path
    let source = try openFile(path)
    let ancestors = ancestors(of: path, store: snapshot.store, cancellation: cancellation)
    let outcome = try Verification(options: options).run(
      source, path: path, ancestors: ancestors, quick: quick, backend: backend, workspace: workspace,
      cancellation: cancellation, progress: progress)
    return (outcome, path)
  }
}

extension VerificationReport {
  /// Adds to the remedies the newest sound snapshot of the same series, where the store has one.
  ///
  /// - Parameters:
  ///   - entries: of the store, newest first; all were checked.
  ///   - owners: of each problem, the snapshot in which it was found.
  fileprivate mutating func nameSoundSnapshots(of entries: [StoreEntry], owners: [String]) {
    let damaged = Set(owners)
    for (index, owner) in owners.enumerated() {
      let series = entries.first { $0.path == owner }?.snapshot?.summary.series
      guard let series, let remedy = problems[index].remedy,
        let sound = entries.first(where: {
          !damaged.contains($0.path) && $0.snapshot?.summary.series.utf8.elementsEqual(series.utf8) == true
        })
      else { continue }
      problems[index].remedy = remedy + "; \(sound.path.shellQuoted) is a sound snapshot of the same series"
    }
  }
}

/// Makes the progress of several containers one: each counts as much as its file's bytes.
private struct ProgressShare {
  private let handler: ProgressHandler?
  private let start: UInt64
  /// Of the containers that are still to come; none where there is nothing to share.
  private var byteCounts: [UInt64].Iterator
  private let total: UInt64
  private var done: UInt64 = 0

  init(_ handler: ProgressHandler?, of paths: [String], syscalls: Syscalls, start: UInt64) {
    self.handler = handler
    self.start = start
    // A file that cannot be looked at is reported when it is its turn.
    let byteCounts =
      handler == nil || paths.count == 1
      ? [] : paths.map { UInt64(clamping: (try? syscalls.status($0).byteCount) ?? 0) }
    total = byteCounts.saturatingSum()
    self.byteCounts = byteCounts.makeIterator()
  }

  /// The handler for the next container; one that is alone keeps its own.
  mutating func next() -> ProgressHandler? {
    guard let handler, let own = byteCounts.next() else { return handler }
    let (done, total, start) = (done, total, start)
    self.done = [done, own].saturatingSum()
    return { progress in
      let fraction =
        progress.totalByteCount > 0
        ? min(1, Double(progress.doneByteCount) / Double(progress.totalByteCount)) : 1
      handler(
        Progress(
          doneByteCount: min(total, done &+ UInt64(Double(own) * fraction)), totalByteCount: total,
          seconds: Clock.seconds(since: start)))
    }
  }
}
