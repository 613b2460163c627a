import ArgumentParser
import HoloEngine
import HoloReports

struct DiffCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what changed between two snapshots.",
    usage: "holosnap diff [<options>] <first> <second>",
    discussion: """
      Region by region: blocks of 4 KiB and bytes that differ and, of floating-point elements, the largest difference of two \
      values (of complex ones, the modulus). Chunks whose checksums are equal are not read. Regions that are the same are \
      not shown, unless --verbose is given. In JSON a difference that no double can hold is the largest that one can. The \
      exit code is 0 whether there are differences or not.

      Example:
        holosnap diff 3f9a2c41 latest

      JSON: ok, same, old and new (path, id), changedBytes, seconds, backend, device, deviceReason, regions[] (name, change, \
      old and new (component, elementType, shape, bytes, quantization, blake3) or null, blocks, changedBlocks, changedBytes, incomplete, \
      largestDifference, nonFiniteChanges, attributes[]), problems[] (as of verify), notices[], warnings[].
      """)

  @Argument(help: "The earlier: a file, or in the store an id prefix, a file name, `latest` or `latest:SERIES`.")
  var first: String

  @Argument(help: "The later.")
  var second: String

  @OptionGroup var store: StoreOption
  @OptionGroup var backend: BackendOptions
  @OptionGroup var common: AnswerOptions

  func validate() throws {
    if first.isEmpty || second.isEmpty { throw ValidationError("a SNAPSHOT is empty") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let options = RestoreOptions(backend)
    let difference = try interruptible { (cancellation) throws(HoloError) in
      try Snapshots().difference(
        from: SnapshotReference(first, store: store.path), to: SnapshotReference(second, store: store.path),
        options: options, cancellation: cancellation,
        progress: console.progress("diff", preparation: backend.preparation))
    }
    console.tell(notices: [], backend: difference.backend)
    for problem in difference.problems { console.complain(problem.error.message(withRemedy: true)) }
    try console.answer(difference.json) { difference.text(on: $0, isVerbose: console.isVerbose) }
    return ExitCode(difference.problems.exitStatus)
  }
}
