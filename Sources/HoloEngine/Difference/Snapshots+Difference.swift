import HoloFormat
import HoloModel

extension Snapshots {
  /// Compares two snapshots region by region, by name. Of regions whose bytes are the same nothing but the index is read.
  package func difference(
    from old: SnapshotReference, to new: SnapshotReference, options: RestoreOptions,
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> SnapshotDifference {
    let start = Clock.now()
    let first = try opened(resolve(old), store: old.store, cancellation: cancellation)
    let second = try opened(resolve(new), store: new.store, cancellation: cancellation)
    var olds: [[UInt8]: StoredRegion] = [:]
    for region in first.regions { olds[Array(region.descriptor.name.utf8)] = region }
    var differences: [RegionDifference] = []
    var pairs: [Comparison.Pair] = []
    var cutPairs: [Comparison.Pair] = []
    for region in second.regions {
      let other = olds.removeValue(forKey: Array(region.descriptor.name.utf8))
      differences.append(RegionDifference(old: other?.descriptor, new: region.descriptor))
      guard let other else { continue }
      let isSame =
        other.descriptor.root == region.descriptor.root && other.descriptor.byteCount == region.descriptor.byteCount
      guard !isSame else { continue }
      let pair = Comparison.Pair(index: differences.count - 1, old: other, new: region)
      let isCut = [other, region].contains { $0.descriptor.chunking == .content }
      if isCut { cutPairs.append(pair) } else { pairs.append(pair) }
    }
    for region in first.regions where olds[Array(region.descriptor.name.utf8)] != nil {
      differences.append(RegionDifference(old: region.descriptor, new: nil))
    }

    let total = pairs.map { max($0.old.descriptor.byteCount, $0.new.descriptor.byteCount) }.saturatingSum()
    let backend = try options.makeBackend(stateByteCount: total)
    let comparison = try Comparison(
      pairs, differences: differences, old: first, new: second, backend: backend,
      workers: max(1, options.workers ?? PipelinePlan.processorCount), cancellation: cancellation)
    var (found, problems) = try comparison.run { done in
      progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
    }
    let pieces = PieceComparison(backend: backend, cancellation: cancellation)
    for pair in cutPairs {
      do {
        found[pair.index].add(changedByteCount: try pieces.changedByteCount(pair, old: first, new: second))
      } catch {
        guard error.code != .cancelled else { throw error }
        found[pair.index].isIncomplete = true
        problems.append(Problem(error, path: second.path))
      }
    }
    return SnapshotDifference(
      regions: found, paths: (first.path, second.path), snapshotIDs: (first.snapshotID, second.snapshotID),
      isSameState: first.totals.stateRoot == second.totals.stateRoot, problems: problems,
      seconds: Clock.seconds(since: start), backend: backend.summary)
  }
}
