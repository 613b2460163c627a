import HoloModel

extension Coding {
  /// The record of a coding (HWP-Format.md, section 5); nil where the coding breaks a rule of that section.
  var encoded: [UInt8]? {
    guard isValid else { return nil }
    var bytes = [UInt8(width) | (quantization == nil ? 0 : Self.quantized), UInt8(methods.count)]
    if let quantization { bytes += quantization.encoded }
    for method in methods {
      bytes.append(method.code)
      switch method {
      case .raw, .planes, .difference, .floatDifference: break
      case .constant(let word): bytes += word
      case .palette(let count): bytes.append(littleEndian: UInt16(count))
      case .ratioPalette(let count, let divisor):
        bytes.append(littleEndian: UInt16(count))
        bytes.append(littleEndian: UInt16(divisor))
      case .bins(let bins):
        bytes.append(littleEndian: UInt32(bins.streamByteCount))
        bytes += [bins.mapping.rawValue, UInt8(bins.lags.count)]
        if bins.mapping == .ratio { bytes.append(littleEndian: bins.divisor) }
        for lag in bins.lags { bytes.append(littleEndian: lag) }
      }
    }
    return bytes
  }

  /// Reads a record that takes up all of the cursor.
  init(from cursor: inout ByteCursor) throws(FormatError) {
    let first = try cursor.read(UInt8.self)
    let width = Int(first & ~Self.quantized)
    let count = Int(try cursor.read(UInt8.self))
    guard [1, 2, 4, 8, 16].contains(width), count == 1 || (count == 2 && width <= 8) else {
      throw cursor.malformed("a coding has \(count) components of \(width) bytes")
    }
    let quantization = first & Self.quantized == 0 ? nil : try Codes(from: &cursor)
    var methods: [Method] = []
    for _ in 0..<count { methods.append(try Self.readMethod(width: width, from: &cursor)) }
    try cursor.expectEnd(of: "a coding")
    self.init(width: width, methods: methods, quantization: quantization)
    guard isValid else { throw cursor.malformed("a coding's method does not go with its width or its parameters") }
  }

  /// In the first byte: the words are codes.
  private static let quantized: UInt8 = 0x80

  private static func readMethod(width: Int, from cursor: inout ByteCursor) throws(FormatError) -> Method {
    let code: UInt8 = try cursor.read()
    switch code {
    case Method.raw.code: return .raw
    case 1: return .constant(try cursor.read(count: width))
    case Method.planes.code: return .planes
    case Method.difference.code: return .difference
    case Method.floatDifference.code: return .floatDifference
    case 5: return .palette(count: Int(try cursor.read(UInt16.self)))
    case 6:
      return .ratioPalette(count: Int(try cursor.read(UInt16.self)), divisor: Int(try cursor.read(UInt16.self)))
    case 7: return .bins(try readBins(from: &cursor))
    default: throw cursor.error(.unsupportedFeature, "the coding method \(code) is not known to this version")
    }
  }

  private static func readBins(from cursor: inout ByteCursor) throws(FormatError) -> Bins {
    let streamByteCount = Int(try cursor.read(UInt32.self))
    let code: UInt8 = try cursor.read()
    guard let mapping = Bins.Mapping(rawValue: code) else {
      throw cursor.error(.unsupportedFeature, "the mapping \(code) of bins is not known to this version")
    }
    let lagCount = Int(try cursor.read(UInt8.self))
    guard lagCount <= Bins.mostLags else { throw cursor.malformed("bins have \(lagCount) lags") }
    var bins = Bins(mapping: mapping, streamByteCount: streamByteCount)
    if mapping == .ratio { bins.divisor = try cursor.read() }
    for _ in 0..<lagCount { bins.lags.append(try cursor.read()) }
    return bins
  }

  private var isValid: Bool {
    guard [1, 2, 4, 8, 16].contains(width) else { return false }
    guard methods.count == 1 || (methods.count == 2 && width <= 8) else { return false }
    if quantization != nil, width < 2 || width > 8 { return false }
    return methods.allSatisfy { method in
      switch method {
      case .raw: true
      case .constant(let word): word.count == width
      case .planes, .difference, .floatDifference: width < 16
      case .palette(let count): (1...256).contains(count)
      case .ratioPalette(let count, let divisor):
        (1...256).contains(count) && (1...65_535).contains(divisor) && (width == 4 || width == 8)
      case .bins(let bins): bins.isValid(width: width) && bins.streamByteCount <= UInt32.max
      }
    }
  }
}
