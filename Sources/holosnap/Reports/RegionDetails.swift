import HoloEngine
import HoloFormat

extension CaptureReport.Region {
  /// All there is to say of a region.
  ///
  /// - Parameter isRelative: part of it may stand in other snapshots.
  func details(on stream: StandardStream, chunks: StoredLayout.Chunks, isRelative: Bool) -> String {
    func list(_ counts: StoredLayout.Counts) -> String {
      counts.map { counts.count == 1 ? $0.name : "\($0.chunkCount) \($0.name)" }.joined(separator: ", ")
    }
    let count = Quantity.count(chunks.count, "chunk") + (descriptor.chunking == .content ? " cut by content" : "")
    let shape = descriptor.shape.isEmpty ? "" : ", \(descriptor.shapeText)"
    return Style.strong.apply(to: descriptor.name.printable, on: stream) + "\n"
      + Table.facts(
        [
          "component": descriptor.component.name,
          "type": descriptor.elementType.name + shape,
          "size": Quantity.exactBytes(descriptor.byteCount),
          "stored": Quantity.stored(storedByteCount, raw: descriptor.byteCount, as: Quantity.exactBytes),
          "chunks": isRelative && chunks.count > 0 ? list(chunks.kinds) : nil,
          "coding": count + (chunks.codings.isEmpty ? "" : ": " + list(chunks.codings)),
          "quantized": descriptor.quantizationText,
          "header": descriptor.header.isEmpty ? nil : "\(Quantity.count(descriptor.header.count, "byte")) of the file",
          "tail": descriptor.tail.isEmpty ? nil : "\(Quantity.count(descriptor.tail.count, "byte")) of the file",
          "member": descriptor.member.map { "of \($0.host.printable), from byte \($0.offset) on" },
          "host": descriptor.fileByteCount.map { "of a file of \(Quantity.exactBytes($0))" },
          "blob": descriptor.blobVersion.map { "version \($0), written by the program" },
          "mode": descriptor.permissions.map { String($0, radix: 8) },
          "modified": descriptor.modified?.text,
          "changed": descriptor.changedWhileRead ? "while it was read" : nil,
          "blake3": descriptor.root.hexadecimal,
        ], on: stream)
  }
}

extension Timestamp {
  /// Nil of a time that is centuries away: a container may claim anything.
  fileprivate var text: String? {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? nil : "\(Quantity.date(RFC3339.text(nanosecondsSinceEpoch: product))) UTC"
  }
}

extension RegionDescriptor {
  /// `3276×1024`.
  var shapeText: String { shape.map(String.init).joined(separator: "×") }
}
