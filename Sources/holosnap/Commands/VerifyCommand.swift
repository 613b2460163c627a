import ArgumentParser
import HoloEngine
import HoloReports

struct VerifyCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check snapshots down to every chunk.",
    usage: "holosnap verify [<options>] [<snapshots> ...]",
    discussion: """
      Reads and decodes everything and checks each chunk's checksum. With --quick only what is stored is checked: the \
      structure, and the checksum of every stored frame (of a .wave, that is everything). Damage ends with exit code 65, \
      and each damaged file, region, chunk and byte range is named on standard error; standard output tells which regions \
      of a damaged snapshot are whole. A file that cannot be read ends with 77 or 74 where nothing else is damaged.

      Example:
        holosnap verify latest --quick

      JSON: ok, checkedBytes, problems[] (path, region, chunk, offset, length, kind, message, remedy), findings[] (of a \
      snapshot with problems: path, wholeRegions[], damagedRegions[], hasLostRegions), snapshotCount, quick, seconds, \
      backend, device, warnings[].
      """)

  @Argument(help: "Snapshots to check; without one, the whole store.")
  var snapshots: [String] = []

  @Flag(help: "Check the structure and the stored checksums, without decoding.")
  var quick = false

  @OptionGroup var store: StoreOption
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if snapshots.contains("") { throw ValidationError("a SNAPSHOT is empty") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = RestoreOptions(backend, memory)

    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().verify(
        snapshots: snapshots.map { SnapshotReference($0, store: store.path) }, store: store.path, quick: quick,
        options: options, cancellation: cancellation,
        progress: console.progress("verify", preparation: quick ? nil : backend.preparation))
    }
    console.tell(notices: [], backend: report.backend)
    for (index, problem) in report.problems.enumerated() {
      // What can be done is the same for all of one container's damage: said once, at its end.
      let next = report.problems.indices.contains(index + 1) ? report.problems[index + 1] : nil
      let isLast = next?.path != problem.path || next?.remedy != problem.remedy
      console.complain(problem.error.message(withRemedy: isLast))
    }
    try console.report(report.json(isQuick: quick)) { report.text(on: $0, isVerbose: console.isVerbose) }
    return ExitCode(report.problems.exitStatus)
  }
}
