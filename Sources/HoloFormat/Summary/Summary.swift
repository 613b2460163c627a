import HoloModel

/// What a listing shows of a snapshot: the JSON of the manifest (HWP-Format.md, section 8). Nothing is decoded by it.
package struct Summary: Hashable, Sendable, Codable {
  package var formatVersion = "\(HWP.majorVersion).\(HWP.minorVersion)"
  /// Program and version.
  package var creator: String
  /// RFC 3339, UTC.
  package var created: String
  /// `full`, `incremental` or `differential`.
  package var type: String
  package var series: String
  package var reason: String
  package var host: String
  package var priority: Int
  /// Snapshot id of the base.
  package var parent: String?
  /// Of a snapshot with ancestors: bytes, as restored, that the layers in its own container give; 0: not known.
  package var changedBytes: UInt64
  /// Of the payload frames of this container.
  package var payloadBytes: UInt64
  /// From the start of the capture to the manifest.
  package var seconds: Double
  package var backend: String
  package var device: String
  /// Of a state in the memory of a program.
  package var pause: Pause?

  /// How a program was stopped for its state to be captured.
  package struct Pause: Hashable, Sendable, Codable {
    /// `staged` or `in_place`.
    package var mode: String
    /// That nothing could write; of `in_place` until the manifest was made.
    package var nanoseconds: UInt64
    package var copiedByteCount: UInt64
    package var stagingByteCount: UInt64

    package init(mode: String, nanoseconds: UInt64, copiedByteCount: UInt64, stagingByteCount: UInt64) {
      self.mode = mode
      self.nanoseconds = nanoseconds
      self.copiedByteCount = copiedByteCount
      self.stagingByteCount = stagingByteCount
    }
  }

  package init(
    creator: String = "HoloSnap", createdNanoseconds: Int64, type: String, series: String, reason: String, host: String,
    priority: Int, parent: String?, changedBytes: UInt64 = 0, totals: ContainerTotals, seconds: Double, backend: String,
    device: String, pause: Pause? = nil
  ) {
    self.pause = pause
    self.creator = creator
    created = RFC3339.text(nanosecondsSinceEpoch: createdNanoseconds)
    self.type = type
    self.series = series
    self.reason = reason
    self.host = host
    self.priority = priority
    self.parent = parent
    self.changedBytes = changedBytes
    payloadBytes = totals.payloadByteCount
    self.seconds = seconds
    self.backend = backend
    self.device = device
  }
}

extension Summary {
  /// Of a container that is looked at for its frames alone.
  static let none = Summary(
    creator: "", createdNanoseconds: 0, type: "", series: "", reason: "", host: "", priority: 0, parent: nil,
    totals: ContainerTotals(stateRoot: Digest256(), regionCount: 0, chunkCount: 0, byteCount: 0, payloadByteCount: 0),
    seconds: 0, backend: "", device: "")

  /// The JSON, keys in ascending order, at most 64 KiB.
  package func json() throws(FormatError) -> [UInt8] {
    let limit = Int64(1) << 53
    guard payloadBytes < UInt64(limit), abs(Int64(clamping: priority)) < limit else {
      throw FormatError(.limitExceeded, "the summary has an integer of 2⁵³ or more")
    }
    var values: [String: JSONValue] = [
      "formatVersion": .text(formatVersion), "creator": .text(creator), "created": .text(created), "type": .text(type),
      "series": .text(series), "reason": .text(reason), "host": .text(host), "priority": .integer(Int64(priority)),
      "parent": parent.map(JSONValue.text) ?? .null, "payloadBytes": .integer(Int64(payloadBytes)),
      "seconds": .real(seconds.isFinite ? seconds : 0), "backend": .text(backend), "device": .text(device),
    ]
    // Full snapshots say nothing of changes.
    if changedBytes > 0 { values["changedBytes"] = .integer(Int64(clamping: min(changedBytes, UInt64(limit) - 1))) }
    if let pause {
      values["mode"] = .text(pause.mode)
      for (key, value) in [
        ("pauseNanoseconds", pause.nanoseconds), ("copiedBytes", pause.copiedByteCount),
        ("stagingBytes", pause.stagingByteCount),
      ] { values[key] = .integer(Int64(clamping: min(value, UInt64(limit) - 1))) }
    }
    let fields = values.sorted { $0.key < $1.key }.map { JSONValue.text($0.key).encoded + ":" + $0.value.encoded }
    let bytes = Array("{\(fields.joined(separator: ","))}".utf8)
    guard bytes.count <= HWP.Limit.summaryByteCount else {
      throw FormatError(
        .limitExceeded, "the summary has \(bytes.count) bytes, at most \(HWP.Limit.summaryByteCount) are possible",
        remedy: "use shorter names for series and reason")
    }
    return bytes
  }

  /// A key that is missing, or has a value of another type, reads as empty: a listing shows what there is.
  package init(json: [UInt8], path: String, offset: UInt64) throws(FormatError) {
    var parser = JSONParser(json)
    guard case .object(let values)? = parser?.parse() else {
      throw FormatError(.malformed, "the summary is not the JSON of a summary", path: path, offset: offset)
    }
    func text(_ key: String) -> String { if case .text(let text)? = values[key] { text } else { "" } }
    func integer(_ key: String) -> Int64 { if case .integer(let value)? = values[key] { value } else { 0 } }
    formatVersion = text("formatVersion")
    creator = text("creator")
    created = text("created")
    type = text("type")
    series = text("series")
    reason = text("reason")
    host = text("host")
    priority = Int(integer("priority"))
    if case .text(let id)? = values["parent"] { parent = id }
    changedBytes = UInt64(max(0, integer("changedBytes")))
    payloadBytes = UInt64(max(0, integer("payloadBytes")))
    seconds =
      if case .real(let value)? = values["seconds"], value.isFinite { value } else { Double(integer("seconds")) }
    backend = text("backend")
    device = text("device")
    if case .text(let mode)? = values["mode"] {
      func count(_ key: String) -> UInt64 { UInt64(max(0, integer(key))) }
      pause = Pause(
        mode: mode, nanoseconds: count("pauseNanoseconds"), copiedByteCount: count("copiedBytes"),
        stagingByteCount: count("stagingBytes"))
    }
  }
}
