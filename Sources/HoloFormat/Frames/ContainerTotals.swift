import HoloModel

/// What a state adds up to.
package struct ContainerTotals: Hashable, Sendable {
  /// HWP-Format.md, section 10.
  package var stateRoot: Digest256
  package var regionCount: UInt64
  package var chunkCount: UInt64
  /// Of the regions, without headers and tails.
  package var byteCount: UInt64
  /// Of the payload frames of the container. Not in the totals of section 8: the frame table tells.
  package var payloadByteCount: UInt64

  package init(
    stateRoot: Digest256, regionCount: UInt64, chunkCount: UInt64, byteCount: UInt64, payloadByteCount: UInt64
  ) {
    self.stateRoot = stateRoot
    self.regionCount = regionCount
    self.chunkCount = chunkCount
    self.byteCount = byteCount
    self.payloadByteCount = payloadByteCount
  }

  /// The 56 bytes of section 8.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(stateRoot)
    bytes.append(littleEndian: regionCount)
    bytes.append(littleEndian: chunkCount)
    bytes.append(littleEndian: byteCount)
    return bytes
  }
}

extension ContainerTotals {
  init(from cursor: inout ByteCursor, payloadByteCount: UInt64) throws(FormatError) {
    stateRoot = try cursor.readDigest256()
    regionCount = try cursor.read()
    chunkCount = try cursor.read()
    byteCount = try cursor.read()
    self.payloadByteCount = payloadByteCount
  }
}
