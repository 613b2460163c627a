import HoloFormat
import HoloSystem

/// Where the members of a ZIP archive lie (APPNOTE.TXT 6.3.10), as `.npz` files are: one disk, ZIP64 where it is
/// needed, nothing that overlaps.
package struct ZipDirectory: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package enum Method: Hashable, Sendable {
      case stored
      case deflated
      /// Encrypted, or compressed in another way.
      case other
    }

    package var name: [UInt8]
    package var method: Method
    /// Of its data in the archive.
    package var offset: UInt64
    package var storedByteCount: UInt64
    /// Of what comes out of it.
    package var byteCount: UInt64
    package var crc32: UInt32
  }

  /// In the order of their data.
  package let members: [Member]

  /// The longest central directory that is taken: it lies in memory while a state is looked at.
  package static let directoryByteLimit: UInt64 = 16 << 20

  /// Nil where the file is no archive, or one with anything in it that is not as it should be: such a file is plain
  /// bytes, never an error.
  package static func read(_ source: some RandomAccessSource) throws(SystemError) -> ZipDirectory? {
    do throws(FormatError) {
      return ZipDirectory(members: try ZipDirectoryReader(source: source).members())
    } catch {
      if let cause = error.cause { throw cause }
      return nil
    }
  }
}

/// What of a member's size and place a header says in 32 bits, or leaves to its ZIP64 field.
private struct ZipExtents {
  var byteCount: UInt64
  var storedByteCount: UInt64
  var offset: UInt64

  /// Replaces what is all ones by the values of the ZIP64 field (4.5.3), of which there is exactly one then.
  mutating func complete(from extra: consuming ByteCursor) throws(FormatError) {
    var isComplete = false
    while extra.remaining > 0 {
      let tag: UInt16 = try extra.read()
      let length: UInt16 = try extra.read()
      var field = try extra.cursor(over: Int(length))
      guard tag == 1 else { continue }
      guard !isComplete else { throw extra.malformed("a second ZIP64 field") }
      isComplete = true
      if byteCount == Self.elsewhere { byteCount = try field.read() }
      if storedByteCount == Self.elsewhere { storedByteCount = try field.read() }
      if offset == Self.elsewhere { offset = try field.read() }
    }
    let isWanted = byteCount == Self.elsewhere || storedByteCount == Self.elsewhere || offset == Self.elsewhere
    guard isComplete || !isWanted else { throw extra.malformed("there is no ZIP64 field") }
  }

  static let elsewhere = UInt64(UInt32.max)
}

/// Reads from the archive's end to its members' headers. Whatever is odd is an error of the format.
private struct ZipDirectoryReader<Source: RandomAccessSource> {
  let source: Source

  private enum Signature {
    static var local: UInt32 { 0x0403_4B50 }
    static var central: UInt32 { 0x0201_4B50 }
    static var end: UInt32 { 0x0605_4B50 }
    static var end64: UInt32 { 0x0606_4B50 }
    static var locator64: UInt32 { 0x0706_4B50 }
  }

  private enum Size {
    static var local: UInt64 { 30 }
    static var end: UInt64 { 22 }
    static var end64: UInt64 { 56 }
    static var locator64: UInt64 { 20 }
    static var comment: UInt64 { 65_535 }
  }

  private struct Directory {
    var offset: UInt64
    var byteCount: UInt64
    var entryCount: UInt64
    /// Where the record begins that says so.
    var end: UInt64
  }

  /// A member, and where its local header begins.
  private struct Entry {
    var member: ZipDirectory.Member
    var flags: UInt16
    var method: UInt16
    var headerOffset: UInt64
  }

