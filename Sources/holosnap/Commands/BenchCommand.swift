import ArgumentParser
import HoloEngine
import HoloReports
import HoloSystem

struct BenchCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the throughput of each stage, and of the whole.",
    usage: "holosnap bench [<options>]",
    discussion: """
      From memory to memory, warm: one run that does not count, then the median of several. Stages: checksum, quantize, \
      transform, delta and compress are steps of the encoder by themselves; capture, restore and verify are the whole. Each is timed \
      by the clock on the wall with all workers at it: compress on chunks that were transformed before, the others from the state's \
      bytes on; delta compares each chunk with another, copies its blocks and subtracts its numbers. GB/s are those of the state's bytes.

      The state is generated (profile mixed) unless --state names one: it is written to a directory of its own in $TMPDIR, \
      else /tmp, which needs room for it, and is read from there and removed before anything is measured.

      Example:
        holosnap bench --stage capture --stage restore --size 1GiB

      JSON: stages[] (stage, backend, device, bytes, storedBytes, seconds, gigabytesPerSecond), repeats, warnings[].
      """)

  @Option(
    name: .customLong("stage"),
    help: ArgumentHelp("Measure this stage; may be repeated (default: all).", valueName: "name"))
  var stages: [BenchStage] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How large the generated state is, roughly (default: 256MiB).", valueName: "size"),
    transform: ByteSize.parsePositive)
  var size: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Capture the regions that GLOB matches within a bound, as in create; the stage quantize without it takes rel:1e-3.",
      valueName: "glob=mode"))
  var quantize: [String] = []

  @Option(help: ArgumentHelp("Measure on this state instead of a generated one.", valueName: "dir"))
  var state: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many runs count.", valueName: "number"))
  var repeats = 5

  @Option(
    help: ArgumentHelp(
      "Write what `capture` makes to a file in this directory, which is removed again (default: to memory).",
      valueName: "dir"))
  var output: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Worker threads (default: one a core).", valueName: "number"))
  var workers: Int?

  @OptionGroup var backend: BackendOptions
  @OptionGroup var memory: MemoryOption
  @OptionGroup var common: AnswerOptions

  func validate() throws {
    if !(1...1000).contains(repeats) { throw ValidationError("--repeats is a number from 1 to 1000") }
    if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers is a number from 1 to 1024") }
    if state != nil && size != nil { throw ValidationError("--state and --size contradict each other") }
    if state?.isEmpty == true { throw ValidationError("--state names no state") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    var bench = Bench()
    if !stages.isEmpty { bench.stages = stages }
    bench.repeats = repeats
    bench.options.backend = backend.backend
    bench.options.device = backend.device
    bench.options.workers = workers
    bench.options.quantization = try QuantizationRules(quantize.map(\.showingCarriedBytes))
    bench.outputDirectory = output
    if let limit = memory.limit { bench.options.memoryLimit = limit.byteCount }

    let results = try interruptible { (cancellation) throws(HoloError) in
      console.status("bench: preparing the state")
      let state = try makeState(cancellation)
      if let preparation = backend.preparation { console.status("bench: \(preparation)") }
      return try bench.run(state, cancellation: cancellation) { result in
        console.status(
          "bench: \(result.stage.rawValue) \(Quantity.rate(gigabytesPerSecond: result.gigabytesPerSecond))")
      }
    }
    console.tell(notices: [], backend: results.first?.backend)
    try console.answer(results.json(repeats: repeats)) { results.text(on: $0) }
    return .success
  }

  private func makeState(_ cancellation: Cancellation) throws(HoloError) -> MemoryState {
    if let state { return try MemoryState(loading: StateScan.describe([state])) }
    let size = UInt64((size ?? .usualState).byteCount)
    let temporary = StandardStream.variable("TMPDIR") ?? "/tmp"
    return try StateGenerator(profile: .mixed, byteCount: size).withTemporaryState(
      in: temporary, cancellation: cancellation
    ) { (path) throws(HoloError) in try MemoryState(loading: StateScan.describe([path])) }
  }
}

extension BenchStage: ExpressibleByArgument {}
