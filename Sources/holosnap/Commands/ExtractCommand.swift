import ArgumentParser
import HoloEngine
import HoloReports
import HoloSystem

struct ExtractCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Write the bytes of one region, to a file or to standard output.",
    usage: "holosnap extract [<options>] <snapshot> <region>",
    discussion: """
      The region's elements alone: what stood before and after them in its file (the header of an .npy file, say) is left \
      out. Only the index and the region itself are read, and every chunk is checked against its checksum before it is \
      written; at the first damage the command ends with exit code 65, and no file appears.

      Example:
        holosnap extract latest memory/field.c128 | xxd | head -1

      JSON (with --output): ok, snapshot, path, region (name, component, elementType, shape, bytes, blake3), bytes, \
      seconds, backend, device, deviceReason, notices[], warnings[].
      """)

  @OptionGroup var snapshot: SnapshotArgument

  @Argument(help: "The region's name, as `holosnap inspect` shows it.")
  var region: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file to write; it must not exist (default: -, standard output).", valueName: "file"))
  var output: String?

  /// Nil: standard output.
  private var outputPath: String? { output == "-" ? nil : output }

  @OptionGroup var store: StoreOption
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if region.isEmpty { throw ValidationError("the REGION is empty") }
    if output?.isEmpty ?? false { throw ValidationError("the output's name is empty") }
    if outputPath == nil && common.json {
      throw ValidationError("with --json, standard output is the document's: name a file with --output")
    }
    if outputPath == nil && StandardStream.output.isTerminal {
      throw ValidationError("the region's bytes are not for a terminal: name a file with --output, or use a pipe")
    }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = RestoreOptions(backend, memory)

    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().extract(
        snapshot: snapshot.reference(in: store), region: region.showingCarriedBytes,
        to: outputPath.map { .file(path: $0) } ?? .standardOutput, options: options, cancellation: cancellation,
        progress: console.progress("extract", preparation: backend.preparation))
    } lasting: { report in
      report.path.map { "the file is there, \($0)" }
    }
    console.tell(notices: report.notices, backend: report.backend)
    guard report.path != nil else { return .success }
    try console.report(report.json) { report.text(on: $0) }
    return .success
  }
}
