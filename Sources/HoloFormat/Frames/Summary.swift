import FoundationEssentials
import HoloModel

/// What a listing shows of a snapshot: the JSON of the manifest (HWP-Format.md, section 8). Nothing is decoded by it.
package struct Summary: Hashable, Sendable {
  package var formatVersion = "\(HWP.majorVersion).\(HWP.minorVersion)"
  /// Program and version.
  package var creator: String
  /// RFC 3339, UTC.
  package var created: String
  /// `full`.
  package var type: String
  package var series: String
  package var reason: String
  package var host: String
  package var priority: Int
  /// Snapshot id of the base.
  package var parent: String?
  /// Of the payload frames of this container.
  package var payloadBytes: UInt64
  /// From the start of the capture to the manifest.
  package var seconds: Double
  package var backend: String
  package var device: String

  package init(
    creator: String = "HoloSnap 1.0", createdNanoseconds: Int64, type: String, series: String, reason: String,
    host: String, priority: Int, parent: String?, totals: ContainerTotals, seconds: Double, backend: String,
    device: String
  ) {
    self.creator = creator
    created = RFC3339.text(nanosecondsSinceEpoch: createdNanoseconds)
    self.type = type
    self.series = series
    self.reason = reason
    self.host = host
    self.priority = priority
    self.parent = parent
    payloadBytes = totals.payloadByteCount
    self.seconds = seconds
    self.backend = backend
    self.device = device
  }
}

extension Summary: Codable {
  private enum CodingKeys: String, CodingKey {
    case formatVersion, creator, created, type, series, reason, host, priority, parent, payloadBytes, seconds, backend
    case device
  }

  /// A key that is missing, or of another type, reads as empty: a listing shows what there is.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) -> String { (try? values.decode(String.self, forKey: key)) ?? "" }
    formatVersion = text(.formatVersion)
    creator = text(.creator)
    created = text(.created)
    type = text(.type)
    series = text(.series)
    reason = text(.reason)
    host = text(.host)
    priority = (try? values.decode(Int.self, forKey: .priority)) ?? 0
    parent = try? values.decode(String.self, forKey: .parent)
    payloadBytes = (try? values.decode(UInt64.self, forKey: .payloadBytes)) ?? 0
    seconds = (try? values.decode(Double.self, forKey: .seconds)) ?? 0
    backend = text(.backend)
    device = text(.device)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(formatVersion, forKey: .formatVersion)
    try values.encode(creator, forKey: .creator)
    try values.encode(created, forKey: .created)
    try values.encode(type, forKey: .type)
    try values.encode(series, forKey: .series)
    try values.encode(reason, forKey: .reason)
    try values.encode(host, forKey: .host)
    try values.encode(priority, forKey: .priority)
    try values.encode(parent, forKey: .parent)
    try values.encode(payloadBytes, forKey: .payloadBytes)
    try values.encode(seconds.isFinite ? seconds : 0, forKey: .seconds)
    try values.encode(backend, forKey: .backend)
    try values.encode(device, forKey: .device)
  }
}

extension Summary {
  /// The JSON with sorted keys, at most 64 KiB.
  func json() throws(FormatError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data: [UInt8]
    do { data = Array(try encoder.encode(self)) } catch {
      throw FormatError(.invalidInput, "the summary cannot be written as JSON: \(error)")
    }
    guard data.count <= HWP.Limit.summaryByteCount else {
      throw FormatError(
        .limitExceeded, "the summary has \(data.count) bytes, at most \(HWP.Limit.summaryByteCount) are possible",
        remedy: "use shorter names for series and reason")
    }
    return data
  }

  init(json: [UInt8], path: String, offset: UInt64) throws(FormatError) {
    do {
      guard Self.depth(of: json) <= 16 else { throw FormatError(.malformed, "it is more than 16 levels deep") }
      self = try JSONDecoder().decode(Summary.self, from: Data(json))
    } catch {
      throw FormatError(.malformed, "the summary is not the JSON of a summary", path: path, offset: offset)
    }
  }

  /// How deep objects and arrays are nested (HWP-Format.md, section 8: at most 16), before a parser sees them.
  private static func depth(of json: [UInt8]) -> Int {
    var depth = 0
    var most = 0
    var inText = false
    var escaped = false
    for byte in json {
      if inText {
        if escaped { escaped = false } else if byte == UInt8(ascii: "\\") { escaped = true } else {
          inText = byte != UInt8(ascii: "\"")
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      most = max(most, depth)
    }
    return most
  }
}
