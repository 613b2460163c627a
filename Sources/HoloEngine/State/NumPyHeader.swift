import HoloModel

/// What the header of an `.npy` file says (NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays",
/// versions 1.0, 2.0 and 3.0).
package struct NumPyHeader: Hashable, Sendable {
  package var elementType: ElementType
  /// Outermost extent first, as the elements lie: of an array in Fortran order, the header's shape backwards.
  package var shape: [UInt64]
  package var isFortranOrder: Bool
  /// Bytes of the file before its elements.
  package var byteCount: Int

  /// The longest header that is taken; NumPy writes 128 bytes for most arrays.
  package static let byteLimit = 65_536

  /// Reads the header at a file's beginning. Nil where it is malformed, longer than the bytes given, or of a type that
  /// has no element type (big-endian, structured, text, objects): such a file is plain bytes, never an error.
  package init?(_ bytes: [UInt8]) {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    guard bytes.count >= 12, bytes.starts(with: magic) else { return nil }
    let start: Int
    let length: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0):
      start = 10
      length = Int(bytes[8]) | Int(bytes[9]) << 8
    case (2, 0), (3, 0):
      start = 12
      length = (8..<12).reduce(0) { $0 | Int(bytes[$1]) << (8 * ($1 - 8)) }
    default: return nil
    }
    guard start + length <= min(bytes.count, Self.byteLimit) else { return nil }
    byteCount = start + length

    var parser = PythonLiteralParser(bytes[start..<(start + length)])
    guard case .dictionary(let entries)? = parser.parseAll(), entries.count == 3,
      case .text(let type)? = entries["descr"], let elementType = Self.elementTypes[type],
      case .boolean(let isFortranOrder)? = entries["fortran_order"],
      case .tuple(let axes)? = entries["shape"], axes.count <= 32
    else { return nil }
    self.elementType = elementType
    self.isFortranOrder = isFortranOrder
    shape = []
    for axis in axes {
      guard case .integer(let length) = axis else { return nil }
      shape.append(length)
    }
    if isFortranOrder { shape.reverse() }
  }

  /// Bytes of all elements, or nil where they are more than a file can have.
  package var elementByteCount: UInt64? {
    if shape.contains(0) { return 0 }
    var total = UInt64(elementType.byteCount)
    for axis in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: axis)
      if overflow { return nil }
      total = product
    }
    return total <= UInt64(Int64.max) ? total : nil
  }

  /// `descr` strings of what is little-endian or a single byte, and has an element type here.
  private static let elementTypes: [String: ElementType] = {
    var types: [String: ElementType] = [:]
    for order in ["<", ">", "=", "|"] {
      types[order + "u1"] = .u8
      types[order + "i1"] = .i8
      types[order + "b1"] = .u8
    }
    let wide: [(String, ElementType)] = [
      ("u2", .u16), ("i2", .i16), ("u4", .u32), ("i4", .i32), ("u8", .u64), ("i8", .i64), ("f2", .f16), ("f4", .f32),
      ("f8", .f64), ("c8", .c64), ("c16", .c128),
    ]
    for (name, type) in wide { types["<" + name] = type }
    return types
  }()
}

/// The few Python literals that an `.npy` header is made of.
private struct PythonLiteralParser {
  enum Literal {
    case text(String)
    case boolean(Bool)
    case integer(UInt64)
    case tuple([Literal])
    case dictionary([String: Literal])
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The one literal that the bytes hold, with white space around it.
  mutating func parseAll() -> Literal? {
    let literal = parse(depth: 0)
    skipSpace()
    return rest.isEmpty ? literal : nil
  }

  private mutating func parse(depth: Int) -> Literal? {
    skipSpace()
    guard depth < 3, let first = rest.first else { return nil }
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return parseText().map(Literal.text)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return parseInteger().map(Literal.integer)
    case UInt8(ascii: "("): return parseTuple(depth: depth)
    case UInt8(ascii: "{"): return parseDictionary(depth: depth)
    default:
      if take("True") { return .boolean(true) }
      return take("False") ? .boolean(false) : nil
    }
  }

  private mutating func parseText() -> String? {
    let quote = rest.removeFirst()
    guard let end = rest.firstIndex(of: quote) else { return nil }
    let text = rest[rest.startIndex..<end]
    rest = rest[(end + 1)...]
    return text.contains(UInt8(ascii: "\\")) ? nil : String(decoding: text, as: UTF8.self)
  }

  private mutating func parseInteger() -> UInt64? {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest[digits.endIndex...]
    // Python 2 wrote long integers with a suffix.
    _ = take("L")
    return UInt64(String(decoding: digits, as: UTF8.self))
  }

  private mutating func parseTuple(depth: Int) -> Literal? {
    rest.removeFirst()
    var items: [Literal] = []
    while true {
      skipSpace()
      if take(")") { return .tuple(items) }
      guard items.count < 64, let item = parse(depth: depth + 1) else { return nil }
      items.append(item)
      skipSpace()
      if take(",") { continue }
      // (3) is a number in brackets, not a tuple.
      return items.count > 1 && take(")") ? .tuple(items) : nil
    }
  }

  private mutating func parseDictionary(depth: Int) -> Literal? {
    rest.removeFirst()
    var entries: [String: Literal] = [:]
    while true {
      skipSpace()
      if take("}") { return .dictionary(entries) }
      guard case .text(let key)? = parse(depth: depth + 1), entries[key] == nil else { return nil }
      skipSpace()
      guard take(":"), let value = parse(depth: depth + 1) else { return nil }
      entries[key] = value
      skipSpace()
      if take(",") { continue }
      return take("}") ? .dictionary(entries) : nil
    }
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
  }

  private mutating func take(_ token: String) -> Bool {
    guard rest.starts(with: token.utf8) else { return false }
    rest = rest.dropFirst(token.utf8.count)
    return true
  }
}
