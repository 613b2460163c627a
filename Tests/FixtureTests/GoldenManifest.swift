import Foundation
import HoloFormat
import TestSupport

/// What the containers of Tests/Fixtures/v1 hold: manifest.json there, made once of the states' own files.
struct GoldenManifest: Decodable {
  struct Region: Decodable {
    var name: String
    var component: String
    var elementType: String
    var shape: [UInt64]
    var byteCount: UInt64
    var headerByteCount: Int
    var tailByteCount: Int
    /// BLAKE3 of the region's bytes, and of the whole file.
    var root: String
    var file: String
    var mode: UInt32
    var seconds: Int64
    var nanoseconds: UInt32
  }

  struct Directory: Decodable {
    var name: String
    var mode: UInt32
    var seconds: Int64
    var nanoseconds: UInt32
  }

  /// BLAKE3 of the container.
  var container: String
  var snapshotID: String
  var stateRoot: String
  var series: String
  var reason: String
  var priority: Int
  var created: String
  var regions: [Region]
  var directories: [Directory]

  static let all: [String: GoldenManifest] = {
    do {
      return try JSONDecoder().decode(
        [String: GoldenManifest].self, from: Data(Fixtures.bytes(of: "v1/manifest.json")))
    } catch { preconditionFailure("Tests/Fixtures/v1/manifest.json: \(error)") }
  }()

  static func path(_ name: String) -> String { "\(Fixtures.path)/v1/\(name)" }
}
