import CWaveKernels
import Glibc
import TestSupport

@testable import HoloCompute

/// both, so that a byte written outside a task shows.
struct CodingPlan {
  var tasks: [wave_task] = []
  /// For the palettes: surveys of the words that the palette tasks code, in their order.
  var dictionaries: [UInt8] = []
  var chunksByteCount = 0
  var streamsByteCount = 0

  /// Numbers of words and the bits of their indices: the least and most of each.
  private static let palettes = [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)]
  static let integerMethods = [WAVE_METHOD_PLANES, WAVE_METHOD_DIFFERENCE, WAVE_METHOD_FLOAT_DIFFERENCE]

  /// Every method; sizes around every boundary up to a block, and around a chunk where `reachesChunk`.
  init(reachesChunk: Bool, palettes: Bool = true) {
    for width in [1, 2, 4, 8, 16] {
      for stride in width == 16 ? [1] : [1, 2] {
        let sizes = Self.sizes(elementByteCount: width * stride, reachesChunk: reachesChunk)
        for words in sizes {
          add(WAVE_METHOD_RAW, width: width, stride: stride, words: words)
          if width < 16 {
            for method in Self.integerMethods { add(method, width: width, stride: stride, words: words) }
          }
          addConstant(width: width, stride: stride, words: words)
          if palettes { addPalettes(width: width, stride: stride, words: words) }
        }
      }
    }
  }

  private static func sizes(elementByteCount: Int, reachesChunk: Bool) -> [Int] {
    let (block, chunk) = (blockByteCount / elementByteCount, chunkByteCount / elementByteCount)
    let small = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, block - 1, block, block + 1]
    return reachesChunk ? small + [511, 513, chunk / 2 + 3, chunk - 1, chunk] : small
  }

  private mutating func add(
    _ method: Int, width: Int, stride: Int, words: Int, dictionaryOffset: Int = 0, count: Int = 0, indexBits: Int = 0
  ) {
    // The second component of a complex element as often as the first.
    let component = stride == 2 && tasks.count % 2 == 1 ? width : 0
    let task = wave_task.make(
      method, width: width, stride: stride, words: words, chunkOffset: chunksByteCount + component,
      streamOffset: streamsByteCount, dictionaryOffset: dictionaryOffset, count: count, indexBits: indexBits)
    tasks.append(task)
    chunksByteCount += words * width * stride + 3
    streamsByteCount += Int(WorkGeometry.streamByteCount(of: task)) + 5
  }

  private mutating func addConstant(width: Int, stride: Int, words: Int) {
    let offset = dictionaries.count
    dictionaries += (0..<width).map { UInt8(0x81 + $0) }
    add(WAVE_METHOD_CONSTANT, width: width, stride: stride, words: words, dictionaryOffset: offset, count: 1)
  }

  private mutating func addPalettes(width: Int, stride: Int, words: Int) {
    let isLarge = words * width * stride > blockByteCount + 16
    let palettes = isLarge ? [(5, 4), (256, 8)] : Self.palettes
    for (count, bits) in palettes {
      let offset = dictionaries.count
      // Ascending as integers, distinct in their lowest byte, with every other byte taken.
      for value in 0..<count {
        dictionaries += [UInt8(value)] + (1..<width).map { UInt8(truncatingIfNeeded: $0 * 37) }
      }
      add(
        WAVE_METHOD_PALETTE, width: width, stride: stride, words: words, dictionaryOffset: offset, count: count,
        indexBits: bits)
    }
  }

  /// Fills chunk memory with words that the tasks can code: palette tasks get words of their dictionary.
  func fill(_ chunks: UnsafeMutableRawBufferPointer, _ generator: inout SeededGenerator) {
    generator.fill(chunks)
    dictionaries.withUnsafeBytes { dictionaries in
      guard let chunks = chunks.baseAddress, let dictionaries = dictionaries.baseAddress else { return }
      for task in tasks where task.count > 0 {
        let (width, step) = (Int(task.width), Int(task.width) * Int(task.stride))
        for word in 0..<Int(task.words) {
          let index = Int.random(in: 0..<Int(task.count), using: &generator)
          memcpy(
            chunks + Int(task.chunkOffset) + word * step, dictionaries + Int(task.dictionaryOffset) + index * width,
            width)
        }
      }
    }
  }
}
