import HoloModel

extension Coding.Codes {
  /// Its part of a coding's record (HWP-Format.md, section 5).
  var encoded: [UInt8] {
    var bytes = [quantizer.code]
    bytes.append(littleEndian: UInt32(exceptionCount))
    switch quantizer {
    case .grid(let step, let low, let high):
      for number in [step, low, high] { bytes.append(littleEndian: number.bitPattern) }
    case .logarithm(let levels): bytes.append(littleEndian: UInt32(levels))
    case .phase(let bits): bytes.append(UInt8(bits))
    case .phaseGrid(let bits, let offset, let step):
      bytes.append(UInt8(bits))
      for number in [offset, step] { bytes.append(littleEndian: number.bitPattern) }
    }
    return bytes
  }

  init(from cursor: inout ByteCursor) throws(FormatError) {
    let code: UInt8 = try cursor.read()
    let exceptionCount: UInt32 = try cursor.read()
    let quantizer: Quantizer
    switch code {
    case 1:
      quantizer = .grid(step: try cursor.readDouble(), low: try cursor.readDouble(), high: try cursor.readDouble())
    case 2: quantizer = .logarithm(levels: Int(try cursor.read(UInt32.self)))
    case 3: quantizer = .phase(bits: Int(try cursor.read(UInt8.self)))
    case 4:
      quantizer = .phaseGrid(
        bits: Int(try cursor.read(UInt8.self)), offset: try cursor.readDouble(), step: try cursor.readDouble())
    default: throw cursor.error(.unsupportedFeature, "the quantizer \(code) is not known to this version")
    }
    self.init(quantizer: quantizer, exceptionCount: Int(exceptionCount))
  }
}

extension RegionQuantization {
  /// The value of the attribute (HWP-Format.md, section 7).
  var encoded: [UInt8] {
    var flags: UInt16 = 0
    var (code, bits, clip): (UInt8, UInt8, Double) = (0, 0, 0)
    switch mode {
    case .absolute: code = 1
    case .relative(_, let limit):
      code = 2
      if let limit { (flags, clip) = (Self.hasClip, limit) }
    case .pointwise: code = 3
    case .euclidean: code = 4
    case .phase(let count, let amplitude):
      (code, bits) = (5, UInt8(count))
      if amplitude != nil { flags = Self.hasAmplitude }
    }
    var bytes = [code, bits]
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: UInt32(0))
    for number in [mode.bound, clip, absoluteBound, largestError, rootMeanSquareError, minimum, maximum] {
      bytes.append(littleEndian: number.bitPattern)
    }
    bytes.append(littleEndian: exactCount)
    bytes.append(rawRoot)
    return bytes
  }

  init(from cursor: inout ByteCursor) throws(FormatError) {
    let code: UInt8 = try cursor.read()
    let bits: UInt8 = try cursor.read()
    let flags: UInt16 = try cursor.read()
    try cursor.expectZero(4)
    let bound = try cursor.readDouble()
    let clip = try cursor.readDouble()
    let isBound = bound.isFinite && bound > 0
    let hasClip = clip.isFinite && clip > 0
    let phaseBits = Quantizer.phaseBits
    let mode: QuantizationMode
    switch (code, flags) {
    case (1, 0) where isBound: mode = .absolute(bound)
    case (2, 0) where isBound: mode = .relative(bound, clip: nil)
    case (2, Self.hasClip) where isBound && hasClip: mode = .relative(bound, clip: clip)
    case (3, 0) where isBound: mode = .pointwise(bound)
    case (4, 0) where isBound: mode = .euclidean(bound)
    case (5, 0) where phaseBits.contains(Int(bits)): mode = .phase(bits: Int(bits), amplitude: nil)
    case (5, Self.hasAmplitude) where isBound && phaseBits.contains(Int(bits)):
      mode = .phase(bits: Int(bits), amplitude: bound)
    case (6..., _): throw cursor.error(.unsupportedFeature, "the quantization \(code) is not known to this version")
    default: throw cursor.malformed("a region's quantization has bounds or flags that it cannot have")
    }
    self.init(
      mode: mode, absoluteBound: try cursor.readDouble(), largestError: try cursor.readDouble(),
      rootMeanSquareError: try cursor.readDouble(), minimum: try cursor.readDouble(), maximum: try cursor.readDouble(),
      exactCount: try cursor.read(), rawRoot: try cursor.readDigest256())
    // One form only: what goes with other modes is zero.
    guard encoded.prefix(24).elementsEqual(Self.start(code, bits, flags, bound, clip)) else {
      throw cursor.malformed("a region's quantization has numbers of another mode")
    }
  }

  private static func start(_ code: UInt8, _ bits: UInt8, _ flags: UInt16, _ bound: Double, _ clip: Double) -> [UInt8] {
    var bytes = [code, bits]
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: UInt32(0))
    for number in [bound, clip] { bytes.append(littleEndian: number.bitPattern) }
    return bytes
  }

  private static let hasClip: UInt16 = 1
  private static let hasAmplitude: UInt16 = 2
}
