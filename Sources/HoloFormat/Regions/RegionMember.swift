/// Where a region lies in a file of many regions (HWP-Format.md, section 7).
package struct RegionMember: Hashable, Sendable {
  /// Of the region's bytes in the file.
  package var offset: UInt64
  /// The name of the region that holds what is in no member.
  package var host: String

  package init(offset: UInt64, host: String) {
    self.offset = offset
    self.host = host
  }

  /// The attribute's value.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: offset)
    return bytes + Array(host.utf8)
  }

  /// Reads a value that takes up all of the cursor.
  init(from cursor: inout ByteCursor) throws(FormatError) {
    offset = try cursor.read()
    guard let host = CanonicalName.read(try cursor.read(count: cursor.remaining)) else {
      throw cursor.malformed("the name of a member's host is not canonical, or not 1 to 4,096 bytes long")
    }
    self.host = host
  }
}
