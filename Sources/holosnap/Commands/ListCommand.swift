import ArgumentParser
import HoloEngine

struct ListCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the snapshots of a store, newest first.",
    discussion: """
      A file that cannot be read as a snapshot is listed too, with what is wrong with it.

      Example:
        holosnap list --store /var/lib/holosnap

      JSON: store, snapshots[] (id, path, bytes, created, type, series, reason, priority, host, parent, stateRoot, \
      regions, rawBytes, seconds, backend, device, problem). Of a damaged file all but path, bytes and problem are null.
      """)

  @OptionGroup var store: StoreOption
  @OptionGroup var common: CommonOptions

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let listings = try Snapshots().list(store: store.path)
    for problem in listings.compactMap(\.problem) { console.warn(problem.error.message(withRemedy: true)) }
    try console.answer(listings.json(store: store.path)) {
      listings.text(store: store.path, on: $0, isVerbose: console.isVerbose)
    }
    return .success
  }
}
