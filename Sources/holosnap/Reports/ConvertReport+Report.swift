import HoloCompute
import HoloEngine

extension ConvertReport {
  func json(input: String) -> JSON {
    [
      "ok": JSON(true),
      "input": JSON(input),
      "path": JSON(path),
      "format": JSON(format.rawValue),
      "regionCount": JSON(regionCount),
      "rawBytes": JSON(rawByteCount),
      "storedBytes": JSON(storedByteCount),
      "id": JSON(snapshotID),
      "stateRoot": JSON(stateRoot),
      "seconds": JSON(seconds),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "deviceReason": JSON(backend.reason),
      "notices": JSON(notices),
      "warnings": backend.warningsJSON,
    ]
  }

  func text(on stream: StandardStream) -> String {
    let title = Style.strong.apply(to: path.printable, on: stream)
    let ratio = Quantity.ratio(raw: rawByteCount, stored: storedByteCount)
    return "converted to \(title)\n"
      + Table.facts([
        "format": format.rawValue,
        "id": snapshotID,
        "state": "\(Quantity.count(regionCount, "region")), \(Quantity.bytes(rawByteCount))"
          + (stateRoot.map { ", root \($0)" } ?? ""),
        "stored": "\(Quantity.bytes(storedByteCount)), ratio \(ratio)",
        "time": "\(Quantity.seconds(seconds)), \(Quantity.rate(bytes: rawByteCount, seconds: seconds))",
        "backend": backend.text,
      ])
  }
}
