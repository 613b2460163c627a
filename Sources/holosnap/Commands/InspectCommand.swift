import ArgumentParser
import HoloEngine

struct InspectCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a snapshot.",
    discussion: """
      Reads the index only, not the stored data: see `holosnap verify` for that.

      Example:
        holosnap inspect latest --json

      JSON: as of create, with ancestors[] and directories (their number); without notices and warnings.
      """)

  @Argument(help: "A file, or in the store an id prefix, a file name, `latest` or `latest:SERIES`.")
  var snapshot: String

  @OptionGroup var store: StoreOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if snapshot.isEmpty { throw ValidationError("the SNAPSHOT is empty") }
  }

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let description = try Snapshots().inspect(snapshot: SnapshotReference(snapshot, store: store.path))
    try console.answer(description.json) { description.text(on: $0) }
    return .success
  }
}
