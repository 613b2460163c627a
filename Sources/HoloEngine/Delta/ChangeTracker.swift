import HoloModel

/// What knows where regions in memory may have been written to: a page tracker, or an application that tells.
///
/// A capture relative to a snapshot neither reads nor hashes the chunks of which it says that nothing has written to them: they are pointed at. So
/// it must name every byte that may differ, and may name others. It is asked once for each region, before the region's first byte is
/// read; who keeps it sees to it that the state is quiet from there until that byte is copied. Any thread.
package protocol ChangeTracker: AnyObject, Sendable {
  /// The bytes of a region that may differ from what it was in a snapshot; nil where that is not known, and all of it is to be compared.
  ///
  /// - Parameter base: id of that snapshot.
  func changes(of region: String, since base: Digest256) -> ByteRanges?
}
