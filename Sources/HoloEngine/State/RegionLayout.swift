import HoloFormat
import HoloModel

/// Where the elements of a file lie, and what they are: header + elements + tail is the file.
package struct RegionLayout: Hashable, Sendable {
  package var elementType: ElementType
  /// Outermost first; empty for `bytes`.
  package var shape: [UInt64]
  package var headerByteCount: Int
  /// Bytes of the elements, a multiple of the element's size.
  package var byteCount: UInt64
  package var tailByteCount: Int

  /// The longest tail that is kept beside the elements: it lies in memory and in the index. A file with more is plain
  /// bytes.
  package static let tailByteLimit = 65_536

  /// A file without a type.
  package static func bytes(fileByteCount: UInt64) -> Self {
    Self(elementType: .bytes, shape: [], headerByteCount: 0, byteCount: fileByteCount, tailByteCount: 0)
  }

  /// A file of elements and nothing before them; a remainder that is no whole element is the tail.
  package static func raw(_ type: ElementType, fileByteCount: UInt64) -> Self {
    let count = fileByteCount / UInt64(type.byteCount)
    let byteCount = count * UInt64(type.byteCount)
    return Self(
      elementType: type, shape: [count], headerByteCount: 0, byteCount: byteCount,
      tailByteCount: Int(fileByteCount - byteCount))
  }

  /// An `.npy` file; nil where the file is shorter than its header says, or has a tail past the limit.
  package static func numPy(_ header: NumPyHeader, fileByteCount: UInt64) -> Self? {
    guard let byteCount = header.elementByteCount, UInt64(header.byteCount) <= fileByteCount,
      byteCount <= fileByteCount - UInt64(header.byteCount)
    else { return nil }
    let tail = fileByteCount - UInt64(header.byteCount) - byteCount
    guard tail <= UInt64(tailByteLimit) else { return nil }
    return Self(
      elementType: header.elementType, shape: header.shape, headerByteCount: header.byteCount, byteCount: byteCount,
      tailByteCount: Int(tail))
  }
}

extension RegionLayout {
  /// A legacy file, which its header has measured.
  init(_ header: LegacyHeader) {
    self.init(
      elementType: header.elementType, shape: header.shape, headerByteCount: header.byteCount,
      byteCount: header.elementByteCount, tailByteCount: 0)
  }
}

extension ElementType {
  /// The type that a file's suffix gives (`psi.c128`), or nil. (`x.bytes` is not a type but a name.)
  package init?(suffixOf fileName: [UInt8]) {
    guard let dot = fileName.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return nil }
    let suffix = String(decoding: fileName[(dot + 1)...], as: UTF8.self)
    guard let type = Self(name: suffix), type != .bytes else { return nil }
    self = type
  }
}

extension Component {
  /// What a file is to the system, by the first of its directories that says so: `index/`, `config/` or
  /// `configuration/`, `stats/` or `statistics/`, `meta/` or `metadata/`, at any depth (`run7/index/tags.json` too);
  /// else memory. The file's own name says nothing.
  package init(path components: [[UInt8]]) {
    for directory in components.dropLast() {
      switch String(decoding: directory, as: UTF8.self) {
      case "index": self = .index
      case "config", "configuration": self = .configuration
      case "stats", "statistics": self = .statistics
      case "meta", "metadata": self = .metadata
      default: continue
      }
      return
    }
    self = .memory
  }
}
