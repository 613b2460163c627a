import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// Proves a container: quick, every stored byte against its hash; fully, also every chunk against its chaining value and
/// every region against its root. A `.wave` has no other hashes than those: there both are one.
package struct Verification {
  private let options: RestoreOptions

  package init(options: RestoreOptions) { self.options = options }

  package struct Outcome: Sendable {
    package var checkedByteCount: UInt64
    package var problems: [Problem]
    /// Nil where nothing is wrong, and where nothing could be checked.
    package var findings: ContainerFindings?
    package var backend: BackendSummary?
    /// Nil where the container cannot be opened.
    package var snapshotID: Digest256?
  }

  package func run(
    _ source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil, quick: Bool,
    backend: (any ComputeBackend)? = nil,
    workspace: RestoreWorkspace? = nil, cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> Outcome {
    let source = CancellableSource(source, path: path, cancellation: cancellation)
    let run = VerificationRun(
      source: source, path: path, ancestors: ancestors, isQuick: quick, options: options, backend: backend,
      workspace: workspace,
      cancellation: cancellation, progress: progress)
    let opened: OpenedContainer
    do { opened = try OpenedContainer.open(source, path: path, ancestors: ancestors) } catch {
      return try run.salvage(after: HoloError(error))
    }
    var outcome =
      switch opened {
      case .hwp(let reader): try run.check(reader)
      case .wave(let reader): try run.check(reader)
      }
    outcome.snapshotID = opened.snapshotID
    return outcome
  }
}
