import HoloModel

/// What a snapshot says of one of its ancestors beside the container id (HWP-Format.md, section 8): for people, and for who looks for
/// its file. Nothing is trusted for it.
package struct AncestorNote: Hashable, Sendable {
  package var snapshotID = Digest256()
  /// Since 1970-01-01T00:00:00Z.
  package var createdNanoseconds: Int64 = 0
  /// Of the file, when it was last seen; empty: not known.
  package var fileName = ""

  package init() {}

  package init(snapshotID: Digest256, createdNanoseconds: Int64, fileName: String) {
    self.snapshotID = snapshotID
    self.createdNanoseconds = createdNanoseconds
    self.fileName = fileName
  }

  init(from cursor: inout ByteCursor) throws(FormatError) {
    snapshotID = try cursor.readDigest256()
    createdNanoseconds = try cursor.read()
    let count: UInt8 = try cursor.read()
    let bytes = try cursor.read(count: Int(count))
    // A name that is none counts as not known.
    if let name = String(validating: bytes, as: UTF8.self), Self.isFileName(name) { fileName = name }
  }

  /// A name that is none is left out.
  func append(to bytes: inout [UInt8]) {
    bytes.append(snapshotID)
    bytes.append(littleEndian: createdNanoseconds)
    let name = Self.isFileName(fileName) && fileName.utf8.count <= UInt8.max ? Array(fileName.utf8) : []
    bytes.append(UInt8(name.count))
    bytes += name
  }

  private static func isFileName(_ name: String) -> Bool {
    // Bytes: C1 control characters are two of them, the first of which is 0xC2.
    var previous: UInt8 = 0
    for byte in name.utf8 {
      guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "/"), previous != 0xC2 || byte >= 0xA0 else {
        return false
      }
      previous = byte
    }
    return name != "." && name != ".."
  }
}
