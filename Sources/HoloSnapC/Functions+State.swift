// The names are those of the header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CHoloSnap
import HoloEngine

// The functions of states.

@c @implementation
public func holosnap_state_create(
  _ engine: OpaquePointer!, _ options: UnsafePointer<holosnap_state_options>!,
  _ state: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, handle: state) { () throws(Failure) in
    try handOut(state) { () throws(Failure) in
      try ProgramState(object(engine, Engine.self, "the engine"), read(options, "holosnap_state_options"))
    }
  }
}

@c @implementation
public func holosnap_state_add_region(
  _ state: OpaquePointer!, _ region: UnsafePointer<holosnap_region>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try object(state, ProgramState.self, "the state").add(
      .region(RegionPart(readRequired(region, "holosnap_region"))))
  }
}

@c @implementation
public func holosnap_state_add_blob(
  _ state: OpaquePointer!, _ blob: UnsafePointer<holosnap_blob>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try object(state, ProgramState.self, "the state").add(.blob(BlobPart(readRequired(blob, "holosnap_blob"))))
  }
}

@c @implementation
public func holosnap_state_remove(
  _ state: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    guard let name = try text(name, "the name") else { throw .invalid("the name is NULL") }
    try object(state, ProgramState.self, "the state").remove(named: name)
  }
}

@c @implementation
public func holosnap_state_set_hooks(
  _ state: OpaquePointer!, _ hooks: UnsafePointer<holosnap_hooks>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try object(state, ProgramState.self, "the state").set(Hooks(readRequired(hooks, "holosnap_hooks")))
  }
}

@c @implementation
public func holosnap_state_free(
  _ state: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in release(state, ProgramState.self) }
}

@c @implementation
public func holosnap_state_restore(
  _ state: OpaquePointer!, _ snapshot: UnsafePointer<CChar>!, _ options: UnsafePointer<holosnap_restore_options>!,
  _ report: UnsafeMutablePointer<holosnap_restore_report>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try expectRoom(report, "holosnap_restore_report")
    let options = try read(options, "holosnap_restore_options") ?? holosnap_restore_options()
    let activity = Activity()
    let call = try RestoreCall(object(state, ProgramState.self, "the state"), snapshot, options, activity)
    let outcome = try control(options.control).watching(activity) { () throws(Failure) in
      try activity.run(call.run)
    }
    fill(report) { $0.put(outcome) }
  }
}

/// The control that a call is given, if it is.
func control(_ handle: OpaquePointer?) throws(Failure) -> Control? {
  guard let handle else { return nil }
  return try object(handle, Control.self, "the control")
}
