/// A run of bytes of a file.
package struct FileExtent: Hashable, Sendable {
  package var offset: UInt64
  package var byteCount: UInt64

  /// It ends before the end of any file: at most 2⁶³ − 1.
  package init(offset: UInt64, byteCount: UInt64) {
    self.offset = offset
    self.byteCount = byteCount
  }

  package var end: UInt64 { offset + byteCount }

  /// What these runs leave of a file, in order. They are in order, do not overlap, and end within it.
  package static func gaps(between extents: some Sequence<FileExtent>, fileByteCount: UInt64) -> [FileExtent] {
    var gaps: [FileExtent] = []
    var end: UInt64 = 0
    for extent in extents {
      if extent.offset > end { gaps.append(FileExtent(offset: end, byteCount: extent.offset - end)) }
      end = extent.end
    }
    if fileByteCount > end { gaps.append(FileExtent(offset: end, byteCount: fileByteCount - end)) }
    return gaps
  }
}
