import ArgumentParser
import HoloEngine
import HoloModel
import HoloReports
import HoloSystem

struct AdviseCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Try quantization on samples of a state, and show size against error.",
    discussion: """
      Of each region of floating-point numbers, chunks from all over it are captured to nowhere: exactly, and within each bound. \
      The table shows what is stored of the sample, how many times smaller that is, the largest error, the signal-to-noise \
      ratio and how many values were kept exactly. Nothing is written but the plot that is asked for. A bound of rel:E is taken of \
      the sample's range, which may be smaller than the region's.

      Example:
        holosnap advise state --region 'fields/**' --mode rel:1e-3

      JSON: regions[] (name, elementType, shape, bytes, sampleBytes, trials[] (mode or null, storedBytes, ratio, quantization \
      as of create)), backend, device, notices[], warnings[].
      """)

  @Argument(help: "A directory or a file, as for create.")
  var state: [String]

  @Option(
    name: .customLong("region"),
    help: ArgumentHelp("Try the regions that match (default: all of floating-point numbers).", valueName: "glob"))
  var regions: [String] = []

  @Option(
    name: .customLong("mode"),
    help: ArgumentHelp(
      "Try this mode of create's --quantize on the regions that can take it; may be repeated (default: rel, pw and phase, each with"
        + " several bounds).", valueName: "mode"))
  var modes: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much of a region is tried at most (default: 4MiB).", valueName: "size"),
    transform: ByteSize.parsePositive)
  var sample: ByteSize?

  @Option(help: ArgumentHelp("Draw ratio over error as an SVG picture in this new file.", valueName: "file"))
  var plot: String?

  @OptionGroup var coding: CodingOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: AnswerOptions

  func validate() throws {
    if state.contains("") { throw ValidationError("a STATE is empty") }
    if plot?.isEmpty == true { throw ValidationError("--plot names no file") }
    if coding.transform == TransformMode.none { throw ValidationError("quantized chunks are always transformed") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = CaptureOptions(coding, backend, memory)
    var chosen: [QuantizationMode] = []
    for text in modes {
      do { chosen.append(try QuantizationMode(text: text)) } catch {
        throw HoloError(.usage, "--mode \(text): \(error.reason)", remedy: "`holosnap help create` tells the modes")
      }
    }
    let advice = try interruptible { (cancellation) throws(HoloError) in
      let advice = try Snapshots().advise(
        states: state, globs: regions.map(\.showingCarriedBytes), modes: chosen,
        sampleByteCount: sample?.byteCount ?? 4 << 20, options: options, cancellation: cancellation,
        progress: console.progress("advise", preparation: backend.preparation))
      if let plot { try Snapshots().write(AdvicePlot(advice).svg, toNewFile: plot) }
      return advice
    }
    console.tell(notices: advice.notices, backend: advice.backend)
    try console.answer(advice.json) { advice.text(on: $0) }
    return .success
  }
}
