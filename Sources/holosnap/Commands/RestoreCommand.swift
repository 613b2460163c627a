import ArgumentParser
import HoloEngine
import HoloReports
import HoloSystem

struct RestoreCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring the files of a snapshot back, byte for byte, or within the bounds that it was captured with.",
    usage: "holosnap restore [<options>] <snapshot> <target>",
    discussion: """
      Every chunk is checked against its checksum, and all files are written, before the first of them appears: until then \
      no file of the target is touched, and an error or Ctrl-C leaves it as it was. The whole snapshot comes back or, at the \
      first damage (exit code 65), nothing. With --region each region that is whole comes back, even out of a file that has \
      lost its end; those that are damaged are named, and the command ends with exit code 65. Directories whose names match \
      come too, empty or not; a name without wildcards stands for all below it, \
      one with wildcards for itself. A file of several regions comes back whole, or not at all, where its own name matches; \
      where only names below it do, each of those is a file of its elements.

      Files and directories get their permissions and times. The set-user-id, set-group-id and sticky bits are never \
      restored; a directory keeps those that it has in the target. A TARGET that is created gets the permissions and time of \
      the directory that was captured; one that is there keeps its own.

      Example:
        holosnap restore latest:state /tmp/again --region 'index/**'

      JSON: ok, snapshot, target, directoryCount, rawBytes, seconds, backend, device, deviceReason, regions[] (name, component, elementType, \
      shape, bytes, blake3), problems[] (as of verify), notices[], warnings[].
      """)

  @OptionGroup var snapshot: SnapshotArgument

  @Argument(help: "The directory to write to. It must be empty or not exist, unless --overwrite is given.")
  var target: String

  @Option(
    name: .customLong("region"),
    help: ArgumentHelp(
      "Only the regions and directories whose names match: * within a directory, ** across, ?, […]. May be repeated.",
      valueName: "glob"
    ))
  var regions: [String] = []

  @Flag(help: "Write into a directory that is not empty, and replace files of the same names when all are written.")
  var overwrite = false

  @OptionGroup var store: StoreOption
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if target.isEmpty { throw ValidationError("the TARGET is empty") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    var options = RestoreOptions(backend, memory)
    options.regions = regions.map(\.showingCarriedBytes)
    options.overwrite = overwrite

    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().restore(
        snapshot: snapshot.reference(in: store), to: target, options: options,
        cancellation: cancellation, progress: console.progress("restore", preparation: backend.preparation))
    } lasting: { report in
      report.problems.isEmpty ? "the files are there, in \(target)" : nil
    }
    console.tell(notices: report.notices, backend: report.backend)
    for problem in report.problems { console.complain(problem.error.message(withRemedy: true)) }
    try console.report(report.json(target: target)) {
      report.text(target: target, on: $0, isVerbose: console.isVerbose)
    }
    return ExitCode(report.problems.exitStatus)
  }
}
