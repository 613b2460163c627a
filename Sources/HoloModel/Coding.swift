/// How a chunk became the stream that is stored (HWP-Format.md, section 5).
package struct Coding: Hashable, Sendable {
  /// How one component of a chunk is coded.
  package enum Method: Hashable, Sendable {
    case raw
    /// The word, `width` bytes.
    case constant([UInt8])
    case planes
    case difference
    case floatDifference
    /// The dictionary is stored in the stream.
    case palette(count: Int)
    /// Word k of the dictionary is k / divisor.
    case ratioPalette(count: Int, divisor: Int)
    /// Integers by their frequency.
    case bins(Bins)

    /// On-disk codes: set in stone.
    package var code: UInt8 {
      switch self {
      case .raw: 0
      case .constant: 1
      case .planes: 2
      case .difference: 3
      case .floatDifference: 4
      case .palette: 5
      case .ratioPalette: 6
      case .bins: 7
      }
    }
  }

  /// Bytes of a word: 1, 2, 4, 8 or 16.
  package var width: Int
  /// One a component: 1 or 2 of them.
  package var methods: [Method]
  /// Of a chunk whose numbers were quantized: the methods are those of the codes.
  package var quantization: Codes?

  /// What makes numbers of codes, and how many were kept as they are.
  package struct Codes: Hashable, Sendable {
    package var quantizer: Quantizer
    package var exceptionCount: Int

    package init(quantizer: Quantizer, exceptionCount: Int) {
      self.quantizer = quantizer
      self.exceptionCount = exceptionCount
    }

    /// What the codes of each component of such elements are: integers, but for an amplitude that is kept as a number.
    package func codeTypes(of type: ElementType) -> [ElementType] {
      if case .phase = quantizer { return [type.componentType, type.integerType] }
      return Array(repeating: type.integerType, count: type.componentCount)
    }
  }

  package init(width: Int, methods: [Method], quantization: Codes? = nil) {
    self.width = width
    self.methods = methods
    self.quantization = quantization
  }

  /// What breaks a rule of the format in a chunk of so many bytes of such elements, or nil. Of what is not quantized only
  /// that.
  package func quantizationProblem(type: ElementType, chunkByteCount: Int) -> String? {
    guard let quantization else { return nil }
    if width != type.wordByteCount || methods.count != type.componentCount {
      return "codes do not have the form of their numbers"
    }
    if quantization.exceptionCount > chunkByteCount / exceptionItemByteCount {
      return "\(quantization.exceptionCount) numbers of a chunk are kept as they are"
    }
    return quantization.quantizer.problem(for: type)
  }

  /// The chunk as it is.
  package static let stored = Coding(width: 1, methods: [.raw])

  package var elementByteCount: Int { width * methods.count }

  /// Bits of an index into a palette of so many words.
  package static func indexBits(count: Int) -> Int { count <= 2 ? 1 : count <= 4 ? 2 : count <= 16 ? 4 : 8 }

  /// Bytes of the dictionary that a method stores in the stream.
  package func dictionaryByteCount(of method: Method) -> Int {
    if case .palette(let count) = method { count * width } else { 0 }
  }

  /// Bytes of one component's part of the stream, its dictionary included, for so many words.
  package func streamByteCount(of method: Method, words: Int) -> Int {
    switch method {
    case .raw: words * width
    case .constant: 0
    case .planes, .difference, .floatDifference: 8 * width * ((words + 7) / 8)
    case .palette(let count): count * width + (words * Self.indexBits(count: count) + 7) / 8
    case .ratioPalette(let count, _): (words * Self.indexBits(count: count) + 7) / 8
    case .bins(let bins): bins.streamByteCount
    }
  }

  /// Bytes of the stream of a chunk of so many bytes, or nil where they are not whole elements, or bins take more than the
  /// words themselves.
  package func streamByteCount(chunkByteCount: Int) -> Int? {
    guard let codes = codeStreamByteCount(chunkByteCount: chunkByteCount) else { return nil }
    return codes + exceptionByteCount(chunkByteCount: chunkByteCount)
  }

  /// The part of it that the methods make.
  package func codeStreamByteCount(chunkByteCount: Int) -> Int? {
    guard elementByteCount > 0, chunkByteCount % elementByteCount == 0 else { return nil }
    let words = chunkByteCount / elementByteCount
    for case .bins(let bins) in methods where bins.streamByteCount > words * width { return nil }
    return methods.reduce(0) { $0 + streamByteCount(of: $1, words: words) }
  }

  /// The part behind it: a bit for each word or element, then those that were kept.
  package func exceptionByteCount(chunkByteCount: Int) -> Int {
    guard let quantization, quantization.exceptionCount > 0 else { return 0 }
    return exceptionFlagByteCount(chunkByteCount: chunkByteCount)
      + quantization.exceptionCount * exceptionItemByteCount
  }

  /// Bytes of the bits that tell which are kept.
  package func exceptionFlagByteCount(chunkByteCount: Int) -> Int { (chunkByteCount / exceptionItemByteCount + 7) / 8 }

  /// Bytes of what is kept at once: a word or an element.
  package var exceptionItemByteCount: Int {
    quantization?.quantizer.keepsElements == true ? elementByteCount : width
  }
}
