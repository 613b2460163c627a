import HoloCompute
import HoloEngine
import HoloModel
import HoloReports

extension RestoreReport {
  func json(target: String) -> JSON {
    [
      "ok": JSON(problems.isEmpty),
      "snapshot": JSON(snapshotPath),
      "target": JSON(target),
      "directoryCount": JSON(directoryCount),
      "rawBytes": JSON(byteCount),
      "seconds": JSON(seconds),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "deviceReason": JSON(backend.reason),
      "regions": .array(regions.map(\.json)),
      "problems": JSON(problems),
      "notices": JSON(notices),
      "warnings": backend.warningsJSON,
    ]
  }

  func text(target: String, on stream: StandardStream, isVerbose: Bool) -> String {
    let title = Style.strong.apply(to: target.printable, on: stream)
    let damaged = problems.isEmpty ? "" : ", \(Quantity.count(problems.count, "problem")): see the errors above"
    // A restore of directories alone is not one of nothing.
    let directories = directoryCount == 1 ? "1 directory" : "\(directoryCount) directories"
    let parts =
      [Quantity.count(regions.count, "region")] + (regions.isEmpty && directoryCount > 0 ? [directories] : [])
      + [Quantity.bytes(byteCount)]
    let verdict = regions.isEmpty && directoryCount == 0 ? "restored nothing to" : "restored"
    return "\(verdict) \(title)\n"
      + Table.facts(
        [
          "state": "\(parts.joined(separator: ", "))\(damaged)",
          "bounds": regions.boundsText,
          "time": Quantity.time(seconds, bytes: byteCount),
          "backend": backend.text,
        ], on: stream) + (isVerbose ? "\n" + regions.map { "  \($0.name.printable)\n" }.joined() : "")
  }
}
