import ArgumentParser

/// What every command can be told of how it speaks.
protocol SpeechOptions: ParsableArguments {
  var json: Bool { get }
  var quiet: Bool { get }
  var verbose: Bool { get }
}

extension SpeechOptions {
  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }
}

private let jsonHelp: ArgumentHelp =
  "Write one JSON document to standard output, and nothing else there; on failure, an object with `error`."

/// Of a command that does something.
struct CommonOptions: SpeechOptions {
  @Flag(help: jsonHelp)
  var json = false

  @Flag(name: [.short, .long], help: "Write errors only: no summary, no progress, no notices.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Tell more: every region, whole ids, the backend and why it was chosen.")
  var verbose = false
}

/// Of a command that is asked something: its answer is written however quiet it is to be.
struct AnswerOptions: SpeechOptions {
  @Flag(help: jsonHelp)
  var json = false

  @Flag(name: [.short, .long], help: "Write the answer and errors only: no progress, no notices, no warnings.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Tell more: everything there is, and whole hashes.")
  var verbose = false
}
