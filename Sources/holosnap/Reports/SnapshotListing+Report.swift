import HoloEngine
import HoloFormat

extension [SnapshotListing] {
  func json(store: String) -> JSON {
    ["store": JSON(store), "snapshots": .array(map(\.json))]
  }

  func text(store: String, on stream: StandardStream, isVerbose: Bool) -> String {
    guard !isEmpty else { return "no snapshots in \(store.printable)\n" }
    var table = Table([
      .init(title: "CREATED (UTC)"), .init(title: "ID"), .init(title: "SERIES", isFlexible: true),
      .init(title: "TYPE"), .init(title: "REASON"), .init(title: "REGIONS", alignment: .right),
      .init(title: "SIZE", alignment: .right), .init(title: "STORED", alignment: .right),
      .init(title: "RATIO", alignment: .right), .init(title: "FILE", isFlexible: true),
    ])
    for listing in self { table.append(listing.cells(isVerbose: isVerbose)) }
    return table.text(on: stream)
  }
}

extension SnapshotListing {
  fileprivate var json: JSON {
    [
      "id": JSON(snapshotID),
      "path": JSON(path),
      "bytes": JSON(byteCount),
      "created": JSON(summary?.created),
      "type": JSON(summary?.type),
      "series": JSON(summary?.series),
      "reason": JSON(summary?.reason),
      "priority": JSON(summary?.priority),
      "host": JSON(summary?.host),
      "parent": JSON(summary?.parent),
      "stateRoot": JSON(totals?.stateRoot.hexadecimal),
      "regions": JSON(totals?.regionCount),
      "rawBytes": JSON(totals?.byteCount),
      "seconds": JSON(summary?.seconds),
      "backend": JSON(summary?.backend),
      "device": JSON(summary?.device),
      "problem": problem.map { JSON($0) } ?? .null,
    ]
  }

  fileprivate func cells(isVerbose: Bool) -> [String] {
    let size = Quantity.bytes(byteCount)
    guard let summary, let totals else {
      return ["–", "–", "–", problem?.kind ?? "–", "–", "–", "–", size, "–", fileName]
    }
    return [
      Quantity.date(summary.created), String((snapshotID ?? "–").prefix(isVerbose ? 64 : 12)),
      summary.series, summary.type, summary.reason, String(totals.regionCount), Quantity.bytes(totals.byteCount), size,
      Quantity.ratio(raw: totals.byteCount, stored: byteCount), fileName,
    ]
  }
}
