import ArgumentParser
import HoloEngine

struct VerifyCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check snapshots down to every chunk.",
    discussion: """
      Reads and decodes everything and checks each chunk's checksum. With --quick only what is stored is checked: the \
      structure, and the checksum of every stored frame. Damage ends with exit code 65, and each damaged file, region, \
      chunk and byte range is named on standard error.

      Example:
        holosnap verify latest --quick

      JSON: ok, checkedBytes, problems[] (path, region, chunk, offset, length, kind, message, remedy), snapshotCount, quick, \
      seconds, backend, device, warnings[].
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
    for problem in report.problems { console.complain(problem.error.message(withRemedy: true)) }
    try console.report(report.json(isQuick: quick)) { report.text(on: $0, isVerbose: console.isVerbose) }
    return report.isSound ? .success : .damaged
  }
}
