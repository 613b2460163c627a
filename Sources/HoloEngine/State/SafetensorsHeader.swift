import HoloFormat
import HoloModel
import HoloSystem

/// The header of a `.safetensors` file (https://github.com/huggingface/safetensors, "Format"): a u64 length, a JSON
/// object of tensors by name, then their bytes, one after the other.
///
/// Read at least as strictly as the official reader does. Stricter: the JSON begins with `{`, no name and no key stands
/// twice, a tensor has no other keys than the three, numbers are below 2⁵³.
package struct SafetensorsHeader: Hashable, Sendable {
  package struct Tensor: Hashable, Sendable {
    package var name: String
    package var elementType: ElementType
    /// Outermost first; empty where elements are no whole bytes (`elementType` is then `bytes`).
    package var shape: [UInt64]
    /// In the file.
    package var offset: UInt64
    package var byteCount: UInt64
  }

  /// Bytes of the file before the first tensor.
  package let byteCount: Int
  /// As their bytes lie in the file: without holes, to its end.
  package let tensors: [Tensor]

  /// The longest header that is taken, its first eight bytes included. The official reader takes 100 MB; but a tensor
  /// takes a hundred bytes, and the header lies in memory while a state is looked at.
  package static let byteLimit = 16 << 20
  /// A region's (HWP-Format.md, section 12).
  private static let rankLimit = 32

  /// Nil where the file is not a whole, well-formed one: such a file is plain bytes, never an error.
  package static func read(_ source: some RandomAccessSource) throws(SystemError) -> SafetensorsHeader? {
    do throws(FormatError) {
      guard source.byteCount >= 8 else { return nil }
      var cursor = ByteCursor(try source.bytes(at: 0, count: 8, path: ""), path: "", base: 0)
      let length: UInt64 = try cursor.read()
      guard length <= UInt64(byteLimit) - 8, length <= source.byteCount - 8 else { return nil }
      let json = try source.bytes(at: 8, count: length, path: "")
      return SafetensorsHeader(json: json, fileByteCount: source.byteCount)
    } catch {
      if let cause = error.cause { throw cause }
      return nil
    }
  }

  private init?(json: [UInt8], fileByteCount: UInt64) {
    byteCount = 8 + json.count
    let dataByteCount = fileByteCount - UInt64(byteCount)
    guard json.first == UInt8(ascii: "{"), var parser = JSONParser(json) else { return nil }
    var tensors: [Tensor] = []
    var names: Set<[UInt8]> = []
    let isWhole = parser.readObject { parser, name in
      guard names.insert(Array(name.utf8)).inserted else { return false }
      if name == "__metadata__" {
        return parser.readNull() || parser.readObject { value, _ in value.readText() != nil }
      }
      guard let tensor = Self.tensor(name, &parser) else { return false }
      tensors.append(tensor)
      return true
    }
    guard isWhole, parser.isAtEnd() else { return nil }

    tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
    var end: UInt64 = 0
    for index in tensors.indices {
      guard tensors[index].offset == end else { return nil }
      end += tensors[index].byteCount
      tensors[index].offset += UInt64(byteCount)
    }
    guard end == dataByteCount else { return nil }
    self.tensors = tensors
  }

  /// The tensor whose description stands here; its offset is yet from the end of the header.
  private static func tensor(_ name: String, _ parser: inout JSONParser) -> Tensor? {
    var type: (elementType: ElementType, bitCount: UInt64)?
    var shape: [UInt64]?
    var offsets: [UInt64]?
    let isWhole = parser.readObject { parser, key in
      switch key {
      case "dtype" where type == nil:
        type = parser.readText().flatMap { elementTypes[$0] }
        return type != nil
      case "shape" where shape == nil:
        shape = integers(&parser, atMost: rankLimit)
        return shape != nil
      case "data_offsets" where offsets == nil:
        offsets = integers(&parser, atMost: 2)
        return offsets?.count == 2
      default: return false
      }
    }
    guard isWhole, let type, let shape, let offsets, offsets[0] <= offsets[1] else { return nil }
    var bitCount = type.bitCount
    for extent in shape {
      let (product, overflow) = bitCount.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      bitCount = product
    }
    let byteCount = offsets[1] - offsets[0]
    guard bitCount % 8 == 0, bitCount / 8 == byteCount else { return nil }
    return Tensor(
      name: name, elementType: type.elementType, shape: type.elementType == .bytes ? [] : shape, offset: offsets[0],
      byteCount: byteCount)
  }

  private static func integers(_ parser: inout JSONParser, atMost limit: Int) -> [UInt64]? {
    var values: [UInt64] = []
    let isWhole = parser.readArray { parser in
      guard values.count < limit, let value = parser.readInteger(), value >= 0 else { return false }
      values.append(UInt64(value))
      return true
    }
    return isWhole ? values : nil
  }

  /// By `dtype`: what holds an element here, and its bits.
  private static let elementTypes: [String: (elementType: ElementType, bitCount: UInt64)] = {
    var types: [String: (elementType: ElementType, bitCount: UInt64)] = [
      "F4": (.bytes, 4), "F6_E2M3": (.bytes, 6), "F6_E3M2": (.bytes, 6),
    ]
    let whole: [(String, ElementType)] = [
      ("BOOL", .u8), ("U8", .u8), ("I8", .i8), ("U16", .u16), ("I16", .i16), ("U32", .u32), ("I32", .i32),
      ("U64", .u64), ("I64", .i64), ("F16", .f16), ("BF16", .bf16), ("F32", .f32), ("F64", .f64), ("C64", .c64),
      ("F8_E5M2", .u8), ("F8_E4M3", .u8), ("F8_E8M0", .u8), ("F8_E4M3FNUZ", .u8), ("F8_E5M2FNUZ", .u8),
    ]
    for (name, type) in whole { types[name] = (type, UInt64(8 * type.byteCount)) }
    return types
  }()
}
