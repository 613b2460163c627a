import HoloEngine
import HoloFormat
import HoloModel

/// What `create` and `inspect` both tell of a snapshot.
package struct SnapshotReport {
  package var id: String
  package var path: String?
  package var summary: Summary
  package var totals: ContainerTotals
  package var storedByteCount: UInt64
  package var seconds: Double
  package var regions: [CaptureReport.Region]

  package init(
    id: String, path: String?, summary: Summary, totals: ContainerTotals, storedByteCount: UInt64, seconds: Double,
    regions: [CaptureReport.Region]
  ) {
    self.id = id
    self.path = path
    self.summary = summary
    self.totals = totals
    self.storedByteCount = storedByteCount
    self.seconds = seconds
    self.regions = regions
  }

  package var stateRoot: String { totals.stateRoot.hexadecimal }
  package var rawByteCount: UInt64 { totals.byteCount }

  package var json: JSON {
    [
      "id": JSON(id),
      "path": JSON(path),
      "type": JSON(summary.type),
      "series": JSON(summary.series),
      "reason": JSON(summary.reason),
      "parent": JSON(summary.parent),
      "stateRoot": JSON(stateRoot),
      "rawBytes": JSON(rawByteCount),
      "storedBytes": JSON(storedByteCount),
      "seconds": JSON(seconds),
      "backend": JSON(summary.backend),
      "device": JSON(summary.device),
      "priority": JSON(summary.priority),
      "host": JSON(summary.host),
      "created": JSON(summary.created),
      "formatVersion": JSON(summary.formatVersion),
      "pause": summary.pause?.json ?? .null,
    ]
  }

  /// The regions' keys of the contract, and ours after them.
  package var regionsJSON: JSON {
    .array(
      regions.map { region in
        let descriptor = region.descriptor
        return [
          "name": JSON(descriptor.name),
          "component": JSON(descriptor.component.name),
          "elementType": JSON(descriptor.elementType.name),
          "shape": JSON(descriptor.shape),
          "bytes": JSON(descriptor.byteCount),
          "storedBytes": JSON(region.storedByteCount),
          "blake3": JSON(descriptor.root.hexadecimal),
          "quantization": descriptor.quantization?.json ?? .null,
          "changedBytes": JSON(region.changedByteCount),
          "headerBytes": JSON(descriptor.header.count),
          "tailBytes": JSON(descriptor.tail.count),
          "changedWhileRead": JSON(descriptor.changedWhileRead),
          "chunking": JSON(descriptor.chunking == .grid ? "grid" : "content"),
          "blobVersion": descriptor.blobVersion.map { JSON(UInt64($0)) } ?? .null,
          "member": descriptor.member.map { ["host": JSON($0.host), "offset": JSON($0.offset)] } ?? .null,
        ]
      })
  }
}

extension CaptureReport {
  /// What it has in common with what `inspect` tells.
  package var snapshot: SnapshotReport {
    SnapshotReport(
      id: snapshotID, path: path, summary: summary, totals: totals,
      storedByteCount: storedByteCount, seconds: seconds, regions: regions)
  }
}

extension SnapshotDescription {
  /// What it has in common with a capture's report.
  package var snapshot: SnapshotReport {
    SnapshotReport(
      id: snapshotID, path: path, summary: summary, totals: totals,
      storedByteCount: storedByteCount, seconds: summary.seconds, regions: regions)
  }

  package var json: JSON {
    snapshot.json + [
      "format": JSON(format.rawValue),
      "ancestors": JSON(ancestors),
      "directoryCount": JSON(directories.count),
      "regions": snapshot.regionsJSON,
    ]
  }
}

extension Summary.Pause {
  fileprivate var json: JSON {
    [
      "mode": JSON(mode), "nanoseconds": JSON(nanoseconds), "copiedBytes": JSON(copiedByteCount),
      "stagingBytes": JSON(stagingByteCount),
    ]
  }
}
