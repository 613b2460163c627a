import Glibc
import HoloFormat
import HoloModel
import HoloSystem

/// The container that a SNAPSHOT argument means.
package struct ResolvedSnapshot: Sendable {
  package var path: String
  /// What the user should know of the choice, a sentence each.
  package var notices: [String] = []
}

extension SnapshotStore {
  /// The fewest digits of an id that name a snapshot.
  private static let leastPrefixDigits = 8

  /// Finds what a SNAPSHOT argument names. In this order:
  /// - with a `/`: a path, and nothing else;
  /// - `latest`, `latest:SERIES`: the newest in the store that can be read;
  /// - a file in the working directory; a file name in the store;
  /// - at least eight hexadecimal digits: the snapshot of the store whose id begins with them.
  package func resolve(_ reference: String) throws(StoreError) -> ResolvedSnapshot {
    if reference.utf8.contains(UInt8(ascii: "/")) {
      // A series may have a slash in its name.
      if reference.hasPrefix(Self.latestPrefix), try !isFile(reference) { return try latest(ofSeriesIn: reference) }
      guard try isFile(reference) else { throw try notFound(reference, "there is no such file") }
      return ResolvedSnapshot(path: reference)
    }
    if reference == "latest" { return try latest(series: nil) }
    if reference.hasPrefix(Self.latestPrefix) { return try latest(ofSeriesIn: reference) }
    if try isFile(reference) { return ResolvedSnapshot(path: reference) }
    // Where no store is named there is none to look in.
    let inStore = path.isEmpty ? reference : path.path(of: reference)
    if try isFile(inStore) { return ResolvedSnapshot(path: inStore) }
    return try byID(reference)
  }

  private static let latestPrefix = "latest:"

  /// - Parameter reference: `latest:SERIES`.
  private func latest(ofSeriesIn reference: String) throws(StoreError) -> ResolvedSnapshot {
    let series = String(reference.dropFirst(Self.latestPrefix.count))
    guard !series.isEmpty else {
      throw StoreError(
        .malformedReference, "latest: names no series", path: path,
        remedy: "write latest:SERIES, or latest for the newest of all")
    }
    return try latest(series: series)
  }

  private func latest(series: String?) throws(StoreError) -> ResolvedSnapshot {
    var notices: [String] = []
    for entry in try entries() {
      switch entry.content {
      case .snapshot(let snapshot):
        guard series == nil || snapshot.summary.series.utf8.elementsEqual(series?.utf8 ?? "".utf8) else { continue }
        return ResolvedSnapshot(path: entry.path, notices: notices)
      case .damaged(let error): notices.append("\(entry.path) cannot be read and was passed over: \(error.message)")
      }
    }
    let message =
      series.map { "the store has no snapshot of the series \($0.shortened)" } ?? "the store has no snapshot"
    throw StoreError(
      .noSuchSnapshot, notices.isEmpty ? message : message + " that can be read", path: path,
      remedy: "see what is there with holosnap list")
  }

  private func byID(_ reference: String) throws(StoreError) -> ResolvedSnapshot {
    guard reference.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
      throw try notFound(reference, "no file and no snapshot of the store has that name")
    }
    guard reference.utf8.count >= Self.leastPrefixDigits else {
      throw try notFound(reference, "an id takes at least \(Self.leastPrefixDigits) digits")
    }
    guard let match = try find(idPrefix: reference, in: entries()) else {
      throw try notFound(reference, "no snapshot of the store has that id")
    }
    return ResolvedSnapshot(path: match.path)
  }

  /// The entry whose snapshot's id begins so, or nil. Copies of one container are one snapshot: any of them will do.
  package func find(idPrefix: String, in entries: [StoreEntry]) throws(StoreError) -> StoreEntry? {
    let prefix = idPrefix.lowercased()
    let matches = entries.filter { $0.snapshot?.id.hexadecimal.hasPrefix(prefix) ?? false }
    guard Set(matches.compactMap { $0.snapshot?.id }).count <= 1 else {
      let candidates = matches.compactMap { entry in
        entry.snapshot.map { "\($0.id.hexadecimal.prefix(16)) (\(entry.fileName))" }
      }
      throw StoreError(
        .ambiguous, "several snapshots begin with \(idPrefix.shortened): \(candidates.joined(separator: ", "))",
        path: path,
        remedy: "give more digits")
    }
    return matches.first
  }

  private func isFile(_ path: String) throws(StoreError) -> Bool { try kind(of: path) == .file }

  /// Nil where there is nothing.
  private func kind(of path: String) throws(StoreError) -> FileStatus.Kind? {
    do { return try syscalls.status(path).kind } catch {
      if [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].contains(error.code) { return nil }
      throw StoreError(error)
    }
  }

  /// What to say of a reference that names no snapshot: of something else that has its path, or else the reason.
  private func notFound(_ reference: String, _ reason: String) throws(StoreError) -> StoreError {
    switch try kind(of: reference) {
    case .directory:
      StoreError(
        .noSuchSnapshot, "a directory is no snapshot", path: reference,
        remedy: "name a file in it, or give it as a store with --store")
    case .other:
      StoreError(
        .noSuchSnapshot, "a special file (a pipe, a socket or a device) is no snapshot", path: reference,
        remedy: "name a regular file")
    case .file, .symbolicLink, nil:
      StoreError(
        .noSuchSnapshot, "no snapshot \(reference.shortened): \(reason)", path: path,
        remedy: "see what is there with holosnap list")
    }
  }
}
