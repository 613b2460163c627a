import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

// Unsafe here: contexts of the application, which are only handed back to it.

/// An array of the application's: what it is called, and who tells what it is at a moment.
///
/// `@unchecked Sendable`: its callbacks are called as the header says.
struct RegionPart: @unchecked Sendable {
  typealias Prepare =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<holosnap_shape>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  let name: String
  let component: Component
  let elementType: ElementType
  let isOptional: Bool
  let isAlone: Bool
  private let context: UnsafeMutableRawPointer?
  private let describe:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<holosnap_shape>?, UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> Int32
  private let prepare: Prepare?
  /// Extents of `UInt64.max` are any.
  let expected: [UInt64]?

  init(_ region: holosnap_region) throws(Failure) {
    name = try regionName(region.name)
    (component, isOptional, isAlone) = try traits(region.component, region.flags, region.reserved, name)
    guard let type = UInt8(exactly: region.element_type).flatMap(ElementType.init(rawValue:)) else {
      throw .invalid("there is no element type \(region.element_type)", region: name)
    }
    elementType = type
    guard let describe = region.describe else { throw .invalid("describe is NULL", region: name) }
    self.describe = describe
    prepare = region.prepare
    context = region.context
    expected = if let shape = region.expected { try Self.extents(shape, of: name) } else { nil }
  }

  var canBeRestored: Bool { prepare != nil }

  /// What the region is now.
  func described() throws(Failure) -> RegionSource {
    var shape = holosnap_shape()
    var pointer: UnsafeRawPointer?
    try CallbackThread.run(.describe, region: name) { describe(context, &shape, &pointer) }
    func nonsense(_ message: String) -> Failure {
      Failure(
        HOLOSNAP_CALLBACK_FAILED, "describe gave \(message)", region: name,
        callback: .init(kind: .describe, value: 0))
    }
    guard (1...32).contains(shape.rank) else { throw nonsense("a shape of \(shape.rank) extents") }
    guard shape.reserved == 0 else { throw nonsense("a reserved field that is not zero") }
    let extents = Self.extents(of: &shape)
    guard let byteCount = elementType.byteCount(ofShape: extents), byteCount <= PartLimit.byteCount else {
      throw nonsense("a shape of more bytes than there can be: \(extents)")
    }
    guard let pointer else {
      guard byteCount == 0 else { throw nonsense("NULL for \(byteCount) bytes") }
      return source(extents, UnsafeRawBufferPointer(start: nil, count: 0))
    }
    guard !wraps(pointer, byteCount) else { throw nonsense("\(byteCount) bytes that end behind all memory") }
    return source(extents, UnsafeRawBufferPointer(start: pointer, count: Int(byteCount)))
  }

  private func source(_ shape: [UInt64], _ memory: UnsafeRawBufferPointer) -> RegionSource {
    RegionSource(name: name, component: component, elementType: elementType, shape: shape, memory: memory)
  }

  /// Memory for the region of a snapshot.
  func prepared(_ region: RegionDescriptor) throws(Failure) -> UnsafeMutableRawBufferPointer {
    guard let prepare else { throw .invalid("the region has no prepare", region: name) }
    var shape = holosnap_shape()
    // What has no shape is a row of elements.
    let extents = region.shape.isEmpty ? [region.byteCount / UInt64(elementType.byteCount)] : region.shape
    shape.rank = UInt32(extents.count)
    let target = holosnap_shape_extents(&shape)
    for (index, extent) in extents.enumerated() { target?[index] = extent }
    var memory: UnsafeMutableRawPointer?
    let value = CallbackThread.run { prepare(context, &shape, &memory) }
    let callback = Failure.Callback(kind: .prepare, value: value)
    guard value != Int32(HOLOSNAP_REFUSE_SHAPE) else {
      throw Failure(
        HOLOSNAP_MISMATCH, "the application refuses the shape \(extents.shapeText) of the snapshot", region: name,
        callback: callback)
    }
    guard value == 0 else {
      throw Failure(HOLOSNAP_CALLBACK_FAILED, "prepare gave \(value)", region: name, callback: callback)
    }
    guard memory != nil || region.byteCount == 0, !wraps(memory, region.byteCount) else {
      let what = memory == nil ? "NULL" : "memory that ends behind all memory"
      throw Failure(
        HOLOSNAP_CALLBACK_FAILED, "prepare gave \(what) for \(region.byteCount) bytes", region: name,
        callback: callback)
    }
    return UnsafeMutableRawBufferPointer(start: memory, count: memory == nil ? 0 : Int(region.byteCount))
  }

