import ArgumentParser
import HoloEngine

/// The snapshot that a command is about.
struct SnapshotArgument: ParsableArguments {
  @Argument(help: "A file, or in the store an id prefix, a file name, `latest` or `latest:SERIES`.")
  var snapshot: String

  func reference(in store: StoreOption) -> SnapshotReference { SnapshotReference(snapshot, store: store.path) }

  func validate() throws {
    if snapshot.isEmpty { throw ValidationError("the SNAPSHOT is empty") }
  }
}
