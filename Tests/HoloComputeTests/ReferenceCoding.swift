import CWaveKernels

/// The codings as `Documentation/HWP-Format.md`, section 5, words them: one bit at a time, no cleverness. The oracle of the
/// oracle.
enum ReferenceCoding {
  /// The stream of one task over `chunk`, in words of at most 8 bytes.
  static func stream(of task: wave_task, chunk: [UInt8], dictionary: [UInt64] = []) -> [UInt8] {
    let (width, stride) = (Int(task.width), Int(task.stride))
    let words = (0..<Int(task.words)).map { index in
      load(chunk, at: Int(task.chunkOffset) + index * width * stride, width: width)
    }
    switch Int(task.method) {
    case WAVE_METHOD_RAW:
      return words.flatMap { word in (0..<width).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    case WAVE_METHOD_CONSTANT: return []
    case WAVE_METHOD_PLANES: return planes(words, width: width)
    case WAVE_METHOD_DIFFERENCE: return planes(differences(words, first: 0, width: width), width: width)
    case WAVE_METHOD_FLOAT_DIFFERENCE:
      let top = UInt64(1) << (8 * width - 1)
      let ordered = words.map { $0 & top != 0 ? ~$0 & mask(width) : $0 | top }
      return planes(differences(ordered, first: top, width: width), width: width)
    default: return indices(words, dictionary: dictionary, bits: Int(task.indexBits))
    }
  }

  private static func mask(_ width: Int) -> UInt64 { width == 8 ? .max : (1 << (8 * width)) - 1 }

  private static func load(_ bytes: [UInt8], at offset: Int, width: Int) -> UInt64 {
    (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
  }

  private static func planes(_ words: [UInt64], width: Int) -> [UInt8] {
    let planeByteCount = (words.count + 7) / 8
    var stream = [UInt8](repeating: 0, count: 8 * width * planeByteCount)
    for (index, word) in words.enumerated() {
      for plane in 0..<(8 * width) where word >> (8 * width - 1 - plane) & 1 != 0 {
        stream[plane * planeByteCount + index / 8] |= 1 << (index % 8)
      }
    }
    return stream
  }

  private static func differences(_ words: [UInt64], first: UInt64, width: Int) -> [UInt64] {
    var previous = first
    return words.map { word in
      let difference = (word &- previous) & mask(width)
      previous = word
      let isNegative = difference >> (8 * width - 1) & 1 != 0
      return ((difference << 1) ^ (isNegative ? .max : 0)) & mask(width)
    }
  }

  private static func indices(_ words: [UInt64], dictionary: [UInt64], bits: Int) -> [UInt8] {
    var stream = [UInt8](repeating: 0, count: (words.count * bits + 7) / 8)
    for (position, word) in words.enumerated() {
      let index = dictionary.firstIndex(of: word) ?? 0
      stream[position * bits / 8] |= UInt8(index << (position * bits % 8))
    }
    return stream
  }
}
