import ArgumentParser
import HoloEngine
import HoloReports

struct ChainCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain",
    abstract: "Show which other snapshots a snapshot needs, and which need it.",
    discussion: """
      A snapshot that is not full points at what other containers store. This shows of each of them how much is needed, and which \
      snapshots of the store would lose something without this one. Reads indexes only.

      Example:
        holosnap chain latest

      JSON: id, path, type, series, created, parent, storedBytes, ancestors[] (id, path or null, type, created, frames, bytes, \
      segments, problem or null), dependents[] (id, path, type, created).
      """)

  @OptionGroup var snapshot: SnapshotArgument

  @OptionGroup var store: StoreOption
  @OptionGroup var common: AnswerOptions

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let chain = try Snapshots().chain(of: snapshot.reference(in: store))
    try console.answer(chain.json) { chain.text(on: $0) }
    return chain.ancestors.contains { $0.problem != nil }
      ? ExitCode(HoloError.Code.missingAncestor.exitStatus) : .success
  }
}
