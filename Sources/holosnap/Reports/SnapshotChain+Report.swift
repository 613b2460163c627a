import HoloEngine
import HoloFormat
import HoloReports

extension SnapshotChain {
  var json: JSON {
    [
      "id": JSON(snapshotID),
      "path": JSON(path),
      "type": JSON(summary.type),
      "series": JSON(summary.series),
      "created": JSON(summary.created),
      "parent": JSON(summary.parent),
      "storedBytes": JSON(storedByteCount),
      "ancestors": .array(ancestors.map(\.json)),
      "dependents": .array(
        dependents.map { other in
          [
            "id": JSON(other.snapshotID), "path": JSON(other.path), "type": JSON(other.summary.type),
            "created": JSON(other.summary.created),
          ]
        }),
    ]
  }

  /// The snapshot, below it what it needs, and then what needs it.
  func text(on stream: StandardStream) -> String {
    let title = Style.strong.apply(to: path.printable, on: stream)
    var lines = ["\(title)  \(Self.name(snapshotID, summary)), \(Quantity.bytes(storedByteCount))"]
    for (index, ancestor) in ancestors.enumerated() {
      lines.append((index == ancestors.count - 1 ? "└─ " : "├─ ") + ancestor.text)
    }
    if ancestors.isEmpty { lines.append("   needs no other") }
    lines.append(dependents.isEmpty ? "no other snapshot of the store needs it" : "needed by")
    lines += dependents.map { "   \($0.path.printable)  \(Self.name($0.snapshotID, $0.summary))" }
    return lines.joined(separator: "\n") + "\n"
  }

  fileprivate static func name(_ id: String, _ summary: Summary?) -> String {
    guard let summary else { return String(id.prefix(12)) }
    return "\(id.prefix(12)), \(summary.type.printable), \(Quantity.date(summary.created)) UTC"
  }
}

extension SnapshotChain.Ancestor {
  fileprivate var json: JSON {
    [
      "id": JSON(snapshotID),
      "path": JSON(path),
      "type": JSON(summary?.type),
      "created": JSON(summary?.created),
      "frames": JSON(frameCount),
      "bytes": JSON(byteCount),
      "segments": JSON(segmentCount),
      "problem": problem.map { JSON($0) } ?? .null,
    ]
  }

  fileprivate var text: String {
    let needed =
      "needs " + (byteCount.map { Quantity.bytes($0) + " in " } ?? "") + Quantity.count(frameCount, "frame")
      + (segmentCount > 0 ? " and \(Quantity.count(segmentCount, "segment")) of index" : "")
    guard let path else { return "\(needed) of \(snapshotID.prefix(12)): \(problem?.message ?? "missing")".printable }
    return "\(needed) of \(path.printable)  \(SnapshotChain.name(snapshotID, summary))"
  }
}
