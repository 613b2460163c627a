import HoloModel

/// The directories of a state, ascending by name (HWP-Format.md, section 8). Kept as stored; entries are made as they
/// are asked for.
package struct DirectoryTable: Sequence, Sendable {
  private let bytes: [UInt8]
  private let range: Range<Int>
  package let count: Int

  package static let empty = DirectoryTable(bytes: [], range: 0..<0, count: 0)

  private init(bytes: [UInt8], range: Range<Int>, count: Int) {
    self.bytes = bytes
    self.range = range
    self.count = count
  }

  /// Checks every record.
  init(_ bytes: [UInt8], range: Range<Int>, path: String, base: UInt64) throws(FormatError) {
    var cursor = ByteCursor(bytes, range: range, path: path, base: base)
    var count = 0
    var previous: DirectoryEntry?
    while cursor.remaining > 0 {
      let entry = try DirectoryEntry(from: &cursor)
      if let previous, !previous.name.utf8.lexicographicallyPrecedes(entry.name.utf8) {
        throw cursor.malformed("the directory \(entry.name.shortened) is not in ascending order")
      }
      previous = entry
      count += 1
    }
    self.init(bytes: bytes, range: range, count: count)
  }

  package var underestimatedCount: Int { count }

  package func makeIterator() -> AnyIterator<DirectoryEntry> {
    var cursor = ByteCursor(bytes, range: range, path: "", base: 0)
    // Every record was read before: reading it again cannot fail.
    return AnyIterator { cursor.remaining > 0 ? try? DirectoryEntry(from: &cursor) : nil }
  }

  /// The records of directories in any order. Throws where one breaks a rule of section 8.
  static func encoded(_ directories: [DirectoryEntry], regionNames: NameSet) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    var previous: DirectoryEntry?
    for entry in directories.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      let attributes = FileAttributes(permissions: entry.permissions, modified: entry.modified)
      guard CanonicalName.isValid(entry.name) else {
        throw FormatError(.invalidInput, "the directory name \(entry.name.shortened) is not canonical")
      }
      if let problem = attributes.problem {
        throw FormatError(.invalidInput, "directory \(entry.name.shortened): \(problem)")
      }
      if let previous, previous.name.utf8.elementsEqual(entry.name.utf8) {
        throw FormatError(.invalidInput, "the directory \(entry.name.shortened) is there twice")
      }
      guard !regionNames.contains(entry.name) else {
        throw FormatError(.invalidInput, "\(entry.name.shortened) is a directory and a region", region: entry.name)
      }
      var values: [UInt8] = []
      let count = Attribute.append(attributes, to: &values)
      bytes.append(littleEndian: UInt16(entry.name.utf8.count))
      bytes.append(littleEndian: count)
      bytes += entry.name.utf8
      bytes += values
      previous = entry
    }
    return bytes
  }
}

extension DirectoryEntry {
  fileprivate init(from cursor: inout ByteCursor) throws(FormatError) {
    let length: UInt16 = try cursor.read()
    let count: UInt16 = try cursor.read()
    guard let name = CanonicalName.read(try cursor.read(count: Int(length))) else {
      throw cursor.malformed("a directory's name is not canonical")
    }
    var file = FileAttributes()
    try Attribute.read(count: count, from: &cursor) { (tag, value) throws(FormatError) in
      try Attribute.take(tag, &value, into: &file)
    }
    if let problem = file.problem { throw cursor.malformed("directory \(name.shortened): \(problem)") }
    self.init(name: name, permissions: file.permissions, modified: file.modified)
  }
}
