import HoloCompute
import HoloEngine
import HoloReports

/// What a command says, and where: results to standard output, all else to standard error.
final class Console {
  private let options: any SpeechOptions
  private let output = StandardStream.output
  private let error = StandardStream.error
  private var progressLine: ProgressLine?

  init(_ options: any SpeechOptions) { self.options = options }

  var isVerbose: Bool { options.verbose }

  /// The result of a command that does something: nothing where the user wants quiet.
  func report(_ json: @autoclosure () -> JSON, text: (StandardStream) -> String) throws(HoloError) {
    clearProgress()
    if options.json {
      try output.write(json().document)
    } else if !options.quiet {
      try output.write(text(output))
    }
  }

  /// The result of a command that was asked something.
  func answer(_ json: @autoclosure () -> JSON, text: (StandardStream) -> String) throws(HoloError) {
    clearProgress()
    try output.write(options.json ? json().document : text(output))
  }

  /// What the user should know: something left out, a file that changed.
  func notice(_ text: String) {
    if !options.quiet { tell("notice", text, style: .strong) }
  }

  func warn(_ text: String) {
    if !options.quiet { tell("warning", text, style: .warning) }
  }

  /// An error that is part of a longer story; `fail` tells the one that ends the command.
  func complain(_ text: String) { tell("error", text, style: .error) }

  /// What ended the command: a message, and with `--json` the document too.
  func fail(_ failure: HoloError) {
    complain(failure.message(withRemedy: true))
    // A document that cannot be written has nobody left to read it; the message above has been.
    if options.json { try? output.write((["error": JSON(failure)] as JSON).document) }
  }

  /// Notices and the backend's warning, each once.
  func tell(notices: [String], backend: BackendSummary?) {
    for text in notices { notice(text) }
    if let warning = backend?.warning { warn(warning) }
  }

  /// Shows how far a work has come, where somebody sits at a terminal; before that, what it waits for.
  func progress(_ verb: String, preparation: String?) -> ProgressHandler? {
    guard error.isTerminal, !options.quiet else { return nil }
    let line = ProgressLine(verb: verb, on: error)
    progressLine = line
    if let preparation { line.show("\(verb): \(preparation)") }
    return { line.show($0) }
  }

  /// Shows what is being done, in the place of progress.
  func status(_ text: String) {
    guard error.isTerminal, !options.quiet else { return }
    let line = progressLine ?? ProgressLine(verb: "", on: error)
    progressLine = line
    line.show(text)
  }

  private func clearProgress() { progressLine?.clear() }

  private func tell(_ kind: String, _ text: String, style: Style) {
    clearProgress()
    let label = style.apply(to: "\(kind):", on: error)
    // There is nowhere to tell of a failure to write an error.
    try? error.write("holosnap: \(label) \(text.printableLines)\n")
  }
}
