import HoloFormat
import HoloModel

/// A container that lies in a store.
package struct StoreEntry: Sendable {
  package enum Content: Sendable {
    case snapshot(Snapshot)
    /// It cannot be read: why.
    case damaged(FormatError)
  }

  /// What the container says of itself.
  package struct Snapshot: Sendable {
    package var id: Digest256
    package var containerID: Digest128
    /// Since 1970-01-01T00:00:00Z.
    package var createdNanoseconds: Int64
    package var summary: Summary
    package var totals: ContainerTotals
    /// The other containers that it needs.
    package var ancestorIDs: [Digest128]
  }

  package var fileName: String
  package var path: String
  package var byteCount: UInt64
  /// Of the file, in seconds since 1970-01-01T00:00:00Z: what a damaged container is sorted by.
  package var modifiedSeconds: Int64
  package var content: Content

  package var snapshot: Snapshot? {
    if case .snapshot(let snapshot) = content { snapshot } else { nil }
  }

  /// Newer first; of the same moment by name, backwards, so that `_10` stands before `_2`, and that before the one without.
  static func isNewer(_ left: Self, _ right: Self) -> Bool {
    let (leftTime, rightTime) = (left.sortNanoseconds, right.sortNanoseconds)
    guard leftTime == rightTime else { return leftTime > rightTime }
    return (left.fileName.utf8.count, left.fileName) > (right.fileName.utf8.count, right.fileName)
  }

  private var sortNanoseconds: Int64 {
    if let snapshot { return snapshot.createdNanoseconds }
    // Of the second in which it was written, the last moment: rather told of than passed over in silence.
    let (start, overflow) = modifiedSeconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (end, pastEnd) = start.addingReportingOverflow(999_999_999)
    return overflow || pastEnd ? (modifiedSeconds < 0 ? .min : .max) : end
  }
}
