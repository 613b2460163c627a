import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloReports

extension SnapshotDifference {
  private var changedByteCount: UInt64 { regions.reduce(0) { $0 &+ $1.changedByteCount } }

  var json: JSON {
    [
      "ok": JSON(problems.isEmpty),
      "same": JSON(isSameState),
      "old": ["path": JSON(paths.old), "id": JSON(snapshotIDs.old)],
      "new": ["path": JSON(paths.new), "id": JSON(snapshotIDs.new)],
      "changedBytes": JSON(changedByteCount),
      "seconds": JSON(seconds),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "deviceReason": JSON(backend.reason),
      "regions": .array(regions.map(\.json)),
      "problems": JSON(problems),
      "notices": .array([]),
      "warnings": backend.warningsJSON,
    ]
  }

  func text(on stream: StandardStream, isVerbose: Bool) -> String {
    var table = Table([
      .init(title: "CHANGE"), .init(title: "REGION", isFlexible: true), .init(title: "TYPE", dropRank: 3),
      .init(title: "BLOCKS", alignment: .right, dropRank: 2), .init(title: "BYTES", alignment: .right),
      .init(title: "LARGEST", alignment: .right, dropRank: 4), .init(title: "ALSO", dropRank: 1),
    ])
    let shown = regions.filter { isVerbose || $0.kind != .equal || $0.isIncomplete }
    for region in shown { table.append(region.cells) }
    let equal = regions.count { $0.kind == .equal }
    let verdict =
      isSameState
      ? Style.good.apply(to: "the same state", on: stream)
      : "\(regions.count - equal) of \(Quantity.count(regions.count, "region")) differ"
    let amount = isSameState ? "" : ", \(Quantity.bytes(changedByteCount)) changed"
    return (shown.isEmpty ? "" : table.text(on: stream)) + "\(verdict)\(amount)\n"
  }
}

extension RegionDifference {
  fileprivate var json: JSON {
    [
      "name": JSON(name),
      "change": JSON(kind.rawValue),
      "old": old.map(Self.json) ?? .null,
      "new": new.map(Self.json) ?? .null,
      "blocks": JSON(blockCount),
      "changedBlocks": JSON(changedBlockCount),
      "changedBytes": JSON(changedByteCount),
      "incomplete": JSON(isIncomplete),
      "largestDifference": values.map { JSON(min($0.largest, .greatestFiniteMagnitude)) } ?? .null,
      "nonFiniteChanges": values.map { JSON($0.nonFiniteCount) } ?? .null,
      "attributes": .array(attributes.map { JSON($0) }),
    ]
  }

  private static func json(_ region: RegionDescriptor) -> JSON {
    [
      "component": JSON(region.component.name),
      "elementType": JSON(region.elementType.name),
      "shape": JSON(region.shape),
      "bytes": JSON(region.byteCount),
      "quantization": region.quantization?.json ?? .null,
      "blake3": JSON(region.root.hexadecimal),
    ]
  }

  /// What was allowed is part of what differs.
  private var boundsText: [String] {
    guard let old, let new, old.quantization != nil || new.quantization != nil else {
      return (old ?? new)?.quantization.map { ["within \($0.mode.text)"] } ?? []
    }
    let texts = [old, new].map { $0.quantization?.mode.text ?? "exact" }
    return [texts[0] == texts[1] ? "within \(texts[0])" : "\(texts[0]) → \(texts[1])"]
  }

  fileprivate var cells: [String] {
    var largest = ""
    if let values {
      largest =
        values.largest.isFinite
        ? Quantity.significant(values.largest) : Quantity.significant(fourTimes: values.quarterOfLargest)
      if values.nonFiniteCount > 0 { largest += " (\(values.nonFiniteCount) not finite)" }
    }
    return [
      kind.rawValue, name, (new ?? old)?.elementType.name ?? "",
      (isIncomplete ? "at least " : "") + "\(changedBlockCount) of \(blockCount)",
      Quantity.bytes(changedByteCount), largest, (attributes + boundsText).joined(separator: ", "),
    ]
  }
}
