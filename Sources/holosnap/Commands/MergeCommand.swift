import ArgumentParser
import HoloEngine
import HoloReports
import HoloSystem

struct MergeCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Write a snapshot anew that needs no other.",
    discussion: """
      Brings the state of an incremental or differential snapshot together, out of the containers that have it, in a full snapshot \
      of its own: the same regions, the same state root, the same series, reason, host, priority and time. The live state is not \
      needed, and nothing that is there is changed. Every chunk is checked on the way; at the first damage the command ends with exit \
      code 65, and no file appears.

      Example:
        holosnap merge latest:engine

      JSON: as of convert.
      """)

  @OptionGroup var snapshot: SnapshotArgument

  @OptionGroup var store: StoreOption

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write the snapshot to this file instead of the store.", valueName: "file"))
  var output: String?

  @OptionGroup var coding: CodingOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if output == "-" { throw ValidationError(StandardStream.noFileName) }
    if output?.isEmpty == true { throw ValidationError("--output names no file") }
    if output?.hasSuffix(".wave") == true {
      throw ValidationError("merge writes a .hwp: `holosnap convert` makes a .wave of any snapshot")
    }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = CaptureOptions(coding, backend, memory)
    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().merge(
        snapshot.reference(in: store),
        to: output.map { .file(path: $0) } ?? .store(path: store.path), options: options, cancellation: cancellation,
        progress: console.progress("merge", preparation: backend.preparation))
    } lasting: { report in
      "the snapshot is there, \(report.path)"
    }
    console.tell(notices: report.notices, backend: report.backend)
    try console.report(report.json) { report.text(on: $0, title: "merged into") }
    return .success
  }
}
