import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

extension Snapshots {
  /// Writes the bytes of one region, without what stood before and after them in its file. Reads the container's index and
  /// that region's frames, nothing else; a region that is whole comes out of a damaged container, too.
  ///
  /// - Parameter name: to the byte, or as `inspect` shows it.
  package func extract(
    snapshot: SnapshotReference, region name: String, to destination: ExtractDestination, options: RestoreOptions,
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> ExtractReport {
    try PipelinePlan.check(memoryLimit: options.memoryLimit)
    let start = Clock.now()
    let resolved = try resolve(snapshot)
    var notices = resolved.notices
    let source = CancellableSource(try openFile(resolved.path), path: resolved.path, cancellation: cancellation)
    let container = try openOrSalvage(
      source, path: resolved.path, store: snapshot.store, &notices, cancellation: cancellation)
    let region = try Self.region(named: name, of: container)
    do {
      switch destination {
      case .standardOutput:
        var options = options
        options.workers = 1
        let backend = try options.makeBackend(stateByteCount: region.descriptor.byteCount)
        let target = OpenFileTarget(try syscalls.standardOutput(), order: .sequential)
        do {
          _ = try Restore(options: options).run(
            [region], of: container, into: target, stopsAtDamage: true, backend: backend, cancellation: cancellation,
            progress: progress)
        } catch {
          guard target.readerIsGone else { throw error }
        }
        return ExtractReport(
          snapshotPath: resolved.path, region: region.descriptor, path: nil, seconds: Clock.seconds(since: start),
          backend: backend.summary,
          notices: notices)
      case .file(let path):
        let pending = try SnapshotStore.begin(outputPath: path, containerID: .random(), syscalls: syscalls)
        do {
          let outcome = try Restore(options: options).run(
            [region], of: container, into: OpenFileTarget(pending.file, order: .anywhere(from: 0)), stopsAtDamage: true,
            cancellation: cancellation, progress: progress)
          try cancellation.check()
          return ExtractReport(
            snapshotPath: resolved.path, region: region.descriptor, path: try pending.publish(),
            seconds: Clock.seconds(since: start),
            backend: outcome.backend, notices: notices)
        } catch {
          pending.abandon()
          throw error
        }
      }
    } catch { throw HoloError(wrapping: error) }
  }

  /// - Parameter name: to the byte, or as `inspect` shows it.
  static func region(named name: String, of container: StoredContainer) throws(HoloError) -> StoredRegion {
    // A name with an escape of how names are shown is no name itself, so that the two never contradict each other.
    for name in [name, PrintableText.unescape(name)].compactMap({ $0 }) {
      if let region = container.regions.first(where: { $0.descriptor.name.utf8.elementsEqual(name.utf8) }) {
        return region
      }
      if let problem = container.problems.first(where: { $0.region?.utf8.elementsEqual(name.utf8) ?? false }) {
        throw HoloError(problem)
      }
    }
    let place = HoloError.Place(path: container.path, region: name)
    if container.hasLostRegions {
      throw HoloError(
        .damaged,
        "no region of that name is in what is left of the container: part of its index is lost, and the region may have"
          + " been there",
        place: place,
        remedy: "`holosnap verify \(container.path.shellQuoted)` tells which regions are whole; look for this one in"
          + " another snapshot")
    }
    throw HoloError(
      .noInput, "the snapshot has no region of that name", place: place, remedy: "`holosnap inspect` lists the names")
  }
}
