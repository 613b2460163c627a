import CHoloSnap
import Glibc

// Unsafe here: handles are references in disguise; the caller has promised that they are its own, and not freed.

/// Runs the body of a function of the interface, and tells what it throws.
///
/// - Parameters:
///   - handle: the place for one, which is NULL after a failure.
///   - isAllowedInCallbacks: else a callback that calls it gets BUSY.
func boundary(
  _ error: UnsafeMutablePointer<holosnap_error>?, handle: UnsafeMutablePointer<OpaquePointer?>? = nil,
  isAllowedInCallbacks: Bool = false, _ body: () throws(Failure) -> Void
) -> holosnap_status {
  handle?.pointee = nil
  // A thread that was cancelled in here would take locks with it.
  var previous: Int32 = 0
  pthread_setcancelstate(Int32(PTHREAD_CANCEL_DISABLE), &previous)
  defer { pthread_setcancelstate(previous, nil) }
  do throws(Failure) { try expectRoom(error, "holosnap_error") } catch { return error.status }
  do throws(Failure) {
    guard isAllowedInCallbacks || !CallbackThread.isInside else {
      throw Failure(HOLOSNAP_BUSY, "called from inside of a callback")
    }
    try body()
    fill(error) { $0.put(nil) }
    return holosnap_status(HOLOSNAP_OK)
  } catch let failure {
    fill(error) { $0.put(failure) }
    return failure.status
  }
}

extension UnsafeMutablePointer<holosnap_error> {
  /// Fills a zeroed error.
  fileprivate func put(_ failure: Failure?) {
    pointee.chunk = failure?.chunk ?? .max
    pointee.offset = failure?.offset ?? .max
    guard let failure else { return }
    pointee.status = failure.status
    pointee.callback = failure.callback?.value ?? 0
    pointee.callback_kind = failure.callback?.kind.rawValue ?? 0
    var isCut = holosnap_error_message(self).put(failure.message)
    isCut = holosnap_error_remedy(self).put(failure.remedy ?? "") || isCut
    isCut = holosnap_error_region(self).put(failure.region ?? "") || isCut
    isCut = holosnap_error_path(self).put(path: failure.path ?? "") || isCut
    pointee.flags = isCut ? UInt32(HOLOSNAP_CUT) : 0
  }
}

/// What a handle stands for. Made in one process: a child of it has neither its threads nor its locks.
class Handle: @unchecked Sendable {
  private let process = getpid()

  final var isForeign: Bool { getpid() != process }

  /// The caller's reference.
  final func handedOut() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  static func forked() -> Failure {
    Failure(HOLOSNAP_FORKED, "the handle is of the process that this one was forked from")
  }
}

/// The object behind a handle.
func object<Object: Handle>(_ handle: OpaquePointer?, _ type: Object.Type, _ what: String) throws(Failure) -> Object {
  guard let handle else { throw .invalid("\(what) is NULL") }
  let object = Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  guard !object.isForeign else { throw Handle.forked() }
  return object
}

/// Ends a handle; nothing for NULL. In a child of the process that made it, the object is only forgotten.
///
/// - Parameter finish: what has to happen before.
func release<Object: Handle>(
  _ handle: OpaquePointer?, _ type: Object.Type, finish: (Object) -> Void = { _ in }
) {
  guard let handle else { return }
  let reference = Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle))
  let object = reference.takeUnretainedValue()
  guard !object.isForeign else { return }
  finish(object)
  reference.release()
}

/// Hands out a handle.
func handOut(_ place: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws(Failure) -> Handle) throws(Failure) {
  guard let place else { throw .invalid("there is no place for the handle") }
  place.pointee = try make().handedOut()
}
