import HoloCompute
import HoloEngine
import HoloReports

extension VerificationReport {
  func json(isQuick: Bool) -> JSON {
    [
      "ok": JSON(isSound),
      "checkedBytes": JSON(checkedByteCount),
      "problems": JSON(problems),
      "findings": .array(findings.map(\.json)),
      "snapshotCount": JSON(containerCount),
      "quick": JSON(isQuick),
      "seconds": JSON(seconds),
      "backend": JSON(backend?.kind.rawValue),
      "device": JSON(backend?.device),
      "warnings": backend?.warningsJSON ?? .array([]),
    ]
  }

  func text(on stream: StandardStream, isVerbose: Bool) -> String {
    let verdict =
      isSound
      ? Style.good.apply(to: "sound", on: stream)
      : Style.error.apply(to: Quantity.count(problems.count, "problem"), on: stream)
    return "\(verdict): \(Quantity.count(containerCount, "snapshot")), \(checked)\n"
      + findings.map { $0.text(on: stream, isVerbose: isVerbose) }.joined()
      + (isVerbose ? Table.facts(["backend": backend?.text], on: stream) : "")
  }

  private var checked: String {
    guard checkedByteCount > 0 else { return isSound ? "nothing in it to check" : "of which nothing could be checked" }
    return "\(Quantity.bytes(checkedByteCount)) checked in \(Quantity.time(seconds, bytes: checkedByteCount))"
  }
}

extension ContainerFindings {
  fileprivate var json: JSON {
    [
      "path": JSON(path),
      "wholeRegions": JSON(wholeRegions),
      "damagedRegions": JSON(damagedRegions),
      "hasLostRegions": JSON(hasLostRegions),
    ]
  }

  /// Which regions are whole, which are not, and whether there may have been others.
  fileprivate func text(on stream: StandardStream, isVerbose: Bool) -> String {
    func list(_ names: [String]) -> String? {
      guard !names.isEmpty else { return nil }
      let shown = names.prefix(isVerbose ? names.count : 8)
      let more = names.count > shown.count ? " and \(names.count - shown.count) more" : ""
      return Quantity.count(names.count, "region") + ": " + shown.joined(separator: ", ") + more
    }
    return Style.strong.apply(to: path.printable, on: stream) + "\n"
      + Table.facts(
        [
          "whole": list(wholeRegions) ?? "no region",
          "damaged": list(damagedRegions),
          "unknown": hasLostRegions ? "regions whose index is lost" : nil,
        ], on: stream)
  }
}
