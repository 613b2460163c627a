import HoloModel

/// What a manifest or a table may say beside what every state has (HWP-Format.md, section 8).
struct StateExtensions {
  /// On-disk code: set in stone.
  private static let rootTag: UInt16 = 2

  /// Mode and time of the directory that is the state; nil where it is several files or directories.
  var root: FileAttributes?

  init(root: FileAttributes?) { self.root = root }

  init(from cursor: ByteCursor) throws(FormatError) {
    var root: FileAttributes?
    try Attribute.readExtensions(cursor) { (tag, value) throws(FormatError) in
      guard tag == Self.rootTag else { return false }
      var attributes = FileAttributes()
      try Attribute.read(count: try value.read(), from: &value) { (tag, value) throws(FormatError) in
        try Attribute.take(tag, &value, into: &attributes)
      }
      if let problem = attributes.problem { throw value.malformed("the state's directory: \(problem)") }
      root = attributes
      return true
    }
    self.root = root
  }

  /// Throws where it breaks a rule of section 7.
  func encoded() throws(FormatError) -> [UInt8] {
    guard let root else { return [] }
    if let problem = root.problem { throw FormatError(.invalidInput, "the state's directory: \(problem)") }
    var attributes: [UInt8] = []
    let count = Attribute.append(root, to: &attributes)
    var value: [UInt8] = []
    value.append(littleEndian: count)
    var bytes: [UInt8] = []
    Attribute.append(Self.rootTag, value + attributes, to: &bytes)
    return bytes
  }
}
