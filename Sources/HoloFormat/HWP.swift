import HoloModel

/// The constants of the container (HWP-Format.md). What stands here is in every file that was ever written: set in
/// stone.
package enum HWP {
  /// Section 3.
  package static let majorVersion: UInt16 = 1
  package static let minorVersion: UInt16 = 0
  /// Section 3: BLAKE3, XXH32, LZ4.
  static let suite: UInt8 = 1
  /// Section 3: what a container needs of its readers. The others are reserved (section 14).
  package enum Feature {
    /// Regions may be cut by their content.
    package static let content: UInt64 = 1 << 1
    package static let quantization: UInt64 = 1 << 2
    /// Chunks of several layers, and layers and segments of other containers.
    package static let layers: UInt64 = 1 << 3
    /// Frames may be absent.
    package static let remnant: UInt64 = 1 << 4
    /// Layers of differences.
    package static let differences: UInt64 = 1 << 6
  }

  static let knownRequiredFeatures =
    Feature.content | Feature.quantization | Feature.layers | Feature.differences

  /// Section 7: what a part is. The others are reserved.
  enum PartFlag {
    static let final: UInt8 = 1
    static let content: UInt8 = 1 << 2
    static let quantized: UInt8 = 1 << 3
    static let known = final | content | quantized
  }

  /// Section 6.
  enum Extension {
    static let blockDigests: UInt16 = 1
    static let rawChainingValues: UInt16 = 2
    static let chunkLengths: UInt16 = 0x8001
  }

  /// The first four bytes of a frame (section 2).
  enum Magic {
    static let payload: UInt32 = 0x184D_2204
    static let header: UInt32 = 0x184D_2A57
    static let segment: UInt32 = 0x184D_2A59
    static let manifest: UInt32 = 0x184D_2A5A
    static let trailer: UInt32 = 0x184D_2A5D
    static let optional: [UInt32] = [0x184D_2A5C, 0x184D_2A5E, 0x184D_2A5F]
  }

  /// The eight bytes after a frame's size, read as a little-endian integer (sections 3, 6, 8 and 9).
  enum Tag {
    static let header = value("HWPSNAP\n")
    static let segment = value("HWPSEGM\n")
    static let manifest = value("HWPMANI\n")
    static let trailer = value("HWPTAIL\n")

    private static func value(_ text: StaticString) -> UInt64 {
      text.withUTF8Buffer { bytes in bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    }
  }

  /// Bytes of things of fixed size.
  enum Size {
    /// Section 2: the magic and the size of a skippable frame.
    static let skippableStart = 8
    /// Section 3.
    static let header = 64
    /// Section 6: up to the container ids.
    static let segmentStart = 64
    /// Section 6.
    static let layerRecord = 8
    /// Section 7: up to the name.
    static let partStart = 16
    /// Section 8: up to the container ids.
    static let manifestStart = 40
    /// Section 8.
    static let segmentReference = 32
    /// Section 8.
    static let frameRecord = 24
    /// Section 8.
    static let totals = 56
    /// Sections 6 and 8: BLAKE3-128 at the end.
    static let check = 16
    /// Section 9.
    static let trailer = 144
    /// Section 2.
    static let leastOptional = 32
  }

  /// Section 12.
  package enum Limit {
    package static let chunksPerSegment = 4_096
    package static let partsPerSegment = 4_096
    /// Section 6.
    package static let layersPerChunk = 9
    package static let segmentByteCount = 64 << 20
    /// Section 4.
    package static let payloadFrameByteCount = 1 << 20
    /// Section 4.
    package static let streamByteCount = 540_800
    /// Section 5: of a chunk that is not quantized.
    package static let plainStreamByteCount = 270_336
    package static let attributeByteCount = 16 << 20
    package static let rank = 32
    package static let summaryByteCount = 65_536
    package static let frameByteCount = UInt64(UInt32.max)
    package static let frameCount = 178_000_000
    package static let regionByteCount = UInt64(Int64.max)
    /// Section 8.
    static let containerCount = 65_535
    /// Section 11: salvage hashes at most so many times the file's length for segments that turn out to be none.
    static let salvageHashFactor: UInt64 = 8
  }

  /// Section 6: the frame number of a layer that has none.
  static let noFrame = UInt32.max
}

/// What a frame before the manifest is (HWP-Format.md, section 2). Raw values are on-disk codes: set in stone.
package enum FrameKind: UInt8, Sendable {
  /// Of a remnant.
  case absent = 0
  case header = 1
  case payload = 3
  case segment = 5

  var magic: UInt32 {
    switch self {
    case .absent: 0
    case .header: HWP.Magic.header
    case .payload: HWP.Magic.payload
    case .segment: HWP.Magic.segment
    }
  }

  /// The lengths that a frame of this kind can have.
  var byteCounts: ClosedRange<Int> {
    switch self {
    case .absent: 0...0
    case .header: HWP.Size.header...HWP.Size.header
    case .payload: LZ4FrameLayout.leastByteCount...HWP.Limit.payloadFrameByteCount
    case .segment: (HWP.Size.segmentStart + Digest128.byteCount + HWP.Size.check)...HWP.Limit.segmentByteCount
    }
  }
}
