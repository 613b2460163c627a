import HoloModel

/// The tagged values of a region or a directory (HWP-Format.md, section 7).
enum Attribute {
  /// On-disk codes: set in stone.
  enum Tag {
    static let mode: UInt16 = 1
    static let modified: UInt16 = 2
    static let changed: UInt16 = 3
    static let header: UInt16 = 0x8001
    static let tail: UInt16 = 0x8002
    static let quantization: UInt16 = 0x8003
    static let member: UInt16 = 0x8004
    static let file: UInt16 = 0x8005
    static let blob: UInt16 = 0x8006
    /// From here on, a reader refuses a tag that it does not know.
    static let firstRequired: UInt16 = 0x8000
  }

  static func append(_ tag: UInt16, _ value: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: tag)
    bytes.append(littleEndian: UInt32(value.count))
    bytes += value
  }

  /// The mode and the time, and how many attributes that makes.
  static func append(_ attributes: FileAttributes, to bytes: inout [UInt8]) -> UInt16 {
    var count: UInt16 = 0
    if let permissions = attributes.permissions {
      var value: [UInt8] = []
      value.append(littleEndian: permissions)
      append(Tag.mode, value, to: &bytes)
      count += 1
    }
    if let modified = attributes.modified {
      var value: [UInt8] = []
      value.append(littleEndian: modified.seconds)
      value.append(littleEndian: modified.nanoseconds)
      append(Tag.modified, value, to: &bytes)
      count += 1
    }
    return count
  }

  /// Reads so many attributes. `take` reads a value it knows, all of it, and returns false for a tag that it does not
  /// know.
  static func read(
    count: UInt16, from cursor: inout ByteCursor,
    take: (_ tag: UInt16, _ value: inout ByteCursor) throws(FormatError) -> Bool
  ) throws(FormatError) {
    var previous: UInt16?
    for _ in 0..<count {
      let tag = try nextTag(after: &previous, from: &cursor)
      var value = try cursor.cursor(over: Int(try cursor.read(UInt32.self)))
      if try take(tag, &value) {
        try value.expectEnd(of: "attribute \(tag)")
      } else if tag >= Tag.firstRequired {
        throw cursor.error(.unsupportedFeature, "the attribute \(tag) is not known to this version")
      }
    }
  }

  /// Extensions of a segment, a manifest or a table (HWP-Format.md, section 6). `take` is as of ``read(count:from:take:)``.
  static func readExtensions(
    _ cursor: ByteCursor,
    take: (_ tag: UInt16, _ value: inout ByteCursor) throws(FormatError) -> Bool = { (_, _) throws(FormatError) in false
    }
  ) throws(FormatError) {
    var cursor = cursor
    var previous: UInt16?
    while cursor.remaining > 0 {
      let tag = try nextTag(after: &previous, from: &cursor)
      var value = try cursor.cursor(over: Int(try cursor.read(UInt32.self)))
      if try take(tag, &value) {
        try value.expectEnd(of: "extension \(tag)")
      } else if tag >= Tag.firstRequired {
        throw cursor.error(.unsupportedFeature, "the extension \(tag) is not known to this version")
      }
    }
  }

  /// Reads the mode or the time, if the tag is one of them.
  static func take(
    _ tag: UInt16, _ value: inout ByteCursor, into attributes: inout FileAttributes
  ) throws(FormatError) -> Bool {
    switch tag {
    case Tag.mode: attributes.permissions = try value.read()
    case Tag.modified:
      attributes.modified = Timestamp(seconds: try value.read(), nanoseconds: try value.read())
    default: return false
    }
    return true
  }

  private static func nextTag(after previous: inout UInt16?, from cursor: inout ByteCursor) throws(FormatError)
    -> UInt16
  {
    let tag = try cursor.read(UInt16.self)
    if let previous, tag <= previous { throw cursor.malformed("tags are not in ascending order") }
    previous = tag
    return tag
  }
}
