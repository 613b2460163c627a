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
    let remedy = remedy(for: findings, of: container, hasRefusals: !refusals.isEmpty)
    for index in outcome.problems.indices {
      let own = outcome.problems[index].code == .missingAncestor ? outcome.problems[index].remedy : nil
      outcome.problems[index].remedy = [own, remedy].compactMap { $0 }.joined(separator: "; ")
    }
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
  private func remedy(
    for findings: ContainerFindings, of container: StoredContainer, hasRefusals: Bool
  ) -> String {
    let command = Problem.restoreCommand(path)
    let count = findings.wholeRegions.count
    if count == 0 { return "no region of it is whole: use another snapshot" }
    if hasRefusals { return "`\(command) --region NAME` brings back a region that is whole" }
    if findings.damagedRegions.isEmpty && !findings.hasLostRegions {
      return "every region is whole: `\(command) --region '**'` brings them back"
    }
    let broken = BrokenFiles(of: container.regions.map(\.descriptor), damaged: findings.damagedRegions)
    let returned = count - broken.wholeRegionCount
    let regions = count == 1 ? "the one region that is" : "the \(count) regions that are"
    let all =
      returned == 0
      ? nil : "`\(command) --region '**'` brings back \(returned == count ? "" : "\(returned) of ")\(regions) whole"
    let members = broken.hostOfWholeMembers.map { host in
      "`\(Problem.restoreCommand(path, membersOf: host))` "
        + (all == nil ? "brings back the members that are whole" : "the members that are")
        + ", each as a file"
    }
    let remedies = [all, members].compactMap(\.self)
    return remedies.isEmpty ? "no file of it is whole: use another snapshot" : remedies.joined(separator: ", ")
  }
}

/// Files of many regions that cannot be put together.
private struct BrokenFiles {
  /// Of their regions, those that are whole: they come back by themselves only.
  private(set) var wholeRegionCount = 0
  /// The first one that has members which are whole.
  private(set) var hostOfWholeMembers: String?

  init(of regions: [RegionDescriptor], damaged: [String]) {
    let damaged = Set(damaged.map { Array($0.utf8) })
    func isWhole(_ region: Int) -> Bool { !damaged.contains(Array(regions[region].name.utf8)) }
    for (host, members) in HostedFiles(regions).lost(where: { !isWhole($0) }) {
      let whole = members.count(where: isWhole)
      wholeRegionCount += whole + (isWhole(host) ? 1 : 0)
      if whole > 0, hostOfWholeMembers == nil { hostOfWholeMembers = regions[host].name }
    }
  }
}
