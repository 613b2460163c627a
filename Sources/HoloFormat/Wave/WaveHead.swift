import HoloModel

/// The first 4,096 bytes of a `.wave` (WAVE-Format.md, section 2).
struct WaveHead: Hashable, Sendable {
  var majorVersion = WAVE.majorVersion
  var minorVersion = WAVE.minorVersion
  var requiredFeatures: UInt64 = 0
  var optionalFeatures: UInt64 = 0
  var sampleType: ElementType?
  var containerID: Digest128
  /// Since 1970-01-01T00:00:00Z.
  var createdNanoseconds: Int64

  init(sampleType: ElementType?, containerID: Digest128, createdNanoseconds: Int64) {
    self.sampleType = sampleType
    self.containerID = containerID
    self.createdNanoseconds = createdNanoseconds
  }

  /// The head of a file of these sizes.
  func encoded(fileByteCount: UInt64, sampleByteCount: UInt64) -> [UInt8] {
    let format = SampleFormat(sampleType)
    let riffByteCount = fileByteCount - UInt64(WAVE.Size.riffStart)
    let sampleCount = sampleByteCount / UInt64(format.blockByteCount)
    let isLong = riffByteCount >= UInt32.max
    var bytes: [UInt8] = []
    bytes.reserveCapacity(WAVE.Size.head)
    bytes.append(littleEndian: FourCC(isLong ? "RF64" : "RIFF").value)
    bytes.append(littleEndian: UInt32(clamping: riffByteCount))
    bytes.append(littleEndian: FourCC("WAVE").value)
    bytes.append(littleEndian: FourCC(isLong ? "ds64" : "JUNK").value)
    bytes.append(littleEndian: UInt32(28))
    for size in [riffByteCount, sampleByteCount, sampleCount] { bytes.append(littleEndian: isLong ? size : 0) }
    bytes.append(littleEndian: UInt32(0))

    bytes.append(littleEndian: FourCC("fmt ").value)
    bytes.append(littleEndian: UInt32(18))
    bytes.append(littleEndian: UInt16(3))
    bytes.append(littleEndian: format.channelCount)
    bytes.append(littleEndian: WAVE.sampleRate)
    bytes.append(littleEndian: WAVE.sampleRate * UInt32(format.blockByteCount))
    bytes.append(littleEndian: format.blockByteCount)
    bytes.append(littleEndian: format.bitsPerSample)
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: FourCC("fact").value)
    bytes.append(littleEndian: UInt32(4))
    bytes.append(littleEndian: isLong ? UInt32.max : UInt32(clamping: sampleCount))

    bytes.append(littleEndian: FourCC("hwpF").value)
    bytes.append(littleEndian: UInt32(WAVE.Size.head - 2 * WAVE.Size.riffStart - 86))
    bytes.append(littleEndian: WAVE.Tag.head)
    bytes.append(littleEndian: majorVersion)
    bytes.append(littleEndian: minorVersion)
    bytes += [WAVE.suite, sampleType?.rawValue ?? WAVE.noSampleType]
    bytes.append(littleEndian: requiredFeatures)
    bytes.append(littleEndian: optionalFeatures)
    bytes.append(containerID)
    bytes.append(littleEndian: createdNanoseconds)
    bytes += [UInt8](repeating: 0, count: WAVE.Size.head - WAVE.Size.riffStart - bytes.count)
    bytes.append(littleEndian: WavePartKind.samples.id.value)
    bytes.append(littleEndian: isLong ? UInt32.max : UInt32(clamping: sampleByteCount))
    return bytes
  }

  /// 4,096 bytes, or fewer of a file that is shorter.
  static func bytes(of source: any RandomAccessSource, path: String) throws(FormatError) -> [UInt8] {
    try source.bytes(at: 0, count: min(UInt64(WAVE.Size.head), source.byteCount), path: path)
  }

  /// True where the bytes begin as a `.wave` of ours does, not as any other sound file.
  static func hasTag(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= WAVE.Size.headTag else { return false }
    let id = FourCC(value: bytes.integer(at: 0))
    return (id == FourCC("RIFF") || id == FourCC("RF64")) && FourCC(value: bytes.integer(at: 8)) == FourCC("WAVE")
      && FourCC(value: bytes.integer(at: 86)) == FourCC("hwpF") && bytes.integer(at: 94) == WAVE.Tag.head
  }

  /// Reads as far as a reader must to know whether the file is ours: tag, version, suite. What else can be wrong is
  /// checked by ``init(_:path:)`` and by comparing with ``encoded(fileByteCount:sampleByteCount:)`` after the guard (section 7 gives the order).
  ///
  /// - Parameter bytes: 4,096 bytes, or fewer of a file that is shorter.
  static func checkVersion(_ bytes: [UInt8], path: String) throws(FormatError) {
    guard hasTag(bytes) else {
      throw FormatError(
        .notAContainer, "the file does not begin as a HoloSnap container, but ends as one", path: path, offset: 0,
        remedy: FormatError.restoreRemedy)
    }
    var cursor = ByteCursor(bytes, path: path, base: 0)
    _ = try cursor.skip(min(WAVE.Size.headTag, cursor.remaining))
    guard bytes.count == WAVE.Size.head else {
      throw FormatError(
        .truncated, "the container was cut off after \(bytes.count) bytes", path: path, offset: UInt64(bytes.count))
    }
    let major: UInt16 = try cursor.read()
    guard major == WAVE.majorVersion else {
      throw FormatError(
        .unsupportedVersion, "the container has format version \(major), this program knows \(WAVE.majorVersion)",
        path: path, offset: 102, remedy: "use a newer holosnap")
    }
    _ = try cursor.skip(2)
    let suite: UInt8 = try cursor.read()
    guard suite == WAVE.suite else {
      throw FormatError(
        .unsupportedVersion, "the container uses the algorithm suite \(suite), this program knows \(WAVE.suite)",
        path: path, offset: 106, remedy: "use a newer holosnap")
    }
  }

  /// Reads the fields behind the suite, of bytes that hold the guard.
  init(_ bytes: [UInt8], path: String) throws(FormatError) {
    var cursor = ByteCursor(bytes, path: path, base: 0)
    _ = try cursor.skip(WAVE.Size.headTag)
    majorVersion = try cursor.read()
    minorVersion = try cursor.read()
    _ = try cursor.skip(1)
    let code: UInt8 = try cursor.read()
    requiredFeatures = try cursor.read()
    let unknown = requiredFeatures & ~WAVE.knownRequiredFeatures
    guard unknown == 0 else {
      throw FormatError(
        .unsupportedFeature,
        "the container needs the features \(String(unknown, radix: 2)), which this program does not know",
        path: path, offset: 108, remedy: "use a newer holosnap")
    }
    optionalFeatures = try cursor.read()
    containerID = try cursor.readDigest128()
    createdNanoseconds = try cursor.read()
    if code != WAVE.noSampleType {
      guard let type = ElementType(rawValue: code), SampleFormat.elementTypes.contains(type) else {
        throw cursor.error(.unsupportedFeature, "the sample type \(code) is not known to this version", at: 107)
      }
      sampleType = type
    }
  }
}
