import HoloEngine
import HoloFormat
import HoloSystem

extension Judge {
  static func readArchive(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    let source = MemorySource(bytes)
    guard
      let directory = try noSystemError({ () throws(SystemError) in try ZipDirectory.read(source) })
    else { return .refused }
    var names: Set<[UInt8]> = []
    var end: UInt64 = 0
    for member in directory.members {
      try require(names.insert(member.name).inserted, "two members of one name")
      try require(member.offset >= end && member.offset <= source.byteCount, "members overlap")
      try require(member.storedByteCount <= source.byteCount - member.offset, "a member goes past the file")
      end = member.offset + member.storedByteCount
      switch member.method {
      case .stored: try require(member.byteCount == member.storedByteCount, "a stored member of two sizes")
      case .deflated: try inflate(member, of: source)
      case .other: break
      }
    }
    return .accepted
  }

  /// Reads a member twice, in steps of different sizes: what comes out is the same, and no more than is said to.
  private static func inflate(_ member: ZipDirectory.Member, of source: MemorySource) throws(FormatError) {
    let first = try inflated(member, of: source, step: 4_096)
    let second = try inflated(member, of: source, step: 61)
    try require(first == second, "two readings differ")
    try require(first.map { $0.count == member.byteCount } ?? true, "\(first?.count ?? 0) bytes of \(member.byteCount)")
  }

  private struct Content: Equatable {
    var count: UInt64 = 0
    /// FNV-1a.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  }

  /// Nil where the member is damaged.
  private static func inflated(
    _ member: ZipDirectory.Member, of source: MemorySource, step: Int
  ) throws(FormatError) -> Content? {
    var content = Content()
    do throws(FormatError) {
      var reader = try InflatingReader(member, of: source, path: path)
      var part = [UInt8](repeating: 0, count: step)
      while true {
        let count = try part.withUnsafeMutableBufferPointer { (part) throws(FormatError) in
          try reader.read(into: UnsafeMutableRawBufferPointer(part))
        }
        if count == 0 { return content }
        content.count += UInt64(count)
        for byte in part[..<count] { content.hash = (content.hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        // One bit gives 258 bytes at most.
        try require(
          content.count <= min(member.byteCount, 2_064 * member.storedByteCount), "\(content.count) bytes come out")
      }
    } catch {
      try allow(error)
      return nil
    }
  }
}
