import ArgumentParser
import Glibc
import HoloEngine
import HoloReports
import HoloSystem

@main
struct HoloSnap: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holosnap",
    abstract: "Takes snapshots of large numerical state, and brings it back exactly.",
    discussion: """
      Try it:
        holosnap generate state --size 64MiB
        holosnap create state
        holosnap verify
        holosnap restore latest again

      A SNAPSHOT is a path to a .hwp or .wave file or, in the store, an id prefix of 8 hexadecimal digits or more, a file name, \
      `latest`, or `latest:SERIES`. The store is the directory given with --store, else $HOLOSNAP_STORE, else ./snapshots.

      Exit codes:
        0    done
        64   wrong usage
        65   damaged, malformed or unsupported data
        66   no such input
        69   no such device
        70   internal error
        73   cannot create: it exists, or there is no space
        74   input/output error
        75   busy or changing: try again
        77   refused: permission
        130  ended by Ctrl-C (143: by SIGTERM, 129: by SIGHUP)
      """,
    version: HoloSnapVersion.text,
    subcommands: [
      CreateCommand.self, RestoreCommand.self, VerifyCommand.self, ListCommand.self, InspectCommand.self,
      DiffCommand.self, ExtractCommand.self, ConvertCommand.self, MergeCommand.self, ChainCommand.self,
      DevicesCommand.self, GenerateCommand.self,
      AdviseCommand.self, BenchCommand.self,
    ])

  /// What the program was called with, behind its own name: paths, to the byte.
  private static let arguments: [String] = (0..<Int(CommandLine.argc)).dropFirst().compactMap { index in
    CommandLine.unsafeArgv[index].map { PathBytes.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  static func main() {
    StandardStream.prepare()
    Interruption.leaveQuitToTheSystem()
    do {
      try refuseUnknownCommand(arguments[...])
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      Glibc.exit(conclude(error).rawValue)
    }
  }

  /// Argument-parser would blame the first option after a word that is no command, and answers `help` on such a word with
  /// the help of everything, and success.
  private static func refuseUnknownCommand(_ arguments: ArraySlice<String>) throws {
    let names = configuration.subcommands.map { $0._commandName } + ["help"]
    func check(_ word: String) throws {
      guard !names.contains(word) else { return }
      throw ValidationError("there is no command '\(word)': there are \(names.joined(separator: ", "))")
    }
    guard let first = arguments.first, !first.hasPrefix("-") else { return }
    try check(first)
    guard first == "help" else { return }
    let words = arguments.dropFirst().filter { !$0.hasPrefix("-") }
    if let word = words.first { try check(word) }
    if words.count > 1 { throw ValidationError("help takes one command") }
  }

  /// Tells of what argument-parser threw, in our words and, where it was asked for, in JSON.
  private static func conclude(_ error: any Error) -> ExitCode {
    if let status = error as? ExitCode { return status }
    let status = exitCode(for: error)
    let text = fullMessage(for: error)
    if status.isSuccess {
      // Help, the version, a completion script.
      do { try StandardStream.output.write(text + "\n") } catch { return ExitCode(error.code.exitStatus) }
      return status
    }
    let parserPrefix = "Error: "
    let message = text.hasPrefix(parserPrefix) ? String(text.dropFirst(parserPrefix.count)) : text
    let label = Style.error.apply(to: "error:", on: .error)
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    try? StandardStream.error.write("holosnap: \(label) " + lines.joined(separator: "\n") + "\n")
    if arguments.prefix(while: { $0 != "--" }).contains("--json") {
      let failure = HoloError(.usage, Self.message(for: error), remedy: "`holosnap help` tells how to use it")
      try? StandardStream.output.write((["error": JSON(failure)] as JSON).document)
    }
    return status
  }
}
