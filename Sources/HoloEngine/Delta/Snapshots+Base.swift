import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

extension Snapshots {
  /// Where the containers are that a snapshot needs beside its own.
  func ancestors(
    of path: String, store: String?, cancellation: Cancellation = Cancellation()
  ) -> AncestorDirectory {
    AncestorDirectory(besides: path, store: store, syscalls: syscalls) { source, path in
      CancellableSource(source, path: path, cancellation: cancellation)
    }
  }

  /// What a capture is relative to; nil for a full one.
  ///
  /// - Parameters:
  ///   - series: of the snapshot that is to be taken.
  ///   - store: where to look for its base.
  package func base(
    for options: CaptureOptions, series: String, store: String, notices: inout [String], cancellation: Cancellation
  ) throws(HoloError) -> CaptureBase? {
    guard options.type != .full else { return nil }
    if let base = options.base {
      let resolved = try resolve(SnapshotReference(base, store: store))
      notices += resolved.notices
      return try openBase(resolved.path, options.type, series, store: store, &notices, cancellation)
    }
    let entries: [StoreEntry]
    do { entries = try SnapshotStore(path: store, syscalls: syscalls).entries() } catch {
      guard error.kind == .noSuchStore else { throw HoloError(error) }
      entries = []
    }
    for entry in entries where entry.fileName.hasSuffix(ContainerFormat.hwp.fileExtension) {
      guard let snapshot = entry.snapshot else {
        notices.append("\(entry.path) cannot be read and was passed over")
        continue
      }
      guard snapshot.summary.series.utf8.elementsEqual(series.utf8),
        options.type == .incremental || snapshot.summary.type == SnapshotType.full.rawValue
      else { continue }
      do { return try openBase(entry.path, options.type, series, store: store, &notices, cancellation) } catch {
        // An older one will do, where this one's index cannot be had.
        guard error.leavesSomethingToSalvage else { throw error }
        notices.append("\(entry.path) can be no base and was passed over: \(error.message)")
      }
    }
    let wanted = options.type == .incremental ? "snapshot" : "full snapshot"
    throw HoloError(
      .noInput, "there is no \(wanted) of the series \(series.shortened) that this one could be relative to",
      place: .init(path: store),
      remedy: "take a full one first (--type full), or name a base with --base, or another store with --store")
  }

  private func openBase(
    _ path: String, _ type: SnapshotType, _ series: String, store: String, _ notices: inout [String],
    _ cancellation: Cancellation
  ) throws(HoloError) -> CaptureBase {
    let source = CancellableSource(try openFile(path), path: path, cancellation: cancellation)
    let ancestors = ancestors(of: path, store: store, cancellation: cancellation)
    let opened: OpenedContainer
    do { opened = try OpenedContainer.open(source, path: path, ancestors: ancestors) } catch {
      throw Self.unusable(HoloError(error))
    }
    guard case .hwp(let reader) = opened else {
      throw HoloError(
        .usage, "a .wave file holds whole states only, and nothing can be relative to it", place: .init(path: path),
        remedy: "name a .hwp with --base, or take a full snapshot first")
    }
    guard path.hasSuffix(ContainerFormat.hwp.fileExtension) else {
      throw HoloError(
        .usage, "a base is found by its id among files whose names end in .hwp, and this one's does not",
        place: .init(path: path), remedy: "rename it, or name another with --base")
    }
    guard reader.summary.series.utf8.elementsEqual(series.utf8) else {
      throw HoloError(
        .usage,
        "the base is of the series \(reader.summary.series.shortened), and the snapshot is to be of \(series.shortened)",
        place: .init(path: path), remedy: "name another with --base, or the series with --series")
    }
    guard type != .differential || reader.summary.type == SnapshotType.full.rawValue else {
      throw HoloError(
        .usage, "a differential snapshot is relative to a full one, and the base is \(reader.summary.type.shortened)",
        place: .init(path: path), remedy: "name a full one with --base, or take an incremental one")
    }
    for id in reader.ancestorIDs {
      do { _ = try reader.container(id) } catch {
        notices.append("\(error.message), of which the base has something: what cannot be had of it is stored again")
      }
    }
    do { return try CaptureBase(reader) } catch { throw Self.unusable(HoloError(error)) }
  }

  private static func unusable(_ error: HoloError) -> HoloError {
    var error = error
    error.remedy = "take a full snapshot, or name another base with --base"
    return error
  }

  /// Throws where a container that a snapshot needs has gone, or is another one, since its base was opened.
  func expectAncestors(_ ids: [Digest128], of base: CaptureBase, store: String) throws(HoloError) {
    let directory = ancestors(of: base.container.path, store: store)
    do throws(FormatError) {
      for id in ids { _ = try directory.openContainer(id, note: base.note(of: id)) }
    } catch { throw HoloError(error) }
  }

  /// What its user should know of a snapshot whose ancestors are not where it is.
  func noticeOfAncestors(_ ids: [Digest128], besides path: String, base: CaptureBase) -> [String] {
    let directory = ancestors(of: path, store: nil)
    guard !ids.allSatisfy(directory.has) else { return [] }
    return [
      "what it needs stands beside \(base.container.path), not beside itself: a restore finds that with --store, or put it there"
    ]
  }
}
