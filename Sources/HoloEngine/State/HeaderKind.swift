import HoloFormat
import HoloSystem

/// A file of one array whose header tells type and shape. Of a directory, only files of these names are looked into: a look
/// at every file would cost more than reading the small ones.
enum HeaderKind {
  case numPy
  /// Told by its magic: the native cores gave it either suffix, and others have both of them too.
  case legacy

  /// - Parameter isNamed: the user named the file itself.
  init?(fileName: [UInt8], isNamed: Bool) {
    func has(_ suffix: String) -> Bool { fileName.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
    if has(".npy") {
      self = .numPy
    } else if isNamed || has(".hwp") || has(".wave") {
      self = .legacy
    } else {
      return nil
    }
  }

  /// Nil where the header is none, or malformed: such a file is plain bytes, never an error.
  /// - Parameter flaw: what is wrong with a file that else would be a legacy one.
  func layout(of file: OpenFile, flaw: inout FormatError?) throws(SystemError) -> RegionLayout? {
    let source = try FileSource(file)
    switch self {
    case .numPy:
      return try NumPyHeader.read(source, at: 0, byteCount: source.byteCount).flatMap {
        RegionLayout.numPy($0, fileByteCount: source.byteCount)
      }
    case .legacy:
      do throws(FormatError) {
        return RegionLayout(try LegacyHeader(source, path: file.path))
      } catch {
        if let cause = error.cause { throw cause }
        if error.kind != .notAContainer { flaw = error }
        return nil
      }
    }
  }
}

extension NumPyHeader {
  /// The header of an `.npy` file that stands in these bytes of a source.
  static func read(
    _ source: some RandomAccessSource, at offset: UInt64, byteCount: UInt64
  ) throws(SystemError) -> NumPyHeader? {
    do throws(FormatError) {
      // Most headers are 128 bytes; the limit is read only where the first read did not reach.
      for limit in [512, UInt64(byteLimit)] {
        let bytes = try source.bytes(at: offset, count: min(byteCount, limit), path: "")
        if let header = NumPyHeader(bytes) { return header }
        if byteCount <= limit { break }
      }
    } catch {
      if let cause = error.cause { throw cause }
    }
    return nil
  }
}
