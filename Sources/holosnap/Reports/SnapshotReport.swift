import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloReports

extension SnapshotReport {
  /// Of a snapshot that is relative to another: which, and how much of the state it stores.
  private var base: String? {
    guard let parent = summary.parent else { return nil }
    return "\(parent.prefix(12)); \(Quantity.bytes(summary.changedBytes)) of blocks and chunks differ from it"
  }

  /// - Parameter backend: what computed it, and why if that is known.
  func facts(
    backend: String, format: String? = nil, layout: String? = nil, on stream: StandardStream
  ) -> String {
    let taken = Quantity.date(summary.created)
    return Table.facts(
      [
        "id": id,
        "series": summary.series,
        "taken": "\(taken) UTC, \(summary.type), \(summary.reason), on \(summary.host)",
        "state":
          "\(Quantity.count(Int(clamping: totals.regionCount), "region")), \(Quantity.bytes(rawByteCount))",
        "base": base,
        "bounds": regions.map(\.descriptor).boundsText,
        "root": stateRoot,
        "stored": Quantity.stored(storedByteCount, raw: rawByteCount),
        "time": Quantity.time(seconds, bytes: rawByteCount),
        "pause": summary.pause.map {
          "\(Quantity.seconds(Double($0.nanoseconds) / 1e9)) of the program, \($0.mode.printable)"
        },
        "backend": backend,
        "format": format,
        "layout": layout,
      ], on: stream)
  }

  func regionTable(on stream: StandardStream) -> String {
    let isQuantized = regions.contains { $0.descriptor.quantization != nil }
    let bounds: [Table.Column] = [
      .init(title: "BOUND", dropRank: 9), .init(title: "LARGEST ERROR", alignment: .right, dropRank: 8),
      .init(title: "PSNR", alignment: .right, dropRank: 7),
    ]
    var table = Table(
      [
        .init(title: "REGION", isFlexible: true), .init(title: "COMPONENT", dropRank: 2),
        .init(title: "TYPE", dropRank: 6), .init(title: "SHAPE", dropRank: 5), .init(title: "SIZE", alignment: .right),
        .init(title: "STORED", alignment: .right, dropRank: 4), .init(title: "RATIO", alignment: .right, dropRank: 3),
      ] + (isQuantized ? bounds : []) + [.init(title: "BLAKE3", dropRank: 1)])
    for region in regions {
      let descriptor = region.descriptor
      table.append(
        [
          descriptor.name, descriptor.component.name, descriptor.elementType.name,
          descriptor.shapeText, Quantity.bytes(descriptor.byteCount),
          Quantity.bytes(region.storedByteCount),
          Quantity.ratio(raw: descriptor.byteCount, stored: region.storedByteCount),
        ] + (isQuantized ? descriptor.quantization.cells : []) + [String(descriptor.root.hexadecimal.prefix(12))])
    }
    return table.text(on: stream)
  }
}

extension CaptureReport {
  var json: JSON {
    snapshot.json + [
      "deviceReason": JSON(backend.reason),
      "notices": JSON(notices),
      "warnings": backend.warningsJSON,
      "regions": snapshot.regionsJSON,
    ]
  }

  func text(on stream: StandardStream, isVerbose: Bool) -> String {
    let title = Style.strong.apply(to: (path ?? "").printable, on: stream)
    let regions = isVerbose ? "\n" + snapshot.regionTable(on: stream) : ""
    return "created \(title)\n" + snapshot.facts(backend: backend.text, on: stream) + regions
  }
}

extension SnapshotDescription {
  /// - Parameter layout: with it every region is told of at length, without it a line each.
  func text(on stream: StandardStream, layout: StoredLayout?) -> String {
    let title = Style.strong.apply(to: path.printable, on: stream)
    let facts = snapshot.facts(
      backend: "\(summary.backend): \(summary.device)",
      format: "\(format.name) \(formatVersion), \(summary.type), by \(summary.creator)", layout: layout?.text,
      on: stream)
    guard let layout else { return "\(title)\n\(facts)\n" + snapshot.regionTable(on: stream) }
    let details = zip(regions, layout.regions).map {
      "\n" + $0.details(on: stream, chunks: $1, isRelative: summary.parent != nil)
    }
    return "\(title)\n\(facts)" + details.joined()
  }
}

extension BackendSummary {
  var text: String { "\(kind.rawValue): \(device) — \(reason)" }

  var warningsJSON: JSON { JSON(warning.map { [$0] } ?? []) }
}
