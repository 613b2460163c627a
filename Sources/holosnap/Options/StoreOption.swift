import ArgumentParser

/// The directory that snapshots are kept in.
struct StoreOption: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "The directory that snapshots are kept in (default: $HOLOSNAP_STORE, else ./snapshots).", valueName: "dir"))
  var given: String?

  /// The store to use.
  var path: String { given ?? StandardStream.variable("HOLOSNAP_STORE") ?? "snapshots" }

  func validate() throws {
    if given?.isEmpty == true { throw ValidationError("--store names no directory") }
  }
}
