import ArgumentParser
import HoloEngine
import HoloReports

struct ListCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the snapshots of a store, newest first.",
    discussion: """
      A file that cannot be read as a snapshot is listed too, as damaged, unsupported or unreadable; a warning says what \
      is wrong with it. A table that is wider than the terminal leaves columns out; --verbose shows all there is.

      Example:
        holosnap list --store /var/lib/holosnap

      JSON: store, snapshots[] (id, path, storedBytes, created, type, series, reason, priority, host, parent, stateRoot, \
      regionCount, rawBytes, seconds, backend, device, problem). Of a file that cannot be read all but path, storedBytes \
      and problem (as of verify) are null.
      """)

  @OptionGroup var store: StoreOption
  @OptionGroup var common: AnswerOptions

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let listings = try Snapshots().list(store: store.path)
    try console.answer(listings.json(store: store.path)) {
      listings.text(store: store.path, on: $0, isVerbose: console.isVerbose)
    }
    for warning in listings.compactMap(\.warning) { console.warn(warning) }
    return .success
  }
}
