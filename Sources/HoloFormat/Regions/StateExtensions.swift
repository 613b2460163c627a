import HoloModel

/// What a manifest or a table may say beside what every state has (HWP-Format.md, section 8).
struct StateExtensions {
  /// On-disk codes: set in stone.
  private static let rootTag: UInt16 = 2
  private static let ancestorsTag: UInt16 = 3
  private static let remnantTag: UInt16 = 1

  /// Mode and time of the directory that is the state; nil where it is several files or directories.
  var root: FileAttributes?
  /// Of each ancestor, in the order of their ids; empty where nothing is said of them.
  var ancestors: [AncestorNote] = []
  /// Of a remnant: what the snapshot's id was.
  var remnantOf: Digest256?

  init(root: FileAttributes? = nil, ancestors: [AncestorNote] = []) {
    self.root = root
    self.ancestors = ancestors
  }

  /// - Parameter ancestorCount: nil of what can have none.
  init(from cursor: ByteCursor, ancestorCount: Int? = nil) throws(FormatError) {
    var root: FileAttributes?
    var ancestors: [AncestorNote] = []
    try Attribute.readExtensions(cursor) { (tag, value) throws(FormatError) in
      if let ancestorCount, tag == Self.ancestorsTag {
        for _ in 0..<ancestorCount { ancestors.append(try AncestorNote(from: &value)) }
        return true
      }
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
    self.ancestors = ancestors
  }

  /// Of a remnant's, what it is one of.
  init(ofRemnant cursor: ByteCursor) throws(FormatError) {
    var original: Digest256?
    try Attribute.readExtensions(cursor) { (tag, value) throws(FormatError) in
      guard tag == Self.remnantTag else { return false }
      original = try value.readDigest256()
      return true
    }
    remnantOf = original
  }

  /// Those of a remnant's manifest.
  static func encoded(remnantOf snapshotID: Digest256) -> [UInt8] {
    var value: [UInt8] = []
    value.append(snapshotID)
    var bytes: [UInt8] = []
    Attribute.append(remnantTag, value, to: &bytes)
    return bytes
  }

  /// Throws where it breaks a rule of section 7.
  func encoded() throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    if let root {
      if let problem = root.problem { throw FormatError(.invalidInput, "the state's directory: \(problem)") }
      var attributes: [UInt8] = []
      let count = Attribute.append(root, to: &attributes)
      var value: [UInt8] = []
      value.append(littleEndian: count)
      Attribute.append(Self.rootTag, value + attributes, to: &bytes)
    }
    if !ancestors.isEmpty {
      var value: [UInt8] = []
      for ancestor in ancestors { ancestor.append(to: &value) }
      Attribute.append(Self.ancestorsTag, value, to: &bytes)
    }
    return bytes
  }
}
