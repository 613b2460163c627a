import ArgumentParser
import HoloEngine
import HoloReports

struct GenerateCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write a realistic state to try things on.",
    usage: "holosnap generate [<options>] <dir>",
    discussion: """
      The same bytes for the same profile, size and seed, on every machine. Profiles: field3d is a grid of complex numbers \
      that hold documents as byte/255.0, hrr a matrix of complex superpositions, phasor unit phasors, wavefield a smooth \
      field of waves, mixed something of each and small files of many kinds. Where the disk has not so much space, nothing \
      is written (exit code 73).

      Example:
        holosnap generate state --size 1GiB --profile hrr

      JSON: path, profile, seed, fileCount, rawBytes.
      """)

  @Argument(help: "The directory to write to. It must be empty or not exist.")
  var dir: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How large the state is, roughly (default: 256MiB).", valueName: "size"),
    transform: ByteSize.parsePositive)
  var size: ByteSize?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What the random numbers begin with.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("What the state is like.", valueName: "name"))
  var profile = StateGenerator.Profile.mixed

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if dir.isEmpty { throw ValidationError("the DIR is empty") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let size = size ?? .usualState
    let generator = StateGenerator(profile: profile, byteCount: UInt64(size.byteCount), seed: seed)
    console.status("generating \(Quantity.bytes(UInt64(size.byteCount)))")
    let report = try interruptible { (cancellation) throws(HoloError) in
      try generator.write(to: dir, cancellation: cancellation)
    } lasting: { _ in
      "the state is there, in \(dir)"
    }
    let json: JSON = [
      "path": JSON(dir),
      "profile": JSON(profile.rawValue),
      "seed": JSON(seed),
      "fileCount": JSON(report.fileCount),
      "rawBytes": JSON(report.byteCount),
    ]
    try console.report(json) { stream in
      let title = Style.strong.apply(to: dir.printable, on: stream)
      let state = "\(Quantity.count(report.fileCount, "file")), \(Quantity.bytes(report.byteCount))"
      return "generated \(title)\n"
        + Table.facts(["state": state, "profile": "\(profile.rawValue), seed \(seed)"], on: stream)
    }
    return .success
  }
}

extension StateGenerator.Profile: ExpressibleByArgument {}
