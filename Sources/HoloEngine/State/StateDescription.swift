import HoloFormat

/// A state that is to be captured: its regions in order, its directories, and what the user should know of it.
package struct StateDescription: Sendable {
  package var regions: [RegionSource]
  /// Parents before children.
  package var directories: [DirectoryEntry]
  /// Of the directory that is the state; nil where it is several, or of files.
  package var root: FileAttributes?
  /// What was left out, a sentence each.
  package var notices: [String]
  /// The series that the state belongs to where the user names none.
  package var series: String
  /// Of a state in the memory of a program: how long that was stopped, asked for when the manifest is made.
  package var pause: (@Sendable () -> Summary.Pause)?

  package init(
    regions: [RegionSource], directories: [DirectoryEntry] = [], root: FileAttributes? = nil, notices: [String] = [],
    series: String
  ) {
    self.regions = regions
    self.directories = directories
    self.root = root
    self.notices = notices
    self.series = series
  }

  /// Bytes of all regions.
  package var byteCount: UInt64 { regions.reduce(0) { $0 + $1.byteCount } }
}
