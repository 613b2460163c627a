import HoloFormat
import HoloModel

/// The regions and directories that a restore brings back, and the files that they make.
struct RestoreSelection {
  let regions: [StoredRegion]
  let directories: [DirectoryEntry]
  /// Of these regions.
  let files: HostedFiles
  /// What was asked for and cannot be had.
  let problems: [Problem]

  /// Everything in the container. Throws where a name is none for a file.
  init(allOf container: StoredContainer) throws(HoloError) {
    regions = container.regions
    directories = container.directories
    files = HostedFiles(regions.map(\.descriptor))
    problems = []
    try check(path: container.path)
  }

  /// What the patterns match. A host brings all its members; where its file cannot be put together, its members stay
  /// behind with it.
  init(_ globs: RegionGlobs, of container: StoredContainer) throws(HoloError) {
    let path = container.path
    let names = container.regions.map(\.descriptor.name)
    var isChosen = names.map(globs.matches)
    var problems = container.problems.filter { problem in problem.region.map(globs.matches) ?? true }
    let all = HostedFiles(container.regions.map(\.descriptor))
    for file in all.files.values where isChosen[file.host] {
      for member in file.members { isChosen[member] = true }
    }
    for flaw in all.flaws where isChosen[flaw.region] && flaw.isOfHost {
      for region in [flaw.region] + flaw.members { isChosen[region] = false }
      let message = flaw.message { names[$0].shortened }
      problems.append(Problem.lostFile(names[flaw.region], message, path: path))
    }
    self.problems = problems
    regions = zip(container.regions, isChosen).compactMap { region, isChosen in isChosen ? region : nil }
    directories = container.directories.filter { globs.matches($0.name) }
    files = HostedFiles(regions.map(\.descriptor))
    try check(path: path)
  }

  private func check(path: String) throws(HoloError) {
    if let refusal = FileTree.refusals(of: regions, directories: directories, path: path).first { throw refusal }
  }

  /// What became of the regions, without those of files that could not be put together.
  func settled(_ outcome: Restore.Outcome, lost: [AssembledFile], path: String) -> Restore.Outcome {
    guard !lost.isEmpty else { return outcome }
    let gone = Set(lost.flatMap(\.regions))
    var outcome = outcome
    outcome.complete.removeAll { gone.contains($0) }
    outcome.byteCount = outcome.complete.map { regions[$0].descriptor.byteCount }.saturatingSum()
    for file in lost {
      guard let damaged = file.lost, damaged != file.host else { continue }
      let name = regions[damaged].descriptor.name.shortened
      outcome.problems.append(
        Problem.lostFile(
          regions[file.host].descriptor.name, "the file cannot be put together: its member \(name) is damaged",
          path: path))
    }
    return outcome
  }
}

extension HostedFiles {
  /// Hosts of the files that do not come back where some regions are damaged, with their members.
  func lost(where isDamaged: (_ region: Int) -> Bool) -> [(host: Int, members: [Int])] {
    let damaged = files.values.filter { isDamaged($0.host) || $0.members.contains(where: isDamaged) }
    let all = flaws.filter(\.isOfHost).map { ($0.region, $0.members) } + damaged.map { ($0.host, $0.members) }
    return all.sorted { $0.0 < $1.0 }
  }
}

extension HostedFiles.Flaw {
  fileprivate var isOfHost: Bool { if case .noHost = kind { false } else { true } }
}

extension Problem {
  /// A file of many regions that does not come back, and how its members can be had.
  fileprivate static func lostFile(_ host: String, _ message: String, path: String) -> Problem {
    Problem(
      path: path, region: host, code: .damaged, message: message,
      remedy: "`\(restoreCommand(path, membersOf: host))` brings back the members that are whole, each as a file")
  }

  /// The command that brings the members of a file back, each by itself.
  static func restoreCommand(_ path: String, membersOf host: String) -> String {
    "\(restoreCommand(path)) --region \((RegionGlobs.pattern(of: host) + "/**").shellQuoted)"
  }
}
