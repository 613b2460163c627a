import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// A snapshot that is being taken: its file is begun, and nothing is there for others until it is published. Used by one thread at a
/// time; abandoned with its last reference.
package final class PendingSnapshot {
  private let destination: Snapshots.Destination
  private let format: ContainerFormat
  private let options: CaptureOptions
  private let base: CaptureBase?
  private let baseStore: String
  private let syscalls: Syscalls
  private let containerID = Digest128.random()
  private let createdNanoseconds = Clock.nanosecondsSinceEpoch()
  private let container: PendingContainer

  /// Begins the file, and the store where there is none.
  ///
  /// - Parameters:
  ///   - base: what the snapshot is relative to, by the options' type.
  ///   - baseStore: where it was looked for.
  package init(
    in destination: Snapshots.Destination, format: ContainerFormat = .hwp, options: CaptureOptions,
    base: CaptureBase?, baseStore: String, syscalls: Syscalls = Syscalls()
  ) throws(HoloError) {
    self.destination = destination
    self.format = format
    self.options = options
    self.base = base
    self.baseStore = baseStore
    self.syscalls = syscalls
    do {
      container =
        switch destination {
        case .store(let path):
          try SnapshotStore(path: path, syscalls: syscalls).begin(
            containerID: containerID, createdNanoseconds: createdNanoseconds, format: format, creating: true)
        case .file(let path):
          try SnapshotStore.begin(outputPath: path, containerID: containerID, syscalls: syscalls)
        }
    } catch { throw HoloError(error) }
  }

  /// Writes the state; whatever fails, the snapshot is abandoned.
  ///
  /// - Parameter isRead: called when nothing of the state is read any more.
  package func write(
    _ state: StateDescription, backend: any ComputeBackend, workspace: CaptureWorkspace? = nil,
    tracker: (any ChangeTracker)? = nil, cancellation: Cancellation, progress: ProgressHandler?,
    isRead: () -> Void = {}
  ) throws(HoloError) -> CaptureReport {
    do {
      var report = try Capture(options: options, syscalls: syscalls).run(
        state, as: format, into: FileSink(container.file), containerID: containerID,
        createdNanoseconds: createdNanoseconds, base: base, tracker: tracker, backend: backend, workspace: workspace,
        cancellation: cancellation, progress: progress)
      isRead()
      try cancellation.check()
      if let base {
        try Snapshots(syscalls: syscalls).expectAncestors(report.ancestorIDs, of: base, store: baseStore)
        let place: String =
          switch destination {
          case .store(let path): path.path(of: "x")
          case .file(let path): path
          }
        report.notices += Snapshots(syscalls: syscalls).noticeOfAncestors(
          report.ancestorIDs, besides: place, base: base)
      }
      return report
    } catch {
      container.abandon()
      throw error
    }
  }

  /// Gives the file its name: it is there whole, or not at all. Too late to stop once that has begun.
  package func publish(_ report: CaptureReport) throws(HoloError) -> CaptureReport {
    var report = report
    if case .store(let path) = destination {
      report.notices += noticeOfNewer(
        series: report.summary.series, in: SnapshotStore(path: path, syscalls: syscalls))
    }
    do { report.path = try container.publish() } catch { throw HoloError(error) }
    if container.removedGarbageCount > 0 {
      report.notices.append(
        "removed \(container.removedGarbageCount.counted("unfinished container")) of captures that did not end")
    }
    return report
  }

  package func abandon() { container.abandon() }

  /// A clock that was set back: what is newest is told by the times that snapshots were taken at, as the clock had them.
  private func noticeOfNewer(series: String, in store: SnapshotStore) -> [String] {
    // A store that cannot be looked through is no reason not to publish.
    guard let newer = try? store.snapshot(of: series, after: createdNanoseconds),
      let time = newer.snapshot?.summary.created
    else { return [] }
    return [
      "\(newer.path) was taken at \(time), which is still to come by this machine's clock: `latest` names that one, not this"
    ]
  }
}
