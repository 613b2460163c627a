import HoloModel
import HoloSystem

/// What is wrong with a container, or with what was to be written into one, and where.
package struct FormatError: Error, Hashable, Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Another kind of file.
    case notAContainer
    /// A container whose end is missing.
    case truncated
    case unsupportedVersion
    case unsupportedFeature
    /// Bytes are not those that were written: a hash does not match.
    case damaged
    /// The bytes are as they were written, but break a rule of the format.
    case malformed
    /// What was to be written is larger than the format holds.
    case limitExceeded
    /// What was to be written contradicts itself, or came out of order: a mistake of the calling code.
    case invalidInput
    /// A container that the snapshot needs is not to be found.
    case missingAncestor
    /// A system call failed: `cause` tells which.
    case inputOutput
  }

  package var kind: Kind
  /// What happened: a clause without a full stop.
  package var message: String
  /// The file, as the caller named it; empty where only memory is concerned.
  package var path: String
  /// Of what is wrong, in bytes of the file.
  package var offset: UInt64?
  package var byteCount: UInt64?
  /// Number of the frame.
  package var frame: UInt32?
  /// Name of the region.
  package var region: String?
  /// Index of the chunk in its region.
  package var chunk: UInt64?
  /// What the user can do; nil where there is nothing.
  package var remedy: String?
  package var cause: SystemError?

  package init(
    _ kind: Kind, _ message: String, path: String = "", offset: UInt64? = nil, byteCount: UInt64? = nil,
    frame: UInt32? = nil, region: String? = nil, chunk: UInt64? = nil, remedy: String? = nil, cause: SystemError? = nil
  ) {
    self.kind = kind
    self.message = message
    self.path = path
    self.offset = offset
    self.byteCount = byteCount
    self.frame = frame
    self.region = region
    self.chunk = chunk
    self.remedy = remedy
    self.cause = cause
  }

  /// A failed system call.
  package init(_ cause: SystemError) {
    self.init(.inputOutput, cause.description, path: cause.path, cause: cause)
  }

  func at(frame: UInt32?, region: String? = nil, chunk: UInt64? = nil) -> FormatError {
    var error = self
    error.frame = self.frame ?? frame
    error.region = self.region ?? region
    error.chunk = self.chunk ?? chunk
    return error
  }

  /// What to do about a container that was cut off or damaged.
  static let restoreRemedy = "what is whole can still be had: `holosnap restore SNAPSHOT TARGET --region '**'`"
}

extension FormatError: CustomStringConvertible {
  package var description: String {
    var places: [String] = []
    if !path.isEmpty && cause == nil { places.append(path) }
    if let region { places.append("region \(region.shortened)") }
    if let chunk { places.append("chunk \(chunk)") }
    if let frame { places.append("frame \(frame)") }
    if let offset {
      // The range is shown as it was found, even where the file claims one that overflows.
      places.append(byteCount.map { "\($0) bytes at offset \(offset)" } ?? "offset \(offset)")
    }
    let place = places.isEmpty ? "" : " (\(places.joined(separator: ", ")))"
    return message + place + (remedy.map { "; \($0)" } ?? "")
  }
}
