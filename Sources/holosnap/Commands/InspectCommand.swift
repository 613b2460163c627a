import ArgumentParser
import HoloEngine
import HoloReports

struct InspectCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a snapshot.",
    usage: "holosnap inspect [<options>] <snapshot>",
    discussion: """
      Reads the index only, not the stored data: see `holosnap verify` for that. A table that is wider than the terminal \
      leaves columns out; --verbose tells everything of each region: its whole hash, how its chunks are coded, its mode.

      Example:
        holosnap inspect latest --json

      JSON: as of create, with format, ancestors[] and directoryCount; without deviceReason, notices and warnings.
      """)

  @OptionGroup var snapshot: SnapshotArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var common: AnswerOptions

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let description = try Snapshots().inspect(snapshot: snapshot.reference(in: store))
    let layout = console.isVerbose ? try StoredLayout(path: description.path) : nil
    try console.answer(description.json) { description.text(on: $0, layout: layout) }
    return .success
  }
}
