import HoloModel

/// Names as they stand in files: canonical, 1 … 4,096 bytes, without NUL (HWP-Format.md, section 7).
enum CanonicalName {
  /// The name that bytes of a file are, or nil where they are none.
  static func read(_ bytes: [UInt8]) -> String? {
    guard let name = String(validating: bytes, as: UTF8.self), isValid(name) else { return nil }
    return name
  }

  static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard (1...RegionName.byteLimit).contains(bytes.count), !bytes.contains(0) else { return false }
    return !bytes.contains(UInt8(ascii: "\\")) || RegionName.unescape(name) != nil
  }
}

/// Which names a state already has. Keeps 16 bytes a name, whatever its length: two names with one BLAKE3-128 do not
/// occur.
struct NameSet {
  private var digests: Set<Digest128>

  /// - Parameter capacity: names for which there is room without growing.
  init(capacity: Int = 0) { digests = Set(minimumCapacity: capacity) }

  /// False where it was there.
  mutating func insert(_ name: String) -> Bool { digests.insert(digest(name)).inserted }

  func contains(_ name: String) -> Bool { digests.contains(digest(name)) }

  private func digest(_ name: String) -> Digest128 { BLAKE3.hash(Array(name.utf8)).short }
}
