import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

extension Snapshots {
  /// Writes a snapshot that needs no other: the same state, with the same root, out of the containers that have it. What it says of itself
  /// (series, reason, host, priority, time) stays the same. At the first damage nothing is written.
  package func merge(
    _ input: SnapshotReference, to destination: Destination, options: CaptureOptions,
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> ConvertReport {
    try PipelinePlan.check(memoryLimit: options.memoryLimit)
    let start = Clock.now()
    let resolved = try resolve(input)
    let container = try opened(resolved, store: input.store, cancellation: cancellation)
    guard let identity = container.identity, !identity.ancestors.isEmpty else {
      throw HoloError(
        .usage, "the snapshot needs no other: there is nothing to merge", place: .init(path: resolved.path))
    }
    let backend = try options.makeBackend(stateByteCount: container.totals.byteCount)
    let containerID = Digest128.random()
    let pending: PendingContainer
    do throws(StoreError) {
      pending =
        switch destination {
        case .store(let path):
          try SnapshotStore(path: path, syscalls: syscalls).begin(
            containerID: containerID, createdNanoseconds: identity.createdNanoseconds, creating: true)
        case .file(let path): try SnapshotStore.begin(outputPath: path, containerID: containerID, syscalls: syscalls)
        }
    } catch { throw HoloError(error) }
    return try publish(pending, of: resolved, start: start, cancellation: cancellation) { () throws(HoloError) in
      ConvertReport(
        try rewrite(
          container, as: .hwp, to: FileSink(pending.file), containerID: containerID, options: options, backend: backend,
          cancellation: cancellation, progress: progress),
        inputPath: resolved.path, path: "", format: .hwp, start: start)
    }
  }
}