  func members() throws(FormatError) -> [ZipDirectory.Member] {
    let directory = try findDirectory()
    guard directory.byteCount <= ZipDirectory.directoryByteLimit, directory.offset <= directory.end,
      directory.end - directory.offset == directory.byteCount
    else { throw malformed("the central directory is not where it is said to be", at: directory.end) }
    var cursor = try self.cursor(at: directory.offset, count: directory.byteCount)
    var entries: [Entry] = []
    var names: Set<[UInt8]> = []
    while cursor.remaining > 0 {
      let entry = try readEntry(&cursor)
      guard names.insert(entry.member.name).inserted else { throw cursor.malformed("two members of one name") }
      entries.append(entry)
    }
    guard entries.count == directory.entryCount else { throw cursor.malformed("another number of members") }
    entries.sort { $0.headerOffset < $1.headerOffset }
    var end: UInt64 = 0
    var members: [ZipDirectory.Member] = []
    members.reserveCapacity(entries.count)
    for entry in entries {
      guard entry.headerOffset >= end else { throw malformed("members overlap", at: entry.headerOffset) }
      var member = entry.member
      member.offset = try findData(of: entry, before: directory.offset)
      end = member.offset + member.storedByteCount
      members.append(member)
    }
    return members
  }

  /// By the record at the archive's end, behind which only its own comment stands.
  private func findDirectory() throws(FormatError) -> Directory {
    let count = min(source.byteCount, Size.end + Size.comment)
    let base = source.byteCount - count
    let bytes = try source.bytes(at: base, count: count, path: "")
    for position in stride(from: bytes.count - Int(Size.end), through: 0, by: -1)
    where bytes[position] == UInt8(truncatingIfNeeded: Signature.end) {
      var cursor = ByteCursor(bytes, range: position..<bytes.count, path: "", base: base)
      guard try cursor.read(UInt32.self) == Signature.end else { continue }
      let disks: UInt32 = try cursor.read()
      let entryCountOfDisk: UInt16 = try cursor.read()
      let entryCount: UInt16 = try cursor.read()
      let byteCount: UInt32 = try cursor.read()
      let offset: UInt32 = try cursor.read()
      guard try Int(cursor.read(UInt16.self)) == cursor.remaining else { continue }
      guard disks == 0, entryCountOfDisk == entryCount else { throw cursor.malformed("an archive of several disks") }
      let end = base + UInt64(position)
      let directory = Directory(
        offset: UInt64(offset), byteCount: UInt64(byteCount), entryCount: UInt64(entryCount), end: end)
      let isWhole = entryCount != .max && byteCount != .max && offset != .max
      return isWhole ? directory : try findDirectory64(before: end, completing: directory)
    }
    throw malformed("this is no ZIP archive", at: base)
  }

  /// By the ZIP64 record; what the other one says itself must be the same.
  private func findDirectory64(before end: UInt64, completing other: Directory) throws(FormatError) -> Directory {
    guard end >= Size.locator64 + Size.end64 else { throw malformed("there is no ZIP64 record", at: 0) }
    var locator = try cursor(at: end - Size.locator64, count: Size.locator64)
    guard try locator.read(UInt32.self) == Signature.locator64, try locator.read(UInt32.self) == 0 else {
      throw locator.malformed("there is no ZIP64 locator")
    }
    let start: UInt64 = try locator.read()
    // The record has no data of its own here, so that it stands right before its locator.
    guard try locator.read(UInt32.self) == 1, start == end - Size.locator64 - Size.end64 else {
      throw locator.malformed("the ZIP64 record is not where it is said to be")
    }
    var cursor = try self.cursor(at: start, count: Size.end64)
    guard try cursor.read(UInt32.self) == Signature.end64, try cursor.read(UInt64.self) == Size.end64 - 12 else {
      throw cursor.malformed("the ZIP64 record is malformed")
    }
    _ = try cursor.skip(4)
    let disks: UInt64 = try cursor.read()
    let entryCountOfDisk: UInt64 = try cursor.read()
    let entryCount: UInt64 = try cursor.read()
    let byteCount: UInt64 = try cursor.read()
    let offset: UInt64 = try cursor.read()
    guard disks == 0, entryCountOfDisk == entryCount,
      other.entryCount == entryCount || other.entryCount == UInt64(UInt16.max),
      other.byteCount == byteCount || other.byteCount == ZipExtents.elsewhere,
      other.offset == offset || other.offset == ZipExtents.elsewhere
    else { throw cursor.malformed("the archive's end contradicts itself") }
    return Directory(offset: offset, byteCount: byteCount, entryCount: entryCount, end: start)
  }

