import HoloCompute
import HoloFormat
import HoloModel

extension VerificationRun {
  /// Adds the names that no restore takes, and says of all problems what can be done.
  ///
  /// - Parameters:
  ///   - problems: of bytes and index.
  ///   - checkedByteCount: nil: the state's.
  func outcome(
    of container: StoredContainer, _ problems: [Problem], checkedByteCount: UInt64? = nil,
    backend: BackendSummary? = nil
  ) -> Verification.Outcome {
    let refusals = FileTree.refusals(of: container.regions, directories: container.directories, path: path)
    var outcome = Verification.Outcome(
      checkedByteCount: checkedByteCount ?? container.totals.byteCount, problems: problems, backend: backend)
    guard !problems.isEmpty || !refusals.isEmpty else { return outcome }
    let findings = findings(of: container, problems)
    let remedy = remedy(for: findings, hasRefusals: !refusals.isEmpty)
    for index in outcome.problems.indices { outcome.problems[index].remedy = remedy }
    outcome.problems += refusals.map { Problem($0, path: path) }
    outcome.findings = findings
    return outcome
  }

  private func findings(of container: StoredContainer, _ problems: [Problem]) -> ContainerFindings {
    // Bytes: two names that differ may be equal as `String`.
    var known: Set<[UInt8]> = []
    let damaged = problems.compactMap(\.region).filter { known.insert(Array($0.utf8)).inserted }
    let whole = container.regions.map(\.descriptor.name).filter { !known.contains(Array($0.utf8)) }
    return ContainerFindings(
      path: path, wholeRegions: whole, damagedRegions: damaged, hasLostRegions: container.hasLostRegions)
  }

  /// The command that brings back what is whole.
  private func remedy(for findings: ContainerFindings, hasRefusals: Bool) -> String {
    let command = Problem.restoreCommand(path)
    let count = findings.wholeRegions.count
    if count == 0 { return "no region of it is whole: use another snapshot" }
    if hasRefusals { return "`\(command) --region NAME` brings back a region that is whole" }
    if findings.damagedRegions.isEmpty && !findings.hasLostRegions {
      return "every region is whole: `\(command) --region '**'` brings them back"
    }
    let regions = count == 1 ? "the one region that is" : "the \(count) regions that are"
    return "`\(command) --region '**'` brings back \(regions) whole"
  }
}
