import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem

// Files of arrays: what is no such file is refused without an error.
extension Judge {
  static func readLegacy(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    let header = try LegacyHeader(MemorySource(bytes), path: path)
    try require(header.bytes == Array(bytes.prefix(header.byteCount)), "another header is written than was read")
    let end = UInt64(header.byteCount).addingReportingOverflow(header.elementByteCount)
    try require(!end.overflow && end.partialValue == UInt64(bytes.count), "the elements do not end with the file")
    try require(
      elementCount(header.shape) == header.elementByteCount / UInt64(header.elementType.byteCount), "the shape")
    return .accepted
  }

  static func readNumPy(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    guard let header = NumPyHeader(bytes) else { return .refused }
    try require(
      header.byteCount <= min(bytes.count, NumPyHeader.byteLimit) && header.shape.count <= HWP.Limit.rank,
      "a header of \(header.byteCount) bytes, \(header.shape.count) extents")
    let again = NumPyHeader(encoded(header))
    try require(
      again?.elementType == header.elementType && again?.shape == header.shape
        && again?.isFortranOrder == header.isFortranOrder, "another header is read than was written: \(header)")
    if let layout = RegionLayout.numPy(header, fileByteCount: UInt64(bytes.count)) {
      try require(
        UInt64(layout.headerByteCount) + layout.byteCount + UInt64(layout.tailByteCount) == UInt64(bytes.count),
        "header, elements and tail are not the file")
      try require(
        elementCount(layout.shape).map { $0 * UInt64(layout.elementType.byteCount) } == layout.byteCount, "the shape")
    }
    return .accepted
  }

  static func readSafetensors(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    let source = MemorySource(bytes)
    guard
      let header = try noSystemError({ () throws(SystemError) in try SafetensorsHeader.read(source) })
    else { return .refused }
    var names: Set<[UInt8]> = []
    var end = UInt64(header.byteCount)
    for tensor in header.tensors {
      try require(names.insert(Array(tensor.name.utf8)).inserted, "two tensors \(tensor.name)")
      try require(tensor.offset == end, "\(tensor.name) begins at \(tensor.offset) instead of \(end)")
      let count = elementCount(tensor.shape)?.multipliedReportingOverflow(by: UInt64(tensor.elementType.byteCount))
      try require(
        tensor.elementType == .bytes || count.map { $0 == (tensor.byteCount, false) } == true,
        "\(tensor.name) has \(tensor.byteCount) bytes")
      end += tensor.byteCount
    }
    try require(end == source.byteCount, "the tensors end at \(end) of \(bytes.count) bytes")
    return .accepted
  }

  /// Memory cannot fail to be read.
  static func noSystemError<Value>(_ body: () throws(SystemError) -> Value) throws(FormatError) -> Value {
    do throws(SystemError) { return try body() } catch { throw FormatError(error) }
  }

  /// As NumPy writes it, but for the padding.
  private static func encoded(_ header: NumPyHeader) -> [UInt8] {
    let type =
      switch header.elementType {
      case .bytes, .bf16, .u8: "|u1"
      case .i8: "|i1"
      case .u16: "<u2"
      case .i16: "<i2"
      case .u32: "<u4"
      case .i32: "<i4"
      case .u64: "<u8"
      case .i64: "<i8"
      case .f16: "<f2"
      case .f32: "<f4"
      case .f64: "<f8"
      case .c64: "<c8"
      case .c128: "<c16"
      }
    let shape = header.isFortranOrder ? header.shape.reversed() : header.shape
    let order = header.isFortranOrder ? "True" : "False"
    let text = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(shape.map { "\($0)," }.joined())), }\n"
    let length = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}
