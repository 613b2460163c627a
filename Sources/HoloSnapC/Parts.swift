import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

// Unsafe here: contexts of the application, which are only handed back to it.

/// An array of the application's: what it is called, and who tells what it is at a moment.
///
/// `@unchecked Sendable`: its callbacks are called as the header says.
struct RegionPart: DescribedPart, @unchecked Sendable {
  typealias Prepare =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<holosnap_shape>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32

  let traits: PartTraits
  let elementType: ElementType
  private let context: UnsafeMutableRawPointer?
  private let describe:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<holosnap_shape>?, UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> Int32
  private let prepare: Prepare?
  /// Extents of `UInt64.max` are any.
  let expected: [UInt64]?

  init(_ region: holosnap_region) throws(Failure) {
    traits = try PartTraits(region.name, region.component, region.flags, region.reserved)
    let name = traits.name
    guard let type = UInt8(exactly: region.element_type).flatMap(ElementType.init(rawValue:)) else {
      throw .invalid("there is no element type \(region.element_type)", region: name)
    }
    elementType = type
    guard let describe = region.describe else { throw .invalid("describe is NULL", region: name) }
    self.describe = describe
    prepare = region.prepare
    context = region.context
    expected = if let shape = region.expected { try Self.extents(expected: shape, of: name) } else { nil }
  }

  var canBeRestored: Bool { prepare != nil }

  /// What the region is now.
  func described() throws(Failure) -> RegionSource {
    var shape = holosnap_shape()
    var pointer: UnsafeRawPointer?
    try CallbackThread.run(.describe, region: name) { describe(context, &shape, &pointer) }
    func nonsense(_ what: String) -> Failure { .of(.describe, gave: what, region: name) }
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
    let extents = region.extents
    shape.rank = UInt32(extents.count)
    let target = holosnap_shape_extents(&shape)
    for (index, extent) in extents.enumerated() { target?[index] = extent }
    var memory: UnsafeMutableRawPointer?
    let value = CallbackThread.run { prepare(context, &shape, &memory) }
    guard value != Int32(HOLOSNAP_REFUSE_SHAPE) else {
      throw Failure(
        HOLOSNAP_MISMATCH, "the application refuses the shape \(extents.shapeText) of the snapshot", region: name,
        callback: .init(kind: .prepare, value: value))
    }
    guard value == 0 else { throw .of(.prepare, value: value, region: name) }
    guard memory != nil || region.byteCount == 0, !wraps(memory, region.byteCount) else {
      let what = memory == nil ? "NULL" : "memory that ends behind all memory"
      throw .of(.prepare, gave: "\(what) for \(region.byteCount) bytes", region: name)
    }
    return UnsafeMutableRawBufferPointer(start: memory, count: memory == nil ? 0 : Int(region.byteCount))
  }

  private static func extents(
    expected shape: UnsafePointer<holosnap_shape>, of name: String
  ) throws(Failure) -> [UInt64] {
    guard (1...32).contains(shape.pointee.rank), shape.pointee.reserved == 0 else {
      throw .invalid("the expected shape has \(shape.pointee.rank) extents", region: name)
    }
    return extents(of: shape)
  }

  private static func extents(of shape: UnsafePointer<holosnap_shape>) -> [UInt64] {
    let first = holosnap_shape_constant_extents(shape)
    return (0..<Int(shape.pointee.rank)).map { first?[$0] ?? 0 }
  }
}

/// A structure of the application's, which it writes and reads itself. `@unchecked Sendable` as ``RegionPart``.
struct BlobPart: DescribedPart, @unchecked Sendable {
  let traits: PartTraits
  let version: UInt32
  let sizeHint: UInt64
  private let context: UnsafeMutableRawPointer?
  private let writer: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?) -> Int32
  private let reader: (@convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UInt32) -> Int32)?

  init(_ blob: holosnap_blob) throws(Failure) {
    traits = try PartTraits(blob.name, blob.component, blob.flags, blob.reserved)
    guard let writer = blob.write else { throw .invalid("write is NULL", region: traits.name) }
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
    guard value == 0 else { throw .of(.write, value: value, region: name) }
  }

  func read(from source: BlobSource, version: UInt32) throws(Failure) {
    guard let reader else { throw .invalid("the blob has no read", region: name) }
    let value = CallbackThread.run { reader(context, source.handle, version) }
    if let failure = source.failure { throw failure }
    guard value == 0 else { throw .of(.read, value: value, region: name) }
    // What is left unread is proved all the same.
    try source.readRest()
  }
}

/// Whether a range of bytes ends behind all memory.
func wraps(_ pointer: UnsafeRawPointer?, _ byteCount: UInt64) -> Bool {
  UInt(bitPattern: pointer).addingReportingOverflow(UInt(byteCount)).overflow
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

extension RegionDescriptor {
  /// What has no shape is a row of elements.
  var extents: [UInt64] { shape.isEmpty ? [byteCount / UInt64(elementType.byteCount)] : shape }
}

extension [UInt64] {
  /// `3276×1024`, where any extent may be `*`.
  var shapeText: String { map { $0 == .max ? "*" : String($0) }.joined(separator: "×") }
}
