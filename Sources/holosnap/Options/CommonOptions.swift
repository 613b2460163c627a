import ArgumentParser

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Write one JSON document to standard output, and nothing else there; on failure, an object with `error`.")
  var json = false

  @Flag(name: [.short, .long], help: "Write errors only: no summary, no progress, no notices.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Tell more: every region, whole ids, the backend and why it was chosen.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }
}
