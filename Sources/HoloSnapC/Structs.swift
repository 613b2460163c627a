import CHoloSnap

// Unsafe here: structs of the caller, each of which says how many bytes it has; what is behind these is not touched.

/// Reads an options struct; nil for NULL. One that is longer than ours may have nothing in what we do not know.
func read<Value>(_ pointer: UnsafePointer<Value>?, _ what: String) throws(Failure) -> Value? {
  guard let pointer else { return nil }
  let raw = UnsafeRawPointer(pointer)
  let size = try checkedSize(raw, of: Value.self, what)
  let rest = UnsafeRawBufferPointer(start: raw, count: size)[MemoryLayout<Value>.size...]
  guard rest.allSatisfy({ $0 == 0 }) else {
    throw .invalid("\(what) has \(size) bytes, and something in those that this version does not know")
  }
  return pointer.pointee
}

/// The same of a struct that has to be there.
func readRequired<Value>(_ pointer: UnsafePointer<Value>?, _ what: String) throws(Failure) -> Value {
  guard let value = try read(pointer, what) else { throw .invalid("\(what) is NULL") }
  return value
}

/// Throws where a struct that is to be filled is too short; then it is left alone.
func expectRoom<Value>(_ pointer: UnsafeMutablePointer<Value>?, _ what: String) throws(Failure) {
  guard let pointer else { return }
  _ = try checkedSize(UnsafeRawPointer(pointer), of: Value.self, what)
}

/// Zeroes a struct up to its size, which stays, and lets it be filled. Nothing for NULL.
func fill<Value>(_ pointer: UnsafeMutablePointer<Value>?, _ body: (UnsafeMutablePointer<Value>) -> Void) {
  guard let pointer else { return }
  let raw = UnsafeMutableRawPointer(pointer)
  let size = Int(clamping: raw.load(as: UInt64.self))
  UnsafeMutableRawBufferPointer(start: raw + 8, count: size - 8).initializeMemory(as: UInt8.self, repeating: 0)
  body(pointer)
}

/// The most that a struct can say to have: more is no size.
private let mostBytes: UInt64 = 1 << 20

private func checkedSize<Value>(
  _ pointer: UnsafeRawPointer, of type: Value.Type, _ what: String
) throws(Failure) -> Int {
  let size = pointer.load(as: UInt64.self)
  guard size >= UInt64(MemoryLayout<Value>.size), size <= mostBytes else {
    throw .invalid("\(what) says that it has \(size) bytes: initialise it with its _init function")
  }
  return Int(size)
}

/// Throws for a flag that is not among these, or a reserved field that is not zero.
func expectKnown(flags: UInt32, among known: Int, reserved: UInt32 = 0, _ what: String) throws(Failure) {
  guard flags & ~UInt32(known) == 0 else { throw .invalid("\(what) has unknown flags \(flags)") }
  guard reserved == 0 else { throw .invalid("a reserved field of \(what) is not zero") }
}
