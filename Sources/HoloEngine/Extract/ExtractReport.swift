import HoloCompute
import HoloFormat

/// Where a region's bytes go.
package enum ExtractDestination: Sendable {
  /// A file that does not exist yet: it is there whole, or not at all.
  case file(path: String)
  /// Bytes in order, as they are proved. What was written before damage was met stays written.
  case standardOutput
}

/// What was extracted.
package struct ExtractReport: Sendable {
  /// Of the container, whatever the snapshot was called.
  package var snapshotPath: String
  package var region: RegionDescriptor
  /// Of the file; nil for standard output.
  package var path: String?
  package var seconds: Double
  package var backend: BackendSummary
  package var notices: [String]
}
