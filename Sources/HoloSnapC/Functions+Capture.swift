// The names are those of the header.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CHoloSnap
import HoloEngine
import HoloModel

// The functions of captures.

@c @implementation
public func holosnap_capture_start(
  _ state: OpaquePointer!, _ options: UnsafePointer<holosnap_capture_options>!,
  _ capture: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, handle: capture) { () throws(Failure) in
    try handOut(capture) { () throws(Failure) in
      let options = try readRequired(options, "holosnap_capture_options")
      let activity = Activity()
      let (state, request) = try read(state, options)
      return try control(options.control).watching(activity) { () throws(Failure) in
        try CaptureJob.start(state, request, activity)
      }
    }
  }
}

@c @implementation
public func holosnap_capture_poll(
  _ capture: OpaquePointer!, _ progress: UnsafeMutablePointer<holosnap_progress>!,
  _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    try tell(object(capture, CaptureJob.self, "the capture").activity.progress, progress)
  }
}

@c @implementation
public func holosnap_capture_wait(
  _ capture: OpaquePointer!, _ nanoseconds: UInt64, _ report: UnsafeMutablePointer<holosnap_capture_report>!,
  _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try expectRoom(report, "holosnap_capture_report")
    let job = try object(capture, CaptureJob.self, "the capture")
    guard let outcome = try job.wait(nanoseconds: nanoseconds) else {
      throw Failure(HOLOSNAP_TIMED_OUT, "the capture goes on")
    }
    fill(report) { $0.put(outcome, of: job) }
  }
}

@c @implementation
public func holosnap_capture_cancel(
  _ capture: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error, isAllowedInCallbacks: true) { () throws(Failure) in
    try object(capture, CaptureJob.self, "the capture").activity.cancel()
  }
}

@c @implementation
public func holosnap_capture_free(
  _ capture: OpaquePointer!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in release(capture, CaptureJob.self) { $0.finish() } }
}

@c @implementation
public func holosnap_state_capture(
  _ state: OpaquePointer!, _ options: UnsafePointer<holosnap_capture_options>!,
  _ report: UnsafeMutablePointer<holosnap_capture_report>!, _ error: UnsafeMutablePointer<holosnap_error>!
) -> holosnap_status {
  boundary(error) { () throws(Failure) in
    try expectRoom(report, "holosnap_capture_report")
    let options = try readRequired(options, "holosnap_capture_options")
    let activity = Activity()
    try control(options.control).watching(activity) { () throws(Failure) in
      let (state, request) = try read(state, options)
      let job = try CaptureJob.start(state, request, activity)
      guard let outcome = try job.wait(nanoseconds: .max) else {
        throw Failure(HOLOSNAP_INTERNAL, "a wait without an end has ended")
      }
      fill(report) { $0.put(outcome, of: job) }
    }
  }
}

/// What is captured, and how.
private func read(
  _ state: OpaquePointer?, _ options: holosnap_capture_options
) throws(Failure) -> (ProgramState, CaptureRequest) {
  let state = try object(state, ProgramState.self, "the state")
  return (state, try withUsualRounding { () throws(Failure) in try CaptureRequest(options, state: state) })
}
