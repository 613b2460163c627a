import HoloModel
import HoloSystem

/// Searches a file for the beginnings of segments and manifests, a window at a time.
struct ScanWindow {
  struct Candidate {
    var offset: UInt64
    var isManifest: Bool
  }

  private let source: any RandomAccessSource
  private let path: String
  private var bytes: [UInt8] = []
  private var start: UInt64 = 0

  private static let byteCount: UInt64 = 4 << 20
  /// Magic, size and tag: what a beginning is known by.
  private static let beginByteCount = 16

  init(source: any RandomAccessSource, path: String) {
    self.source = source
    self.path = path
  }

  /// The first beginning at or after an offset.
  mutating func nextCandidate(from offset: UInt64) throws(FormatError) -> Candidate? {
    var offset = offset
    while source.byteCount >= UInt64(Self.beginByteCount), offset <= source.byteCount - UInt64(Self.beginByteCount) {
      if offset < start || offset + UInt64(Self.beginByteCount) > start + UInt64(bytes.count) {
        bytes = try source.bytes(at: offset, count: min(Self.byteCount, source.byteCount - offset), path: path)
        start = offset
      }
      if let found = find(from: Int(offset - start)) {
        return Candidate(offset: start + UInt64(found.position), isManifest: found.isManifest)
      }
      offset = start + UInt64(bytes.count - Self.beginByteCount + 1)
    }
    return nil
  }

  private func find(from position: Int) -> (position: Int, isManifest: Bool)? {
    bytes.withUnsafeBytes { buffer in
      var index = position
      while index <= buffer.count - Self.beginByteCount {
        // Both magics end in the same three bytes, and differ in the first: 59 or 5A.
        if buffer[index] == 0x59 || buffer[index] == 0x5A {
          let begin = UnsafeRawBufferPointer(rebasing: buffer[index..<(index + Self.beginByteCount)])
          if SegmentStart.hasTag(begin) { return (index, false) }
          if Manifest.hasTag(begin) { return (index, true) }
        }
        index += 1
      }
      return nil
    }
  }
}
