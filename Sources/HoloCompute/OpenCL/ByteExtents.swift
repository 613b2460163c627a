import CWaveKernels

/// The byte ranges of a buffer that a call reads or writes: what must be copied to or from a device with its own memory.
enum ByteExtents {
  static func source(of spans: ArraySlice<wave_span>) -> [Range<Int>] {
    spans.map { Int($0.offset)..<Int($0.offset) + Int($0.length) }
  }

  static func source(of surveys: ArraySlice<wave_survey>) -> [Range<Int>] {
    surveys.map { words(offset: $0.chunkOffset, words: $0.words, width: $0.width, stride: $0.stride) }
  }

  /// Where the words stand. Between the words of one component stand those of the other: they are counted in.
  static func chunks(of tasks: ArraySlice<wave_task>) -> [Range<Int>] {
    tasks.map { words(offset: $0.chunkOffset, words: $0.words, width: $0.width, stride: $0.stride) }
  }

  static func streams(of tasks: ArraySlice<wave_task>) -> [Range<Int>] {
    tasks.map { Int($0.streamOffset)..<Int($0.streamOffset) + Int(WorkGeometry.streamByteCount(of: $0)) }
  }

  static func source(of chunks: ArraySlice<wave_quantization>) -> [Range<Int>] {
    chunks.map { Int($0.sourceOffset)..<Int($0.sourceOffset) + Int($0.byteCount) }
  }

  /// Codes, or restored numbers.
  static func target(of chunks: ArraySlice<wave_quantization>) -> [Range<Int>] {
    chunks.map { Int($0.targetOffset)..<Int($0.targetOffset) + Int($0.byteCount) }
  }

  static func flags(of chunks: ArraySlice<wave_quantization>) -> [Range<Int>] {
    chunks.map { Int($0.flagsOffset)..<Int($0.flagsOffset) + Int($0.flagByteCount) }
  }

  static func left(of tasks: ArraySlice<wave_combination>) -> [Range<Int>] {
    tasks.map { range($0.leftOffset, $0.byteCount) }
  }

  static func right(of tasks: ArraySlice<wave_combination>) -> [Range<Int>] {
    tasks.map { range($0.rightOffset, $0.byteCount) }
  }

  static func target(of tasks: ArraySlice<wave_combination>) -> [Range<Int>] {
    tasks.map { range($0.targetOffset, $0.byteCount) }
  }

  static func left(of pairs: ArraySlice<wave_comparison>) -> [Range<Int>] {
    pairs.map { range($0.leftOffset, UInt64($0.bytes)) }
  }

  static func right(of pairs: ArraySlice<wave_comparison>) -> [Range<Int>] {
    pairs.map { range($0.rightOffset, UInt64($0.bytes)) }
  }

  static func source(of runs: ArraySlice<wave_run>) -> [Range<Int>] {
    runs.map { range($0.sourceOffset, UInt64($0.bytes)) }
  }

  static func target(of runs: ArraySlice<wave_run>) -> [Range<Int>] {
    runs.map { range($0.targetOffset, UInt64($0.bytes)) }
  }

  private static func range(_ offset: UInt64, _ byteCount: UInt64) -> Range<Int> {
    Int(offset)..<Int(offset) + Int(byteCount)
  }

  private static func words(offset: UInt64, words: UInt32, width: UInt8, stride: UInt8) -> Range<Int> {
    let length = words == 0 ? 0 : ((Int(words) - 1) * Int(stride) + 1) * Int(width)
    return Int(offset)..<Int(offset) + length
  }

  /// The smallest range that holds them all; nil for none but empty ones.
  static func hull(_ extents: [Range<Int>]) -> Range<Int>? {
    var hull: Range<Int>?
    for extent in extents where !extent.isEmpty {
      hull = hull.map { min($0.lowerBound, extent.lowerBound)..<max($0.upperBound, extent.upperBound) } ?? extent
    }
    return hull
  }

  /// The same bytes in as few ranges as possible, ascending. Bytes that no extent names stay out: they may be changing
  /// under another thread.
  static func merged(_ extents: [Range<Int>]) -> [Range<Int>] {
    var merged: [Range<Int>] = []
    for extent in extents.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, extent.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, extent.upperBound)
      } else {
        merged.append(extent)
      }
    }
    return merged
  }
}
