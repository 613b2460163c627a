import HoloEngine
import HoloFormat
import HoloReports

extension [SnapshotListing] {
  func json(store: String) -> JSON {
    ["store": JSON(store), "snapshots": .array(map(\.json))]
  }

  func text(store: String, on stream: StandardStream, isVerbose: Bool) -> String {
    guard !isEmpty else { return "no snapshots in \(store.printable)\n" }
    if isVerbose { return map { $0.details(on: stream) }.joined(separator: "\n") }
    // Only its file's name tells a damaged snapshot from another.
    let hasDamage = contains { $0.problem != nil }
    var table = Table([
      .init(title: "CREATED (UTC)", dropRank: 6), .init(title: "ID", dropRank: 7),
      .init(title: "SERIES", isFlexible: true), .init(title: "TYPE", dropRank: hasDamage ? nil : 8),
      .init(title: "REASON", dropRank: 2), .init(title: "REGIONS", alignment: .right, dropRank: 4),
      .init(title: "SIZE", alignment: .right, dropRank: 9), .init(title: "STORED", alignment: .right, dropRank: 5),
      .init(title: "RATIO", alignment: .right, dropRank: 1),
      .init(title: "FILE", isFlexible: true, dropRank: hasDamage ? nil : 3),
    ])
    for listing in self { table.append(listing.cells) }
    return table.text(on: stream)
  }
}

extension SnapshotListing {
  fileprivate var json: JSON {
    [
      "id": JSON(snapshotID),
      "path": JSON(path),
      "storedBytes": JSON(byteCount),
      "created": JSON(summary?.created),
      "type": JSON(summary?.type),
      "series": JSON(summary?.series),
      "reason": JSON(summary?.reason),
      "priority": JSON(summary?.priority),
      "host": JSON(summary?.host),
      "parent": JSON(summary?.parent),
      "stateRoot": JSON(totals?.stateRoot.hexadecimal),
      "regionCount": JSON(totals?.regionCount),
      "rawBytes": JSON(totals?.byteCount),
      "seconds": JSON(summary?.seconds),
      "backend": JSON(summary?.backend),
      "device": JSON(summary?.device),
      "problem": problem.map { JSON($0) } ?? .null,
    ]
  }

  fileprivate var cells: [String] {
    let size = Quantity.bytes(byteCount)
    guard let summary, let totals else { return ["–", "–", "–", state, "–", "–", "–", size, "–", fileName] }
    return [
      Quantity.date(summary.created), String((snapshotID ?? "–").prefix(12)), summary.series, summary.type,
      summary.reason, String(totals.regionCount), Quantity.bytes(totals.byteCount), size,
      Quantity.ratio(raw: totals.byteCount, stored: byteCount), fileName,
    ]
  }

  /// What stands in the place of the type of a snapshot that cannot be read.
  private var state: String {
    switch problem?.kind {
    case HoloError.Code.unsupportedVersion.name, HoloError.Code.unsupportedFeature.name: "unsupported"
    case HoloError.Code.inputOutput.name, HoloError.Code.refused.name, HoloError.Code.noInput.name: "unreadable"
    default: "damaged"
    }
  }

  fileprivate func details(on stream: StandardStream) -> String {
    let title = Style.strong.apply(to: path.printable, on: stream) + "\n"
    guard let snapshotID, let summary, let totals else {
      return title + Table.facts([state: problem?.message, "stored": Quantity.bytes(byteCount)], on: stream)
    }
    let report = SnapshotReport(
      id: snapshotID, path: path, summary: summary, totals: totals, storedByteCount: byteCount,
      seconds: summary.seconds, regions: [])
    return title + report.facts(backend: "\(summary.backend): \(summary.device)", on: stream)
  }

  /// What is wrong with a snapshot that cannot be read, and what to do about it; nil of one that can.
  var warning: String? {
    guard var error = problem?.error else { return nil }
    error.remedy = error.remedy ?? "if it holds nothing of yours, move it out of the store"
    return error.message(withRemedy: true)
  }
}
