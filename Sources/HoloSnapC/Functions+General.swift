// The names are those of the header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CHoloSnap
import Glibc
import HoloEngine

// The functions that need no handle, and those of engines and controls.

@c @implementation
public func holosnap_abi_version() -> UInt32 { UInt32(HOLOSNAP_ABI_VERSION) }

@c @implementation
public func holosnap_version() -> UnsafePointer<CChar>! { StaticTexts.version.text }

@c @implementation
public func holosnap_status_name(_ status: holosnap_status) -> UnsafePointer<CChar>! {
  let names = StaticTexts.statusNames
  return names.indices.contains(Int(status)) ? names[Int(status)].text : StaticTexts.unknown.text
}

@c @implementation
public func holosnap_engine_create(
  _ options: UnsafePointer<holosnap_engine_options>!, _ engine: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, handle: engine) { () throws(Failure) in
    try handOut(engine) { () throws(Failure) in try Engine(read(options, "holosnap_engine_options")) }
  }
}

@c @implementation
public func holosnap_engine_free(
  _ engine: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in release(engine, Engine.self) }
}

@c @implementation
public func holosnap_control_create(
  _ control: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, handle: control) { () throws(Failure) in try handOut(control) { Control() } }
}

@c @implementation
public func holosnap_control_cancel(
  _ control: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    try object(control, Control.self, "the control").cancel()
  }
}

@c @implementation
public func holosnap_control_poll(
  _ control: OpaquePointer!, _ progress: UnsafeMutablePointer<holosnap_progress>!,
  _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    try tell(object(control, Control.self, "the control").progress, progress)
  }
}

@c @implementation
public func holosnap_control_free(
  _ control: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in release(control, Control.self) }
}

/// Fills a caller's progress.
func tell(_ progress: holosnap_progress, _ target: UnsafeMutablePointer<holosnap_progress>?) throws(Failure) {
  guard target != nil else { throw .invalid("progress is NULL") }
  try expectRoom(target, "holosnap_progress")
  fill(target) { target in
    let size = target.pointee.size
    target.pointee = progress
    target.pointee.size = size
  }
}

/// Texts that live as long as the program.
private enum StaticTexts {
  /// `@unchecked Sendable`: nobody changes it.
  struct Text: @unchecked Sendable {
    let text: UnsafePointer<CChar>?

    init(_ text: String) { self.text = UnsafePointer(strdup(text)) }
  }

  static let version = Text(HoloSnapVersion.text)
  static let unknown = Text("unknown")
  /// By their numbers.
  static let statusNames = [
    "OK", "INVALID_ARGUMENT", "BUSY", "TIMED_OUT", "CANCELLED", "PAUSE_EXCEEDED", "CALLBACK_FAILED", "COMMIT_FAILED",
    "NO_MEMORY", "BUFFER_TOO_SMALL", "MISMATCH", "NOT_FOUND", "MISSING_ANCESTOR", "DAMAGED", "UNSUPPORTED",
    "CANNOT_CREATE", "REFUSED", "IO", "NO_DEVICE", "FORKED", "INTERNAL",
  ].map { Text("HOLOSNAP_" + $0) }
}
