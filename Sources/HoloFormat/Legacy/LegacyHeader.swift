import HoloModel

/// The header of a legacy `WAVEV001` file: one array of a holographic core, without a checksum.
///
///     magic[8] "WAVEV001", u32 version 1, u32 kind, u64 dimension, f64 Unix time, u32 metadata length,
///     metadata (JSON), elements
///
/// Little-endian. Only the magic tells such a file: its suffix may be `.hwp` or `.wave`.
package struct LegacyHeader: Hashable, Sendable {
  package enum Kind: UInt32, Sendable, CaseIterable {
    /// `dimension` numbers of c128.
    case complex = 1
    /// `dimension` amplitudes, then as many phases: f32.
    case polar = 2
  }

  package let kind: Kind
  package let dimension: UInt64
  /// Seconds since 1970-01-01T00:00:00Z.
  package let unixTime: Double
  /// JSON, as it stands in the file; it is not looked into.
  package let metadata: [UInt8]

  package static let magic = Array("WAVEV001".utf8)
  /// Bytes before the metadata.
  package static let fixedByteCount = 36
  /// The longest metadata that are taken; the cores wrote some sixty bytes.
  package static let metadataByteLimit = 65_536

  private static let version: UInt32 = 1

  /// The header of a file of one region of c128.
  package init(dimension: UInt64, unixTime: Double, metadata: [UInt8]) throws(FormatError) {
    guard metadata.count <= Self.metadataByteLimit else {
      throw FormatError(
        .limitExceeded, "WAVEV001 metadata have at most \(Self.metadataByteLimit) bytes, not \(metadata.count)")
    }
    guard Self.elementByteCount(.complex, dimension) != nil else {
      throw FormatError(.limitExceeded, "a WAVEV001 file has no room for \(dimension) numbers of c128")
    }
    kind = .complex
    self.dimension = dimension
    self.unixTime = unixTime
    self.metadata = metadata
  }

  /// Reads the header of a file that it measures exactly. `notAContainer` where the magic does not stand there; else what breaks a
  /// rule has an error that names it.
  package init(_ source: some RandomAccessSource, path: String) throws(FormatError) {
    let fixedByteCount = UInt64(Self.fixedByteCount)
    let fixed = try source.bytes(at: 0, count: min(source.byteCount, fixedByteCount), path: path)
    var cursor = ByteCursor(fixed, path: path, base: 0)
    guard fixed.starts(with: Self.magic) else {
      throw cursor.error(.notAContainer, "this is no WAVEV001 file")
    }
    guard fixed.count == Self.fixedByteCount else {
      throw cursor.error(.truncated, "the WAVEV001 header is cut off", at: fixed.count)
    }
    _ = try cursor.skip(Self.magic.count)
    let version: UInt32 = try cursor.read()
    guard version == Self.version else {
      throw cursor.error(.unsupportedVersion, "WAVEV001 version \(version) is unknown", at: 8)
    }
    let kindCode: UInt32 = try cursor.read()
    guard let kind = Kind(rawValue: kindCode) else {
      throw cursor.error(.unsupportedFeature, "WAVEV001 kind \(kindCode) is unknown", at: 12)
    }
    self.kind = kind
    dimension = try cursor.read()
    unixTime = Double(bitPattern: try cursor.read())
    let metadataByteCount: UInt32 = try cursor.read()
    guard metadataByteCount <= UInt32(Self.metadataByteLimit) else {
      throw cursor.error(.malformed, "WAVEV001 metadata of \(metadataByteCount) bytes are past the limit", at: 32)
    }
    metadata = try source.bytes(at: fixedByteCount, count: UInt64(metadataByteCount), path: path)
    let rest = source.byteCount - fixedByteCount - UInt64(metadataByteCount)
    guard let elementByteCount = Self.elementByteCount(kind, dimension) else {
      throw cursor.error(.malformed, "a WAVEV001 dimension of \(dimension) is past the limit", at: 16)
    }
    guard elementByteCount <= rest else {
      throw cursor.error(
        .truncated, "WAVEV001 elements of \(elementByteCount) bytes are said to stand where there are only \(rest)",
        at: 16)
    }
    guard elementByteCount == rest else {
      throw FormatError(
        .malformed, "\(rest - elementByteCount) bytes follow the elements of a WAVEV001 file", path: path,
        offset: source.byteCount - (rest - elementByteCount), byteCount: rest - elementByteCount)
    }
  }

  /// Bytes before the elements.
  package var byteCount: Int { Self.fixedByteCount + metadata.count }

  package var elementType: ElementType {
    switch kind {
    case .complex: .c128
    case .polar: .f32
    }
  }

  /// Outermost first. Of `polar`: amplitudes, phases.
  package var shape: [UInt64] {
    switch kind {
    case .complex: [dimension]
    case .polar: [2, dimension]
    }
  }

  /// Bytes of all elements.
  package var elementByteCount: UInt64 {
    // Both initializers have looked.
    Self.elementByteCount(kind, dimension) ?? 0
  }

  /// As it stands in a file.
  package var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.reserveCapacity(byteCount)
    bytes.append(littleEndian: Self.version)
    bytes.append(littleEndian: kind.rawValue)
    bytes.append(littleEndian: dimension)
    bytes.append(littleEndian: unixTime.bitPattern)
    bytes.append(littleEndian: UInt32(metadata.count))
    return bytes + metadata
  }

  /// Nil where they are more than a file can have beside the header.
  private static func elementByteCount(_ kind: Kind, _ dimension: UInt64) -> UInt64? {
    let each: UInt64 = kind == .complex ? 16 : 8
    let (count, overflow) = dimension.multipliedReportingOverflow(by: each)
    let most = UInt64(Int64.max) - UInt64(fixedByteCount + metadataByteLimit)
    return overflow || count > most ? nil : count
  }
}
