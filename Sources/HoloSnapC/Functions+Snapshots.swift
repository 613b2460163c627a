// The names are those of the header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CHoloSnap
import HoloEngine
import HoloModel
import HoloReports

// Unsafe here: the caller's buffer, within the capacity that it tells.

// The functions of snapshots that are there, and of the streams of blobs.

@c @implementation
public func holosnap_verify(
  _ engine: OpaquePointer!, _ snapshot: UnsafePointer<CChar>!, _ options: UnsafePointer<holosnap_verify_options>!,
  _ report: UnsafeMutablePointer<holosnap_verify_report>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try expectRoom(report, "holosnap_verify_report")
    let engine = try object(engine, Engine.self, "the engine")
    let options = try read(options, "holosnap_verify_options") ?? holosnap_verify_options()
    try expectKnown(flags: 0, among: 0, reserved: options.reserved, "holosnap_verify_options")
    let reference = try reference(snapshot, store: options.store)
    let activity = Activity()
    let check = try control(options.control).watching(activity) { () throws(Failure) in
      try activity.run { () throws(Failure) in
        try SnapshotCheck(engine, reference, isQuick: options.quick != 0, activity)
      }
    }
    fill(report) { $0.put(check) }
    if let problem = check.outcome.problems.first { throw Failure(HoloError(problem)) }
  }
}

@c @implementation
public func holosnap_inspect(
  _ engine: OpaquePointer!, _ snapshot: UnsafePointer<CChar>!, _ options: UnsafePointer<holosnap_inspect_options>!,
  _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: UInt64, _ length: UnsafeMutablePointer<UInt64>!,
  _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    _ = try object(engine, Engine.self, "the engine")
    let options = try read(options, "holosnap_inspect_options") ?? holosnap_inspect_options()
    let reference = try reference(snapshot, store: options.store)
    guard let length else { throw .invalid("length is NULL") }
    length.pointee = 0
    let activity = Activity()
    let text = try control(options.control).watching(activity) { () throws(Failure) in
      try activity.run { () throws(Failure) in
        try inspected(reference, activity)
      }
    }
    let bytes = Array(text.utf8)
    length.pointee = UInt64(bytes.count)
    guard let buffer, capacity >= UInt64(bytes.count) else {
      let room = buffer == nil ? 0 : capacity
      throw Failure(HOLOSNAP_BUFFER_TOO_SMALL, "the text has \(bytes.count) bytes, the buffer \(room)")
    }
    UnsafeMutableRawBufferPointer(start: buffer, count: bytes.count).copyBytes(from: bytes)
  }
}

@c @implementation
public func holosnap_sink_write(
  _ sink: OpaquePointer!, _ bytes: UnsafeRawPointer!, _ count: UInt64, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    try stream(sink, BlobSink.self, "the sink").write(bytes, count: count)
  }
}

@c @implementation
public func holosnap_source_read(
  _ source: OpaquePointer!, _ bytes: UnsafeMutableRawPointer!, _ capacity: UInt64,
  _ count: UnsafeMutablePointer<UInt64>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    guard let count else { throw .invalid("count is NULL") }
    count.pointee = 0
    count.pointee = try stream(source, BlobSource.self, "the source").read(into: bytes, capacity: capacity)
  }
}

@c @implementation
public func holosnap_source_size(
  _ source: OpaquePointer!, _ count: UnsafeMutablePointer<UInt64>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    guard let count else { throw .invalid("count is NULL") }
    count.pointee = try stream(source, BlobSource.self, "the source").byteCount
  }
}

/// What `holosnap inspect --json` prints.
private func inspected(_ snapshot: SnapshotReference, _ activity: Activity) throws(Failure) -> String {
  try withUsualRounding { () throws(Failure) in
    try Failure.wrapping { () throws(HoloError) in
      try Snapshots().inspect(snapshot: snapshot, cancellation: activity.cancellation).json.document
    }
  }
}
