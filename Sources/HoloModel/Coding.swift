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

  package init(width: Int, methods: [Method]) {
    self.width = width
    self.methods = methods
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
    guard elementByteCount > 0, chunkByteCount % elementByteCount == 0 else { return nil }
    let words = chunkByteCount / elementByteCount
    for case .bins(let bins) in methods where bins.streamByteCount > words * width { return nil }
    return methods.reduce(0) { $0 + streamByteCount(of: $1, words: words) }
  }
}
