import HoloModel

/// The one error that leaves the engine: what happened, where, and what to do about it.
public struct HoloError: Error, Sendable {
  /// What kind of failure it is; new codes may come.
  public struct Code: Hashable, Sendable {
    package let name: String
    /// From sysexits.h, as the command line returns it.
    package let exitStatus: Int32

    package static let usage = Code(name: "usage", exitStatus: 64)
    package static let damaged = Code(name: "damaged", exitStatus: 65)
    package static let malformed = Code(name: "malformed", exitStatus: 65)
    package static let truncated = Code(name: "truncated", exitStatus: 65)
    package static let notAContainer = Code(name: "notAContainer", exitStatus: 65)
    package static let unsupportedVersion = Code(name: "unsupportedVersion", exitStatus: 65)
    package static let unsupportedFeature = Code(name: "unsupportedFeature", exitStatus: 65)
    package static let noInput = Code(name: "noInput", exitStatus: 66)
    package static let missingAncestor = Code(name: "missingAncestor", exitStatus: 66)
    package static let noDevice = Code(name: "noDevice", exitStatus: 69)
    package static let `internal` = Code(name: "internal", exitStatus: 70)
    package static let cannotCreate = Code(name: "cannotCreate", exitStatus: 73)
    package static let noMemory = Code(name: "noMemory", exitStatus: 74)
    package static let inputOutput = Code(name: "inputOutput", exitStatus: 74)
    package static let busy = Code(name: "busy", exitStatus: 75)
    package static let changed = Code(name: "changed", exitStatus: 75)
    package static let refused = Code(name: "refused", exitStatus: 77)
    /// As a shell reports a program ended by SIGINT.
    package static let cancelled = Code(name: "cancelled", exitStatus: 130)
    /// The same, ended by another signal: a shell adds 128 to its number.
    package static func cancelled(bySignal signal: Int32) -> Code {
      Code(name: cancelled.name, exitStatus: 128 + signal)
    }
  }

  /// Where in a state or a container. Offsets and lengths are bytes of the file at `path`.
  public struct Place: Hashable, Sendable {
    package var path: String?
    package var region: String?
    package var chunk: UInt64?
    package var offset: UInt64?
    package var length: UInt64?

    package init(
      path: String? = nil, region: String? = nil, chunk: UInt64? = nil, offset: UInt64? = nil, length: UInt64? = nil
    ) {
      self.path = path
      self.region = region
      self.chunk = chunk
      self.offset = offset
      self.length = length
    }
  }

  package var code: Code
  package var message: String
  package var place: Place
  /// What the user can do, a sentence without a full stop; nil where there is nothing.
  package var remedy: String?

  package init(_ code: Code, _ message: String, place: Place = Place(), remedy: String? = nil) {
    self.code = code
    self.message = message
    self.place = place
    self.remedy = remedy
  }

  package static let cancelled = HoloError(.cancelled, "stopped on request")
}

extension HoloError: CustomStringConvertible {
  public var description: String {
    let parts = [message, place.description.isEmpty ? nil : "(\(place))", remedy.map { "— \($0)" }]
    return parts.compactMap { $0 }.joined(separator: " ")
  }
}

extension HoloError.Place: CustomStringConvertible {
  public var description: String {
    var parts: [String] = []
    if let path { parts.append(path) }
    if let region { parts.append("region \(region.shortened)") }
    if let chunk { parts.append("chunk \(chunk)") }
    if let offset {
      parts.append(length.map { "\($0) bytes at offset \(offset)" } ?? "offset \(offset)")
    }
    return parts.joined(separator: ", ")
  }
}
