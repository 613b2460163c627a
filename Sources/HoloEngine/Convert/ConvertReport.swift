import HoloCompute
import HoloFormat

/// What `convert` reads and writes.
package enum ConversionFormat: String, Sendable, CaseIterable {
  case hwp, wave
  /// `WAVEV001`: one region of c128, as the core's own snapshots have it.
  case legacy
}

/// What was converted.
package struct ConvertReport: Sendable {
  /// Of what was read, whatever the snapshot was called.
  package var inputPath: String
  package var path: String
  package var format: ConversionFormat
  package var regionCount: Int
  /// Bytes of the regions.
  package var rawByteCount: UInt64
  /// Bytes of the file that was written.
  package var storedByteCount: UInt64
  /// Of the new container; nil for a legacy file, which has none.
  package var snapshotID: String?
  package var stateRoot: String?
  package var seconds: Double
  package var backend: BackendSummary
  package var notices: [String]
}

extension ConvertReport {
  /// - Parameter start: of the conversion, by ``Clock``.
  init(_ report: CaptureReport, inputPath: String, path: String, format: ConversionFormat, start: UInt64) {
    self.init(
      inputPath: inputPath, path: path, format: format, regionCount: report.regions.count,
      rawByteCount: report.rawByteCount,
      storedByteCount: report.storedByteCount, snapshotID: report.snapshotID, stateRoot: report.stateRoot,
      seconds: Clock.seconds(since: start), backend: report.backend, notices: report.notices)
  }
}
