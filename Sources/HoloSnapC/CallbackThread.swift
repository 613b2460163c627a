import CHoloSnap
import Glibc

// Unsafe here: a value of a thread's own, which is no pointer to anything.

/// Knows which threads are inside of a callback of the application.
enum CallbackThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  static var isInside: Bool { pthread_getspecific(key) != nil }

  /// Runs a callback on this thread.
  static func run(_ body: () -> Int32) -> Int32 {
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
    defer { pthread_setspecific(key, nil) }
    return body()
  }

  /// The same; another number than 0 is a failure.
  static func run(_ kind: CallbackKind, region: String? = nil, _ body: () -> Int32) throws(Failure) {
    let value = run(body)
    guard value == 0 else { throw .of(kind, value: value, region: region) }
  }
}
