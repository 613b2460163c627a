import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// Who needs what of whom.
package struct SnapshotChain: Sendable {
  /// A container that the snapshot needs.
  package struct Ancestor: Sendable {
    package var snapshotID: String
    /// Nil where it is missing.
    package var path: String?
    package var summary: Summary?
    /// Of its frames, those that the snapshot needs.
    package var frameCount: Int
    /// Of these frames; nil where they cannot be told.
    package var byteCount: UInt64?
    /// Segments of its index that the snapshot uses.
    package var segmentCount: Int
    package var problem: Problem?
  }

  /// A snapshot that needs this one's container.
  package struct Dependent: Sendable {
    package var snapshotID: String
    package var path: String
    package var summary: Summary
  }

  package var snapshotID: String
  package var path: String
  package var summary: Summary
  package var totals: ContainerTotals
  package var storedByteCount: UInt64
  /// The newest first.
  package var ancestors: [Ancestor]
  package var dependents: [Dependent]
}

extension Snapshots {
  /// What a snapshot needs of other containers, and which snapshots of the store need it.
  package func chain(of snapshot: SnapshotReference) throws(HoloError) -> SnapshotChain {
    let path = try resolve(snapshot).path
    let source = try openFile(path)
    let directory = ancestors(of: path, store: snapshot.store)
    do {
      guard case .hwp(let reader) = try OpenedContainer.open(source, path: path, ancestors: directory) else {
        throw HoloError(
          .usage, "a .wave file holds a whole state, and needs no other", place: .init(path: path))
      }
      let needed = try reader.intactIndex().neededFrames(of: reader)
      return SnapshotChain(
        snapshotID: reader.snapshotID.hexadecimal, path: path, summary: reader.summary, totals: reader.totals,
        storedByteCount: source.byteCount,
        ancestors: reader.ancestorIDs.sorted {
          (reader.note(of: $0)?.createdNanoseconds ?? 0) > (reader.note(of: $1)?.createdNanoseconds ?? 0)
        }.map { ancestor($0, of: reader, needed[$0] ?? NeededFrames()) },
        dependents: dependents(on: reader.containerID, store: snapshot.store))
    } catch { throw HoloError(wrapping: error) }
  }

  private func ancestor(
    _ id: Digest128, of reader: ContainerReader, _ needed: NeededFrames
  ) -> SnapshotChain.Ancestor {
    var ancestor = SnapshotChain.Ancestor(
      snapshotID: (reader.note(of: id)?.snapshotID ?? Digest256()).hexadecimal, frameCount: needed.payload.count,
      segmentCount: needed.segments.count)
    do throws(FormatError) {
      let container = try reader.container(id)
      ancestor.path = container.path
      ancestor.byteCount = needed.payload.reduce(0) {
        $0 + ($1 < container.frames.count ? UInt64(container.frames.extent(of: $1).byteCount) : 0)
      }
      // It is opened for its frames alone; what it says of itself is for people.
      ancestor.summary = try? ContainerReader.open(container.source, path: container.path).summary
    } catch { ancestor.problem = Problem(HoloError(error), path: reader.path) }
    return ancestor
  }

  private func dependents(on id: Digest128, store: String) -> [SnapshotChain.Dependent] {
    let entries = (try? SnapshotStore(path: store, syscalls: syscalls).entries()) ?? []
    return entries.compactMap { entry in
      guard let snapshot = entry.snapshot, snapshot.ancestorIDs.contains(id) else { return nil }
      return SnapshotChain.Dependent(
        snapshotID: snapshot.id.hexadecimal, path: entry.path, summary: snapshot.summary)
    }
  }
}
