import HoloCompute
import HoloEngine
import HoloReports

extension ConvertReport {
  var json: JSON {
    [
      "ok": JSON(true),
      "input": JSON(inputPath),
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

  func text(on stream: StandardStream, title heading: String = "converted to") -> String {
    let title = Style.strong.apply(to: path.printable, on: stream)
    return "\(heading) \(title)\n"
      + Table.facts(
        [
          "format": format.rawValue,
          "id": snapshotID,
          "state": "\(Quantity.count(regionCount, "region")), \(Quantity.bytes(rawByteCount))",
          "root": stateRoot,
          "stored": Quantity.stored(storedByteCount, raw: rawByteCount),
          "time": Quantity.time(seconds, bytes: rawByteCount),
          "backend": backend.text,
        ], on: stream)
  }
}
