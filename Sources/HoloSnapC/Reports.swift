import CHoloSnap
import HoloEngine

// Unsafe here: reports of the caller, whose sizes were checked.

extension UnsafeMutablePointer<holosnap_capture_report> {
  /// Fills a zeroed report.
  func put(_ outcome: CaptureJob.Outcome, of job: CaptureJob) {
    let report = outcome.report
    holosnap_capture_report_id(self).put(report.snapshotID)
    holosnap_capture_report_path(self).put(path: report.path ?? "")
    let notices = report.notices + outcome.moment.notices + (report.backend.warning.map { [$0] } ?? [])
    holosnap_capture_report_notices(self).put(notices.joined(separator: "\n"))
    pointee.raw_bytes = report.rawByteCount
    pointee.stored_bytes = report.storedByteCount
    pointee.changed_bytes = report.regions.reduce(0) { $0 + $1.changedByteCount }
    pointee.copied_bytes = UInt64(outcome.moment.copiedByteCount)
    pointee.staging_bytes = UInt64(outcome.stagingByteCount)
    pointee.pause_nanoseconds = job.watch.nanoseconds
    pointee.quiesce_count = job.watch.quiesceCount
    pointee.mode = job.mode.rawValue
    pointee.seconds = job.activity.progress.seconds
    pointee.flags =
      UInt32(job.watch.isMissed ? HOLOSNAP_PAUSE_MISSED : 0)
      | UInt32(outcome.moment.hasAllocated ? HOLOSNAP_ALLOCATED_WHILE_QUIET : 0)
  }
}

extension UnsafeMutablePointer<holosnap_restore_report> {
  /// Fills a zeroed report.
  func put(_ outcome: RestoreCall.Outcome) {
    holosnap_restore_report_id(self).put(outcome.snapshotID)
    holosnap_restore_report_path(self).put(path: outcome.path)
    holosnap_restore_report_notices(self).put(outcome.notices.joined(separator: "\n"))
    pointee.raw_bytes = outcome.byteCount
    pointee.pause_nanoseconds = outcome.pauseNanoseconds
    pointee.seconds = outcome.seconds
  }
}

extension UnsafeMutablePointer<holosnap_verify_report> {
  /// Fills a zeroed report.
  func put(_ report: SnapshotCheck) {
    holosnap_verify_report_id(self).put(report.outcome.snapshotID?.hexadecimal ?? "")
    holosnap_verify_report_path(self).put(path: report.path)
    pointee.raw_bytes = report.outcome.checkedByteCount
    pointee.problem_count = UInt64(report.outcome.problems.count)
    pointee.seconds = report.seconds
  }
}
