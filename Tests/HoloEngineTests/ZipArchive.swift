import CZlib

/// A ZIP archive of a test's own, with whatever is to be wrong in it.
struct ZipArchive {
  struct Member {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var disk: UInt16 = 0
    var extra: [UInt8] = []
    /// Of what comes out of the data; else their own.
    var crc: UInt32?
    var byteCount: UInt32?
    /// What the directory says, if not the truth.
    var storedByteCount: UInt32?
    var byteCountChange = 0
    var offsetChange = 0
    /// What the local header says, if not the same.
    var localName: String?
    var localMethod: UInt16?
    var localFlags: UInt16?
    var localByteCount: UInt32?
    var localCRC: UInt32?
    var hasBlankLocalSizes = false

    init(name: String, data: [UInt8]) {
      self.name = name
      self.data = data
    }
  }

  var members: [Member]
  /// The members' numbers in the order of the central directory.
  var directoryOrder: [Int]
  /// With ZIP64 fields throughout.
  var isLarge = false
  var isWithoutLocator = false
  var comment: [UInt8] = []
  var trailing: [UInt8] = []
  var disk: UInt16 = 0
  var entryCountChange = 0
  var directoryByteCountChange = 0
  var directoryOffsetChange = 0

  init(_ members: [Member]) {
    self.members = members
    directoryOrder = Array(members.indices)
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var offsets: [Int] = []
    for member in members {
      offsets.append(bytes.count)
      appendLocal(member, to: &bytes)
    }
    let start = bytes.count
    for index in directoryOrder { appendEntry(members[index], offset: offsets[index], to: &bytes) }
    let byteCount = bytes.count - start + directoryByteCountChange
    appendEnd(offset: start + directoryOffsetChange, byteCount: byteCount, to: &bytes)
    return bytes + comment + trailing
  }

  private func appendLocal(_ member: Member, to bytes: inout [UInt8]) {
    let crc = member.hasBlankLocalSizes ? 0 : member.localCRC ?? Self.crc(member)
    let stored = member.hasBlankLocalSizes ? 0 : member.localByteCount ?? UInt32(member.data.count)
    let whole = member.hasBlankLocalSizes ? 0 : member.localByteCount ?? Self.byteCount(member)
    let name = Array((member.localName ?? member.name).utf8)
    let extra = isLarge ? Self.field(1, [UInt64(whole), UInt64(stored)]) : []
    bytes += Self.little(0x0403_4B50 as UInt32) + Self.little(20 as UInt16)
    bytes += Self.little(member.localFlags ?? member.flags) + Self.little(member.localMethod ?? member.method)
    bytes += Self.little(0 as UInt32) + Self.little(crc)
    bytes += isLarge ? [UInt8](repeating: 0xFF, count: 8) : Self.little(stored) + Self.little(whole)
    bytes += Self.little(UInt16(name.count)) + Self.little(UInt16(extra.count)) + name + extra + member.data
  }

  private func appendEntry(_ member: Member, offset: Int, to bytes: inout [UInt8]) {
    let stored = member.storedByteCount ?? UInt32(member.data.count + member.byteCountChange)
    let whole = UInt32(Int(Self.byteCount(member)) + member.byteCountChange)
    let offset = UInt32(offset + member.offsetChange)
    let name = Array(member.name.utf8)
    let extra = isLarge ? Self.field(1, [UInt64(whole), UInt64(stored), UInt64(offset)]) : member.extra
    bytes += Self.little(0x0201_4B50 as UInt32) + Self.little(20 as UInt16) + Self.little(20 as UInt16)
    bytes += Self.little(member.flags) + Self.little(member.method) + Self.little(0 as UInt32)
    bytes += Self.little(Self.crc(member))
    bytes += isLarge ? [UInt8](repeating: 0xFF, count: 8) : Self.little(stored) + Self.little(whole)
    bytes += Self.little(UInt16(name.count)) + Self.little(UInt16(extra.count)) + Self.little(0 as UInt16)
    bytes += Self.little(member.disk) + Self.little(0 as UInt16) + Self.little(0 as UInt32)
    bytes += (isLarge ? Self.little(UInt32.max) : Self.little(offset)) + name + extra
  }

  private func appendEnd(offset: Int, byteCount: Int, to bytes: inout [UInt8]) {
    let count = members.count + entryCountChange
    if isLarge {
      let start = bytes.count
      bytes += Self.little(0x0606_4B50 as UInt32) + Self.little(44 as UInt64) + Self.little(0x002D_002D as UInt32)
      bytes += Self.little(0 as UInt64) + Self.little(UInt64(count)) + Self.little(UInt64(count))
      bytes += Self.little(UInt64(byteCount)) + Self.little(UInt64(offset))
      if !isWithoutLocator {
        bytes += Self.little(0x0706_4B50 as UInt32) + Self.little(0 as UInt32) + Self.little(UInt64(start))
        bytes += Self.little(1 as UInt32)
      }
    }
    let shownCount = isLarge ? UInt16.max : UInt16(count)
    bytes += Self.little(0x0605_4B50 as UInt32) + Self.little(disk) + Self.little(disk)
    bytes += Self.little(shownCount) + Self.little(shownCount)
    bytes += Self.little(isLarge ? UInt32.max : UInt32(byteCount)) + Self.little(isLarge ? UInt32.max : UInt32(offset))
    bytes += Self.little(UInt16(comment.count))
  }

  private static func crc(_ member: Member) -> UInt32 {
    member.crc ?? UInt32(crc32(0, member.data.isEmpty ? nil : member.data, UInt32(member.data.count)))
  }

  private static func byteCount(_ member: Member) -> UInt32 { member.byteCount ?? UInt32(member.data.count) }

  private static func field(_ tag: UInt16, _ values: [UInt64]) -> [UInt8] {
    little(tag) + little(UInt16(8 * values.count)) + values.flatMap { little($0) }
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
