import HoloModel
import HoloSystem

/// The series that a state belongs to where the user names none: the last component of the first STATE's path.
package enum SeriesName {
  /// The longest default name, in characters.
  static let limit = 200
  /// The longest name that a user may give, in UTF-8: it is repeated in every listing.
  static let byteLimit = 1_024
  /// The name of a state that is the root of the file system.
  static let nameless = "state"

  /// A path that ends in no name of its own (`.`, `..`, `/`) is resolved first.
  static func of(statePath path: String, syscalls: Syscalls) throws(SystemError) -> String {
    var last = lastComponent(path)
    if last.isEmpty || last == "." || last == ".." { last = lastComponent(try syscalls.resolve(path)) }
    return last.isEmpty ? nameless : printable(last)
  }

  package static func check(_ name: String) throws(HoloError) {
    guard name.utf8.count > byteLimit else { return }
    throw HoloError(
      .usage, "the series' name has \(name.utf8.count) bytes, and may have \(byteLimit)",
      remedy: "give a shorter one with --series")
  }

  private static func lastComponent(_ path: String) -> String {
    PathBytes.bytes(path).split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Fit for a terminal and a line of a listing: control characters and line separators become `_`.
  private static func printable(_ name: String) -> String {
    let scalars = name.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "_"
      default: scalar
      }
    }
    return String(String(String.UnicodeScalarView(scalars)).prefix(limit))
  }
}
