import ArgumentParser
import HoloEngine
import HoloFormat
import HoloReports
import HoloSystem

struct CreateCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Capture a state as a snapshot.",
    discussion: """
      A STATE is a directory (each file in it becomes a region, named by its relative path) or a file. `.npy` files, \
      legacy WAVEV001 files (.hwp, .wave) and the suffixes .f32 .f64 .c64 .c128 .u8 and so on give a region its element type \
      and shape; anything else is bytes. Of a `.safetensors` file each tensor is a region of its own, FILE/TENSOR, and of an \
      `.npz` file each array that is stored uncompressed, FILE/ARRAY; the region FILE holds what stands between them, and a \
      restore puts the file together again. Files below index/, config/ or configuration/, stats/ or statistics/, meta/ or \
      metadata/ get that component, all others are memory. Modes, times and empty directories are kept; symbolic links, \
      special files and files that do not tell their size (/proc) are reported and left out. A malformed legacy file is \
      taken as bytes, and reported.

      Each file is read once. One that changes meanwhile is read again once (not so a file of several regions); if it goes on \
      changing, the command ends with exit code 75, unless --allow-changing is given.

      Regions that no --quantize names come back byte for byte.

      Example:
        holosnap create state --store /var/lib/holosnap --reason scheduled
        holosnap create state --quantize 'fields/**=rel:1e-4'

      JSON: id, path, type, series, reason, parent, stateRoot, rawBytes, storedBytes, seconds, backend, device, \
      deviceReason, priority, host, created, formatVersion, pause (of a program's memory: mode, nanoseconds, copiedBytes, \
      stagingBytes) or null, notices[], warnings[], regions[] (name, component, elementType, \
      shape, bytes, storedBytes, blake3, quantization or null, changedBytes, headerBytes, tailBytes, changedWhileRead, \
      chunking (grid or content), blobVersion or null, member (host, offset) or null). A quantization has: mode, bound, \
      absoluteBound (null where it differs from value to value), \
      maxError, rmsError (null of phase), psnr, keptExactly, rawBlake3. Errors are differences of numbers, of l2 of one component; \
      of pw they are relative; of phase the largest is |z − z′|.
      """)

  @Argument(help: "A directory or a file to capture.")
  var state: [String]

  @OptionGroup var store: StoreOption

  @Option(
    name: [.short, .long], help: ArgumentHelp("Write the snapshot to this file instead of a store.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "hwp (compressed) or wave (an uncompressed sound file); by default what the output's name ends with, else hwp.",
      valueName: "name"))
  var format: ContainerFormat?

  @Option(
    help: ArgumentHelp(
      "full, incremental (what has changed since the newest snapshot of the series) or differential (since its newest full one).",
      valueName: "name"))
  var type = SnapshotType.full

  @Option(
    help: ArgumentHelp(
      "The snapshot that one which is not full is relative to, instead of the series' newest.", valueName: "snapshot"))
  var base: String?

  @Option(
    help: ArgumentHelp("The series that the snapshot belongs to (default: the first STATE's name).", valueName: "name"))
  var series: String?

  @Option(help: ArgumentHelp("Why the snapshot is taken.", valueName: "reason"))
  var reason = CaptureReason.manual

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A whole number that says how dear the snapshot is; it is recorded.", valueName: "number"))
  var priority = 0

  @Flag(help: "Take a file that keeps changing as it was read, and record that.")
  var allowChanging = false

  @Option(
    help: ArgumentHelp(
      """
      Store the regions that GLOB matches within a bound, never worse: abs:E (every value within E), rel:E (within E times the \
      region's range; rel:E,clip:V keeps values beyond V as they are), pw:E (within E times the value), l2:E (complex, within E), \
      phase:B (complex, 2^B phases), phase:B,amp:E, or exact. Can be given several times; the last that matches a region counts. Goes \
      with .hwp.
      """, valueName: "glob=mode"))
  var quantize: [String] = []

  @OptionGroup var coding: CodingOptions

  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if state.contains("") { throw ValidationError("a STATE is empty") }
    if base?.isEmpty == true { throw ValidationError("--base names no snapshot") }
    if base != nil, type == .full {
      throw ValidationError("a full snapshot has no base: leave out --base, or ask for --type incremental")
    }
    if type != .full, let output, !output.hasSuffix(ContainerFormat.hwp.fileExtension) {
      throw ValidationError("--output \(output): others are taken over it by names that end in .hwp")
    }
    if type != .full, chosenFormat != .hwp {
      throw ValidationError("a \(chosenFormat.rawValue) file holds a whole state: leave out --type, or write a .hwp")
    }
    if series?.isEmpty == true { throw ValidationError("--series names no series") }
    if series?.hasCarriedBytes == true { throw ValidationError("--series is not UTF-8: give a name that is") }
    // Integers of the summary are below 2⁵³, so that every JSON parser reads them (HWP-Format.md, section 8).
    if priority.magnitude >= 1 << 53 { throw ValidationError("--priority \(priority) is too large") }
    try coding.check(for: chosenFormat.rawValue)
    if !quantize.isEmpty, chosenFormat != .hwp {
      throw ValidationError(
        "a \(chosenFormat.rawValue) file holds numbers as they are: leave out --quantize, or write a .hwp")
    }
    if !quantize.isEmpty, coding.transform == TransformMode.none {
      throw ValidationError("--quantize and --transform none contradict each other")
    }
    guard let output else { return }
    if output == "-" { throw ValidationError(StandardStream.noFileName) }
    if output.isEmpty { throw ValidationError("--output names no file") }
    if store.given != nil { throw ValidationError("--store and --output contradict each other") }
    for other in ContainerFormat.allCases where output.hasSuffix(other.fileExtension) && other != chosenFormat {
      throw ValidationError("--output \(output) and --format \(chosenFormat.rawValue) contradict each other")
    }
  }

  private var chosenFormat: ContainerFormat {
    format ?? (output?.hasSuffix(ContainerFormat.wave.fileExtension) == true ? .wave : .hwp)
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    var options = CaptureOptions(coding, backend, memory)
    options.type = type
    options.base = base
    options.series = series
    options.reason = reason
    options.priority = priority
    options.allowChanging = allowChanging
    options.quantization = try QuantizationRules(quantize.map(\.showingCarriedBytes))

    let report = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().create(
        states: state, destination: output.map { .file(path: $0) } ?? .store(path: store.path), format: chosenFormat,
        options: options, baseStore: store.path, cancellation: cancellation,
        progress: console.progress("create", preparation: backend.preparation))
    } lasting: { report in
      report.path.map { "the snapshot is there, \($0)" }
    }
    console.tell(notices: report.notices, backend: report.backend)
    try console.report(report.json) { report.text(on: $0, isVerbose: console.isVerbose) }
    return .success
  }
}

extension ContainerFormat: ExpressibleByArgument {}
extension CaptureReason: ExpressibleByArgument {}
extension SnapshotType: ExpressibleByArgument {}
