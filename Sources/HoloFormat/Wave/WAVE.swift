import HoloModel

/// The constants of the `.wave` container (WAVE-Format.md). What stands here is in every file that was ever written: set
/// in stone.
package enum WAVE {
  /// Section 2.
  package static let majorVersion: UInt16 = 1
  package static let minorVersion: UInt16 = 0
  /// Section 2: BLAKE3.
  static let suite: UInt8 = 1
  /// Section 2: version 1.0 knows none.
  static let knownRequiredFeatures: UInt64 = 0
  /// Section 2. It means nothing.
  static let sampleRate: UInt32 = 48_000
  /// Section 2: the code of no sample type.
  static let noSampleType: UInt8 = 255
  /// Section 3: regions begin at multiples of it.
  static let alignment: UInt64 = 4_096

  /// The eight bytes of sections 2, 5 and 6, read as a little-endian integer.
  enum Tag {
    static let head = value("HWPWAVE\n")
    static let table = value("HWPTABL\n")
    static let trailer = value("HWPWEND\n")

    private static func value(_ text: StaticString) -> UInt64 {
      text.withUTF8Buffer { bytes in bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    }
  }

  /// Bytes of things of fixed size.
  enum Size {
    /// Section 1: id and size of a RIFF chunk.
    static let riffStart = 8
    /// Section 2.
    static let head = 4_096
    /// Section 2: up to the tag's end.
    static let headTag = 102
    /// Section 5: up to the parts.
    static let tableStart = 104
    static let part = 16
    static let run = 16
    /// Section 5: up to the name.
    static let regionStart = 12
    /// Section 5: a region record with a name of 1 byte, no shape and no attributes.
    static let leastRecord = 59
    /// Section 6.
    static let trailer = 144
  }

  /// Section 8.
  package enum Limit {
    package static let regionCount = 1 << 20
    package static let partCount = 1 << 16
    /// Of a part other than `data`.
    package static let partByteCount: UInt64 = 1 << 30
    static let noteByteCount: UInt64 = 16 << 20
    static let tableByteCount = UInt64(UInt32.max - 1)
    package static let cueCount = 2_500
    /// Section 4: of a label's text.
    static let labelByteCount = 255
  }

  /// The least multiple of 4,096 that is not less.
  static func aligned(_ offset: UInt64) -> UInt64 { (offset + alignment - 1) / alignment * alignment }

  /// Behind a RIFF chunk's content stands a zero byte where its size is odd (section 1).
  static func even(_ offset: UInt64) -> UInt64 { offset + offset % 2 }
}

/// What a RIFF chunk is.
struct FourCC: Hashable, Sendable {
  /// The four bytes, read as a little-endian integer.
  let value: UInt32

  init(value: UInt32) { self.value = value }

  init(_ text: StaticString) {
    precondition(text.utf8CodeUnitCount == 4)
    value = text.withUTF8Buffer { bytes in bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
  }

  /// RIFF chunks that have their place in the head, in the list of parts, or at the end.
  var isReserved: Bool {
    let own = value & 0xFF_FFFF == FourCC("hwp\0").value
    return own || ["RIFF", "RF64", "JUNK", "ds64", "fmt ", "fact", "data"].map { FourCC($0) }.contains(self)
  }
}
