import Foundation

/// The files of Tests/Fixtures.
package enum Fixtures {
  package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  /// The files of a folder, by their names.
  package static func files(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted().map { name in
      (name, try bytes(of: "\(folder)/\(name)"))
    }
  }

  package static func bytes(of name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }
}
