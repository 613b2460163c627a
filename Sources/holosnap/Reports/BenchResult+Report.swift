import HoloEngine
import HoloReports

extension [BenchResult] {
  func json(repeats: Int) -> JSON {
    [
      "stages": .array(map(\.json)),
      "repeats": JSON(repeats),
      "warnings": first?.backend.warningsJSON ?? .array([]),
    ]
  }

  func text(on stream: StandardStream) -> String {
    var table = Table([
      .init(title: "STAGE"), .init(title: "BYTES", alignment: .right, dropRank: 4),
      .init(title: "STORED", alignment: .right, dropRank: 3), .init(title: "RATIO", alignment: .right, dropRank: 2),
      .init(title: "TIME", alignment: .right), .init(title: "THROUGHPUT", alignment: .right),
      .init(title: "BACKEND", dropRank: 5), .init(title: "DEVICE", isFlexible: true, dropRank: 1),
    ])
    for result in self {
      let stored = result.storedByteCount
      table.append([
        result.stage.rawValue, Quantity.bytes(result.byteCount), stored > 0 ? Quantity.bytes(stored) : "–",
        Quantity.ratio(raw: result.byteCount, stored: stored), Quantity.seconds(result.seconds),
        Quantity.rate(gigabytesPerSecond: result.gigabytesPerSecond), result.backend.kind.rawValue,
        result.backend.device,
      ])
    }
    return table.text(on: stream)
  }
}

extension BenchResult {
  fileprivate var json: JSON {
    [
      "stage": JSON(stage.rawValue),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "bytes": JSON(byteCount),
      "storedBytes": JSON(storedByteCount),
      "seconds": JSON(seconds),
      "gigabytesPerSecond": JSON(gigabytesPerSecond),
    ]
  }
}
