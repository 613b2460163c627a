import HoloFormat
import HoloModel

extension Judge {
  /// HWP-Format.md, section 7.
  static func check(_ descriptor: RegionDescriptor) throws(FormatError) {
    try check(name: descriptor.name)
    let size = UInt64(descriptor.elementType.byteCount)
    try require(
      descriptor.byteCount % size == 0 && descriptor.byteCount <= UInt64(Int64.max), "\(descriptor.name): its length")
    try require(
      descriptor.shape.isEmpty || elementCount(descriptor.shape) == descriptor.byteCount / size,
      "\(descriptor.name): its shape \(descriptor.shape)")
    try require(descriptor.permissions ?? 0 <= 0o7777, "\(descriptor.name): its mode")
    try require(descriptor.modified?.nanoseconds ?? 0 < 1_000_000_000, "\(descriptor.name): its time")
    let isPlain = descriptor.elementType == .bytes && descriptor.shape.isEmpty && descriptor.member == nil
    try require(
      isPlain && descriptor.header.isEmpty && descriptor.tail.isEmpty
        || descriptor.chunking == .grid && descriptor.blobVersion == nil, "\(descriptor.name): its chunking")
    try checkPlace(descriptor)
  }

  static func check(name: String) throws(FormatError) {
    let path = RegionName.unescape(name)
    try require(
      path.map { RegionName.escape($0).utf8.elementsEqual(name.utf8) && !$0.contains(0) } == true
        && (1...RegionName.byteLimit).contains(name.utf8.count), "the name \(name)")
  }

  /// The exact product; nil where it does not fit.
  static func elementCount(_ shape: [UInt64]) -> UInt64? {
    if shape.contains(0) { return 0 }
    return shape.reduce(1) { (product: UInt64?, extent) in
      guard let (value, overflow) = product?.multipliedReportingOverflow(by: extent), !overflow else { return nil }
      return value
    }
  }
}
