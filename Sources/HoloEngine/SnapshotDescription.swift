import HoloFormat

/// A line of `holosnap list`.
package struct SnapshotListing: Sendable {
  package var fileName: String
  package var path: String
  package var byteCount: UInt64
  package var snapshotID: String?
  package var summary: Summary?
  package var totals: ContainerTotals?
  /// Why it cannot be read; then the three above are nil.
  package var problem: Problem?
}

/// What `holosnap inspect` shows.
package struct SnapshotDescription: Sendable {
  package var path: String
  package var snapshotID: String
  package var format: ContainerFormat
  package var formatVersion: String
  package var summary: Summary
  package var totals: ContainerTotals
  package var storedByteCount: UInt64
  package var regions: [CaptureReport.Region]
  package var directories: [DirectoryEntry]
  /// Snapshot ids that it needs.
  package var ancestors: [String]

  package var stateRoot: String { totals.stateRoot.hexadecimal }
  package var rawByteCount: UInt64 { totals.byteCount }
}