  private func readEntry(_ cursor: inout ByteCursor) throws(FormatError) -> Entry {
    guard try cursor.read(UInt32.self) == Signature.central else {
      throw cursor.malformed("no member of the central directory stands here")
    }
    _ = try cursor.skip(4)
    let flags: UInt16 = try cursor.read()
    let method: UInt16 = try cursor.read()
    _ = try cursor.skip(4)
    let crc32: UInt32 = try cursor.read()
    let storedByteCount: UInt32 = try cursor.read()
    let byteCount: UInt32 = try cursor.read()
    let nameByteCount: UInt16 = try cursor.read()
    let extraByteCount: UInt16 = try cursor.read()
    let commentByteCount: UInt16 = try cursor.read()
    guard try cursor.read(UInt16.self) == 0 else { throw cursor.malformed("a member on another disk") }
    _ = try cursor.skip(6)
    let offset: UInt32 = try cursor.read()
    let name = try cursor.read(count: Int(nameByteCount))
    var extents = ZipExtents(
      byteCount: UInt64(byteCount), storedByteCount: UInt64(storedByteCount), offset: UInt64(offset))
    try extents.complete(from: try cursor.cursor(over: Int(extraByteCount)))
    _ = try cursor.skip(Int(commentByteCount))

    let isEncrypted = flags & Flag.encryption != 0
    let kind: ZipDirectory.Member.Method =
      switch method {
      case 0 where !isEncrypted: .stored
      case 8 where !isEncrypted: .deflated
      default: .other
      }
    guard kind != .stored || extents.storedByteCount == extents.byteCount else {
      throw cursor.malformed("a stored member of two sizes")
    }
    let member = ZipDirectory.Member(
      name: name, method: kind, offset: 0, storedByteCount: extents.storedByteCount, byteCount: extents.byteCount,
      crc32: crc32)
    return Entry(member: member, flags: flags, method: method, headerOffset: extents.offset)
  }

  /// Reads the local header, which must say the same, and gives where the data behind it begin.
  private func findData(of entry: Entry, before end: UInt64) throws(FormatError) -> UInt64 {
    let member = entry.member
    var header = try cursor(at: entry.headerOffset, count: Size.local)
    guard try header.read(UInt32.self) == Signature.local else {
      throw header.malformed("no member stands here")
    }
    _ = try header.skip(2)
    let flags: UInt16 = try header.read()
    let method: UInt16 = try header.read()
    _ = try header.skip(4)
    let crc32: UInt32 = try header.read()
    let storedByteCount: UInt32 = try header.read()
    let byteCount: UInt32 = try header.read()
    let nameByteCount: UInt16 = try header.read()
    let extraByteCount: UInt16 = try header.read()
    let nameOffset = entry.headerOffset + Size.local
    var rest = try cursor(at: nameOffset, count: UInt64(nameByteCount) + UInt64(extraByteCount))
    guard try rest.read(count: Int(nameByteCount)) == member.name, flags == entry.flags, method == entry.method else {
      throw header.malformed("a member that is another in the central directory")
    }
    var extents = ZipExtents(byteCount: UInt64(byteCount), storedByteCount: UInt64(storedByteCount), offset: 0)
    try extents.complete(from: try rest.cursor(over: Int(extraByteCount)))
    // With a descriptor behind the data, the header was written before these were known.
    let isSame =
      extents.byteCount == member.byteCount && extents.storedByteCount == member.storedByteCount
      && crc32 == member.crc32
    let isOpen = extents.byteCount == 0 && extents.storedByteCount == 0 && crc32 == 0
    guard isSame || isOpen && flags & Flag.descriptor != 0 else {
      throw header.malformed("a member of another size or checksum in the central directory")
    }
    let offset = nameOffset + UInt64(nameByteCount) + UInt64(extraByteCount)
    guard offset <= end, member.storedByteCount <= end - offset else {
      throw header.malformed("a member goes past the central directory")
    }
    return offset
  }

  private enum Flag {
    static var encryption: UInt16 { 1 }
    static var descriptor: UInt16 { 8 }
  }

  private func cursor(at offset: UInt64, count: UInt64) throws(FormatError) -> ByteCursor {
    ByteCursor(try source.bytes(at: offset, count: count, path: ""), path: "", base: offset)
  }

  private func malformed(_ message: String, at offset: UInt64) -> FormatError {
    FormatError(.malformed, message, offset: offset)
  }
}
