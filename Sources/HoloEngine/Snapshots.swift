import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// Names a snapshot: a path, or in a store an id prefix, a file name, `latest` or `latest:SERIES`.
package struct SnapshotReference: Sendable {
  package var text: String
  package var store: String

  package init(_ text: String, store: String) {
    self.text = text
    self.store = store
  }
}

/// The verbs, on files and stores: what the command line calls.
package struct Snapshots {
  /// Where a new snapshot goes.
  package enum Destination: Sendable {
    case store(path: String)
    case file(path: String)
  }

  let syscalls: Syscalls

  package init(syscalls: Syscalls = Syscalls()) { self.syscalls = syscalls }

  // MARK: Create

  /// Captures files and directories, and publishes the container: it is there whole, or not at all.
  ///
  /// - Parameter baseStore: where the base of one that is not full is looked for; nil: the store that it goes to.
  package func create(
    states: [String], destination: Destination, format: ContainerFormat = .hwp, options: CaptureOptions,
    baseStore: String? = nil, cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> CaptureReport {
    try PipelinePlan.check(
      memoryLimit: options.memoryLimit, quantizes: !options.quantization.isEmpty, hasBase: options.type != .full)
    if let series = options.series { try SeriesName.check(series) }
    do {
      // The store may lie inside the state: its own containers are no part of it.
      var store: [FileStatus.Identity] = []
      if case .store(let path) = destination, let status = try? syscalls.status(path) { store = [status.identity] }
      var state = try StateScan.describe(states, syscalls: syscalls, leavingOut: store)
      try options.quantization.apply(to: &state.regions)
      let lookup = if case .store(let path) = destination { path } else { baseStore ?? "" }
      let base = try base(
        for: options, series: options.series ?? state.series, store: lookup, notices: &state.notices,
        cancellation: cancellation)
      // A driver that ends the process while it builds the kernels leaves nothing behind.
      let backend = try options.makeBackend(stateByteCount: state.byteCount)
      let pending = try PendingSnapshot(
        in: destination, format: format, options: options, base: base, baseStore: lookup, syscalls: syscalls)
      let report = try pending.write(state, backend: backend, cancellation: cancellation, progress: progress)
      return try pending.publish(report)
    } catch { throw HoloError(wrapping: error) }
  }

  // MARK: Restore

  /// Brings a snapshot back as files below a directory.
  ///
  /// Everything: whole or not at all, and at the first damage nothing of it stays. With regions named: each that is whole
  /// comes back, also out of a container that has lost its end or part of its index; the others are in `problems`.
  /// Directories come by name, too. Either way files that are there are replaced at the end, when all that comes back is
  /// written and proved.
  package func restore(
    snapshot: SnapshotReference, to targetPath: String, options: RestoreOptions,
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> RestoreReport {
    try PipelinePlan.check(memoryLimit: options.memoryLimit)
    let start = Clock.now()
    let isPartial = !options.regions.isEmpty
    let patterns = try RegionGlobs(options.regions)
    let resolved = try resolve(snapshot)
    let path = resolved.path
    let source = CancellableSource(try openFile(path), path: path, cancellation: cancellation)
    var notices = resolved.notices
    let container =
      try isPartial
      ? openOrSalvage(source, path: path, store: snapshot.store, &notices, cancellation: cancellation)
      : opened(source, path: path, store: snapshot.store, cancellation: cancellation)
    let names = container.regions.map(\.descriptor.name) + container.directories.map(\.name)
    let globs = try patterns.readingShownNames(among: names + container.problems.compactMap(\.region))
    if isPartial {
      try globs.expectMatches(names, problems: container.problems, path: path)
      notices += globs.noticesOfBareDirectories(
        regions: container.regions.map(\.descriptor.name), directories: container.directories.map(\.name))
    }
    let selection =
      try isPartial ? RestoreSelection(globs, of: container) : RestoreSelection(allOf: container)
    let (regions, directories) = (selection.regions, selection.directories)
    // A driver that ends the process while it builds the kernels leaves nothing behind.
    let backend = try options.makeBackend(stateByteCount: regions.map(\.descriptor.byteCount).saturatingSum())
    let target = try RestoreTarget(
      path: targetPath, overwrite: options.overwrite, permissions: container.root?.permissions == nil ? 0o777 : 0o700,
      syscalls: syscalls)
    do {
      try target.begin(directories)
      let files = DirectoryTarget(target, regions: regions, files: selection.files)
      let restored = try Restore(options: options).run(
        regions, of: container, into: files, stopsAtDamage: !isPartial, backend: backend,
        cancellation: cancellation, progress: progress)
      let outcome = selection.settled(restored, lost: files.lostFiles, path: path)
      if isPartial { try target.removeEmptyDirectories(but: directories) }
      try target.finish(directories, root: container.root, cancellation: cancellation)
      if target.removedPartialCount > 0 {
        notices.append("removed \(target.removedPartialCount.counted("unfinished file")) of restores that did not end")
      }
      return RestoreReport(
        snapshotPath: path, regions: outcome.complete.map { regions[$0].descriptor },
        directoryCount: directories.count, byteCount: outcome.byteCount,
        seconds: Clock.seconds(since: start), backend: outcome.backend, problems: selection.problems + outcome.problems,
        notices: notices)
    } catch {
      let left = target.rollback()
      var failure = HoloError(wrapping: error)
      if failure.code == .damaged, !isPartial {
        failure.remedy =
          "nothing was restored; --region '**' brings back what is whole, and `holosnap verify` lists what is not"
      }
      let remarks = [failure.remedy].compactMap { $0 } + left
      failure.remedy = remarks.isEmpty ? nil : remarks.joined(separator: "; ")
      throw failure
    }
  }

  /// A container whose index is whole, and where its ancestors are.
  func opened(
    _ source: any RandomAccessSource, path: String, store: String, cancellation: Cancellation = Cancellation()
  ) throws(HoloError) -> StoredContainer {
    try StoredContainer(
      opening: source, path: path, ancestors: ancestors(of: path, store: store, cancellation: cancellation))
  }

  /// What a snapshot's name leads to, opened, and what the user should know of the choice.
  package func open(
    _ snapshot: SnapshotReference, cancellation: Cancellation = Cancellation()
  ) throws(HoloError) -> (container: StoredContainer, notices: [String]) {
    let resolved = try resolve(snapshot)
    return (try opened(resolved, store: snapshot.store, cancellation: cancellation), resolved.notices)
  }

  /// The same of what a snapshot's name leads to.
  func opened(
    _ resolved: ResolvedSnapshot, store: String, cancellation: Cancellation
  ) throws(HoloError) -> StoredContainer {
    let source = CancellableSource(try openFile(resolved.path), path: resolved.path, cancellation: cancellation)
    return try opened(source, path: resolved.path, store: store, cancellation: cancellation)
  }

  func openOrSalvage(
    _ source: any RandomAccessSource, path: String, store: String, _ notices: inout [String],
    cancellation: Cancellation
  ) throws(HoloError) -> StoredContainer {
    let ancestors = ancestors(of: path, store: store, cancellation: cancellation)
    do { return try StoredContainer(opening: source, path: path, ancestors: ancestors) } catch {
      guard error.leavesSomethingToSalvage else { throw error }
      let salvaged = try? StoredContainer(salvaging: source, path: path, ancestors: ancestors)
      try cancellation.check()
      guard let salvaged else { throw error }
      notices.append(
        "\(path) is damaged (\(error.message)): what is left of it has \(salvaged.regions.count.counted("region")) whole"
          + (salvaged.hasProvedAttributes ? "" : ", and nothing proves its directories, modes and times")
      )
      return salvaged
    }
  }

  // MARK: Look

  /// The containers of a store, newest first; damaged ones too.
  package func list(store: String) throws(HoloError) -> [SnapshotListing] {
    do {
      return try SnapshotStore(path: store, syscalls: syscalls).entries().map { entry in
        switch entry.content {
        case .snapshot(let snapshot):
          SnapshotListing(
            fileName: entry.fileName, path: entry.path, byteCount: entry.byteCount, snapshotID: snapshot.id.hexadecimal,
            summary: snapshot.summary, totals: snapshot.totals, problem: nil)
        case .damaged(let error):
          SnapshotListing(
            fileName: entry.fileName, path: entry.path, byteCount: entry.byteCount,
            problem: Problem(HoloError(error), path: entry.path))
        }
      }
    } catch { throw HoloError(wrapping: error) }
  }

  package func inspect(
    snapshot: SnapshotReference, cancellation: Cancellation = Cancellation()
  ) throws(HoloError) -> SnapshotDescription {
    let path = try resolve(snapshot).path
    let source = CancellableSource(try openFile(path), path: path, cancellation: cancellation)
    let container = try opened(source, path: path, store: snapshot.store, cancellation: cancellation)
    guard let identity = container.identity else {
      throw HoloError(.internal, "an opened container has no identity", place: .init(path: path))
    }
    var regions: [CaptureReport.Region] = []
    var counted: Set<UInt32> = []
    for region in container.regions {
      do {
        let (stored, changed) = try region.byteCounts(counted: &counted)
        // A full snapshot counts everything as changed, constant chunks too.
        regions.append(
          .init(
            descriptor: region.descriptor, storedByteCount: stored,
            changedByteCount: identity.summary.parent == nil ? region.descriptor.byteCount : changed))
      } catch { throw HoloError(error) }
    }
    return SnapshotDescription(
      path: path, snapshotID: identity.snapshotID.hexadecimal, format: container.format,
      formatVersion: "\(identity.majorVersion).\(identity.minorVersion)", summary: identity.summary,
      totals: container.totals, storedByteCount: source.byteCount, regions: regions,
      directories: container.directories, ancestors: identity.ancestors)
  }

  // MARK: Files

  func resolve(_ snapshot: SnapshotReference) throws(HoloError) -> ResolvedSnapshot {
    do { return try SnapshotStore(path: snapshot.store, syscalls: syscalls).resolve(snapshot.text) } catch {
      throw HoloError(wrapping: error)
    }
  }

  func openFile(_ path: String) throws(HoloError) -> FileSource {
    do {
      // Without waiting: the path may be a named pipe.
      let file = try syscalls.open(path, O_RDONLY | O_NONBLOCK)
      guard try file.status().kind == .file else {
        throw HoloError(.noInput, "not a regular file", place: .init(path: path))
      }
      return try FileSource(file)
    } catch { throw HoloError(wrapping: error) }
  }
}
