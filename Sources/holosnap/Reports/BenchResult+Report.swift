import HoloEngine

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
      .init(title: "STAGE"), .init(title: "BYTES", alignment: .right), .init(title: "STORED", alignment: .right),
      .init(title: "RATIO", alignment: .right), .init(title: "TIME", alignment: .right),
      .init(title: "THROUGHPUT", alignment: .right), .init(title: "BACKEND"), .init(title: "DEVICE", isFlexible: true),
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