  private static func extents(_ shape: UnsafePointer<holosnap_shape>, of name: String) throws(Failure) -> [UInt64] {
    guard (1...32).contains(shape.pointee.rank), shape.pointee.reserved == 0 else {
      throw .invalid("the expected shape has \(shape.pointee.rank) extents", region: name)
    }
    let first = holosnap_shape_constant_extents(shape)
    return (0..<Int(shape.pointee.rank)).map { first?[$0] ?? 0 }
  }

  private static func extents(of shape: inout holosnap_shape) -> [UInt64] {
    let rank = Int(shape.rank)
    let first = holosnap_shape_extents(&shape)
    return (0..<rank).map { first?[$0] ?? 0 }
  }
}

/// A structure of the application's, which it writes and reads itself. `@unchecked Sendable` as ``RegionPart``.
struct BlobPart: @unchecked Sendable {
  let name: String
  let component: Component
  let version: UInt32
  let isOptional: Bool
  let isAlone: Bool
  let sizeHint: UInt64
  private let context: UnsafeMutableRawPointer?
  private let writer: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Int32
  private let reader: (@convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UInt32) -> Int32)?

  init(_ blob: holosnap_blob) throws(Failure) {
    name = try regionName(blob.name)
    (component, isOptional, isAlone) = try traits(blob.component, blob.flags, blob.reserved, name)
    guard let writer = blob.write else { throw .invalid("write is NULL", region: name) }
    self.writer = writer
    reader = blob.read
    context = blob.context
    version = blob.version
    sizeHint = blob.size_hint
  }

  var canBeRestored: Bool { reader != nil }

  func write(to sink: BlobSink) throws(Failure) {
    let value = CallbackThread.run { writer(context, sink.handle) }
    // What the sink refused counts, whatever the callback made of it.
    if let failure = sink.failure { throw failure }
    guard value != 0 else { return }
    throw Failure(
      HOLOSNAP_CALLBACK_FAILED, "write gave \(value)", region: name, callback: .init(kind: .write, value: value))
  }

  func read(from source: BlobSource, version: UInt32) throws(Failure) {
    guard let reader else { throw .invalid("the blob has no read", region: name) }
    let value = CallbackThread.run { reader(context, source.handle, version) }
    if let failure = source.failure { throw failure }
    // What is left unread is proved all the same.
    guard value != 0 else { return try source.readRest() }
    throw Failure(
      HOLOSNAP_CALLBACK_FAILED, "read gave \(value)", region: name, callback: .init(kind: .read, value: value))
  }
}

/// Whether a range of bytes ends behind all memory.
func wraps(_ pointer: UnsafeRawPointer?, _ byteCount: UInt64) -> Bool {
  UInt(bitPattern: pointer).addingReportingOverflow(UInt(byteCount)).overflow
}

/// A name that a region and a file can have.
private func regionName(_ pointer: UnsafePointer<CChar>?) throws(Failure) -> String {
  guard let given = try text(pointer, "a name") else { throw .invalid("the name is NULL") }
  let name = RegionName.escape(Array(given.utf8))
  guard RegionName.components(name) != nil else {
    throw .invalid("the name is empty, too long, absolute, or has an empty, . or .. component", region: given)
  }
  return name
}

private func traits(
  _ component: UInt32, _ flags: UInt32, _ reserved: UInt32, _ name: String
) throws(Failure) -> (Component, isOptional: Bool, isAlone: Bool) {
  guard let known = UInt8(exactly: component).flatMap(Component.init(rawValue:)) else {
    throw .invalid("there is no component \(component)", region: name)
  }
  try expectKnown(flags: flags, among: HOLOSNAP_OPTIONAL | HOLOSNAP_ALONE, reserved: reserved, name)
  return (known, flags & UInt32(HOLOSNAP_OPTIONAL) != 0, flags & UInt32(HOLOSNAP_ALONE) != 0)
}

extension ElementType {
  /// Bytes of an array; nil where the product does not fit.
  fileprivate func byteCount(ofShape extents: [UInt64]) -> UInt64? {
    guard !extents.contains(0) else { return 0 }
    return extents.reduce(UInt64(byteCount)) { (product: UInt64?, extent) in
      guard let (next, overflow) = product?.multipliedReportingOverflow(by: extent), !overflow else { return nil }
      return next
    }
  }
}

extension [UInt64] {
  /// `3276×1024`, where any extent may be `*`.
  var shapeText: String { map { $0 == .max ? "*" : String($0) }.joined(separator: "×") }
}
