import HoloModel

/// The first frame of a container (HWP-Format.md, section 3).
package struct ContainerHeader: Hashable, Sendable {
  package var majorVersion = HWP.majorVersion
  package var minorVersion = HWP.minorVersion
  package var requiredFeatures: UInt64 = 0
  package var optionalFeatures: UInt64 = 0
  package var containerID: Digest128
  /// Since 1970-01-01T00:00:00Z.
  package var createdNanoseconds: Int64

  init(containerID: Digest128, createdNanoseconds: Int64, requiredFeatures: UInt64) {
    self.requiredFeatures = requiredFeatures
    self.containerID = containerID
    self.createdNanoseconds = createdNanoseconds
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: HWP.Magic.header)
    bytes.append(littleEndian: UInt32(HWP.Size.header - HWP.Size.skippableStart))
    bytes.append(littleEndian: HWP.Tag.header)
    bytes.append(littleEndian: majorVersion)
    bytes.append(littleEndian: minorVersion)
    bytes += [HWP.suite, 0, 0, 0]
    bytes.append(littleEndian: requiredFeatures)
    bytes.append(littleEndian: optionalFeatures)
    bytes.append(containerID)
    bytes.append(littleEndian: createdNanoseconds)
    return bytes
  }

  /// True where the bytes begin as a container does.
  static func hasTag(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 16 && bytes.integer(at: 0) == HWP.Magic.header && bytes.integer(at: 8) == HWP.Tag.header
  }

  /// The id that a container names itself by.
  package static func containerID(of source: any RandomAccessSource, path: String) throws(FormatError) -> Digest128 {
    let bytes = try source.bytes(at: 0, count: UInt64(HWP.Size.header), path: path)
    return try ContainerHeader(bytes, path: path).containerID
  }

  /// Reads the frame as far as a reader must to know whether it is ours: tag, version, suite. What else can be wrong is
  /// checked by ``check(_:path:)`` after the guard (section 11 gives the order).
  init(_ bytes: [UInt8], path: String) throws(FormatError) {
    guard Self.hasTag(bytes) else {
      throw FormatError(.notAContainer, "the file is not a HoloSnap container", path: path, offset: 0)
    }
    var cursor = ByteCursor(bytes, path: path, base: 0)
    _ = try cursor.skip(16)
    majorVersion = try cursor.read()
    guard majorVersion == HWP.majorVersion else {
      throw FormatError(
        .unsupportedVersion, "the container has format version \(majorVersion), this program knows \(HWP.majorVersion)",
        path: path, offset: 16, remedy: "use a newer holosnap")
    }
    minorVersion = try cursor.read()
    let suite: UInt8 = try cursor.read()
    guard suite == HWP.suite else {
      throw FormatError(
        .unsupportedVersion, "the container uses the algorithm suite \(suite), this program knows \(HWP.suite)",
        path: path,
        offset: 20, remedy: "use a newer holosnap")
    }
    _ = try cursor.skip(3)
    requiredFeatures = try cursor.read()
    optionalFeatures = try cursor.read()
    containerID = try cursor.readDigest128()
    createdNanoseconds = try cursor.read()
  }

  /// The rest of what a reader refuses.
  func check(_ bytes: [UInt8], path: String) throws(FormatError) {
    let unknown = requiredFeatures & ~HWP.knownRequiredFeatures
    guard unknown == 0 else {
      throw FormatError(
        .unsupportedFeature,
        "the container needs the features \(String(unknown, radix: 2)), which this program does not know",
        path: path, offset: 24, remedy: "use a newer holosnap")
    }
    var cursor = ByteCursor(bytes, path: path, base: 0)
    _ = try cursor.skip(4)
    let size: UInt32 = try cursor.read()
    guard size == HWP.Size.header - HWP.Size.skippableStart else {
      throw cursor.malformed("the header's size is \(size)")
    }
    _ = try cursor.skip(13)
    try cursor.expectZero(3)
  }
}
