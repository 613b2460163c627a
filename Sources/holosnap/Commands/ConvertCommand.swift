import ArgumentParser
import HoloEngine
import HoloFormat
import HoloReports
import HoloSystem

struct ConvertCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a snapshot anew in another format.",
    discussion: """
      Between .hwp, .wave and legacy WAVEV001 files, which are known by what they hold, not by their suffix. Every chunk is \
      checked on the way; at the first damage the command ends with exit code 65, and no file appears. Series, reason, host, \
      priority and time stay the snapshot's; so does the state root.

      Regions within a bound keep their codes and what is recorded of them in a .hwp; a .wave and a legacy file hold the \
      numbers that a restore returns, and do not tell.

      A legacy file holds one region of c128 (--region, where the snapshot has several). One that came from a legacy file \
      becomes that file again, to the byte.

      Example:
        holosnap convert current.hwp current.wave

      JSON: ok, input, path, format, regionCount, rawBytes, storedBytes, id, stateRoot, seconds, backend, device, \
      deviceReason, notices[], warnings[].
      """)

  @Argument(help: "A file, or in the store an id prefix, a file name, `latest` or `latest:SERIES`.")
  var input: String

  @Argument(help: "The file to write; it must not exist.")
  var output: String

  @Option(
    help: ArgumentHelp("hwp, wave or legacy; by default what the output's name ends with.", valueName: "name"))
  var format: ConversionFormat?

  @Option(help: ArgumentHelp("The region that a legacy file is to hold.", valueName: "name"))
  var region: String?

  @OptionGroup var coding: CodingOptions

  @OptionGroup var store: StoreOption
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if input.isEmpty { throw ValidationError("the input is empty") }
    if output.isEmpty { throw ValidationError("the output's name is empty") }
    if output == "-" { throw ValidationError(StandardStream.noFileName) }
    guard let chosen = chosenFormat else {
      throw ValidationError("--format is needed where the output's name ends with neither .hwp nor .wave")
    }
    try coding.check(for: chosen.rawValue)
    if region != nil && chosen != .legacy { throw ValidationError("--region goes with --format legacy") }
  }

  private var chosenFormat: ConversionFormat? {
    if let format { return format }
    return [ConversionFormat.hwp, .wave].first { output.hasSuffix(".\($0.rawValue)") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = CaptureOptions(coding, backend, memory)
    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().convert(
        SnapshotReference(input, store: store.path), to: output, as: chosenFormat ?? .hwp,
        region: region?.showingCarriedBytes,
        options: options, cancellation: cancellation,
        progress: console.progress("convert", preparation: backend.preparation))
    } lasting: { report in
      "the file is there, \(report.path)"
    }
    console.tell(notices: report.notices, backend: report.backend)
    try console.report(report.json) { report.text(on: $0) }
    return .success
  }
}

extension ConversionFormat: ExpressibleByArgument {}
