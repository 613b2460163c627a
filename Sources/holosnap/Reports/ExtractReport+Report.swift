import HoloCompute
import HoloEngine
import HoloModel
import HoloReports

extension ExtractReport {
  var json: JSON {
    [
      "ok": JSON(true),
      "snapshot": JSON(snapshotPath),
      "path": JSON(path),
      "region": region.json,
      "bytes": JSON(region.byteCount),
      "seconds": JSON(seconds),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "deviceReason": JSON(backend.reason),
      "notices": JSON(notices),
      "warnings": backend.warningsJSON,
    ]
  }

  func text(on stream: StandardStream) -> String {
    let title = Style.strong.apply(to: (path ?? "").printable, on: stream)
    let shape = region.shape.isEmpty ? "" : " [" + region.shape.map { "\($0)" }.joined(separator: ", ") + "]"
    return "extracted \(title)\n"
      + Table.facts(
        [
          "region": region.name,
          "elements": "\(region.elementType.name)\(shape), \(Quantity.bytes(region.byteCount))",
          "time": Quantity.time(seconds, bytes: region.byteCount),
          "backend": backend.text,
        ], on: stream)
  }
}
