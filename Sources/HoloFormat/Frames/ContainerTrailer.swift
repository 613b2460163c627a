import HoloModel

/// The last 144 bytes of a container (HWP-Format.md, section 9).
package struct ContainerTrailer: Hashable, Sendable {
  package var fileByteCount: UInt64
  package var manifestOffset: UInt64
  package var manifestByteCount: UInt64
  package var manifestFrame: UInt32
  package var frameCount: UInt32
  /// The snapshot id.
  package var manifestHash: Digest256
  /// BLAKE3 of the header and the optional frames.
  package var guardHash: Digest256
  package var containerID: Digest128

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: HWP.Magic.trailer)
    bytes.append(littleEndian: UInt32(HWP.Size.trailer - HWP.Size.skippableStart))
    bytes.append(littleEndian: fileByteCount)
    bytes.append(littleEndian: manifestOffset)
    bytes.append(littleEndian: manifestByteCount)
    bytes.append(littleEndian: manifestFrame)
    bytes.append(littleEndian: frameCount)
    bytes.append(manifestHash)
    bytes.append(guardHash)
    bytes.append(containerID)
    bytes.append(BLAKE3.hash(bytes).short)
    bytes.append(littleEndian: HWP.Tag.trailer)
    return bytes
  }

  /// True where the bytes end as a container does.
  static func hasTag(_ bytes: [UInt8]) -> Bool {
    bytes.count >= HWP.Size.trailer && bytes.integer(at: bytes.count - 8) == HWP.Tag.trailer
  }

  /// Reads the trailer of a file of so many bytes.
  init(_ bytes: [UInt8], fileByteCount actual: UInt64, path: String) throws(FormatError) {
    let base = actual - UInt64(bytes.count)
    func damaged(_ message: String) -> FormatError {
      FormatError(
        .damaged, message, path: path, offset: base, byteCount: UInt64(bytes.count), remedy: FormatError.restoreRemedy)
    }
    guard Self.hasTag(bytes) else {
      throw FormatError(
        .truncated, "the container has no end: it was cut off, or its last bytes are damaged", path: path, offset: base,
        remedy: FormatError.restoreRemedy)
    }
    var cursor = ByteCursor(bytes, path: path, base: base)
    let magic: UInt32 = try cursor.read()
    let size: UInt32 = try cursor.read()
    fileByteCount = try cursor.read()
    manifestOffset = try cursor.read()
    manifestByteCount = try cursor.read()
    manifestFrame = try cursor.read()
    frameCount = try cursor.read()
    manifestHash = try cursor.readDigest256()
    guardHash = try cursor.readDigest256()
    containerID = try cursor.readDigest128()
    guard BLAKE3.hash(Array(bytes[..<120])).short == bytes.digest128(at: 120) else {
      throw damaged("the trailer does not match its check")
    }
    guard magic == HWP.Magic.trailer, size == HWP.Size.trailer - HWP.Size.skippableStart else {
      throw damaged("the trailer is no frame of its size")
    }
    guard fileByteCount == actual else {
      throw FormatError(
        actual < fileByteCount ? .truncated : .damaged,
        "the file has \(actual) bytes, its trailer says \(fileByteCount)", path: path, offset: base,
        remedy: FormatError.restoreRemedy)
    }
  }

  init(
    fileByteCount: UInt64, manifestOffset: UInt64, manifestByteCount: UInt64, manifestFrame: UInt32, frameCount: UInt32,
    manifestHash: Digest256, guardHash: Digest256, containerID: Digest128
  ) {
    self.fileByteCount = fileByteCount
    self.manifestOffset = manifestOffset
    self.manifestByteCount = manifestByteCount
    self.manifestFrame = manifestFrame
    self.frameCount = frameCount
    self.manifestHash = manifestHash
    self.guardHash = guardHash
    self.containerID = containerID
  }
}
