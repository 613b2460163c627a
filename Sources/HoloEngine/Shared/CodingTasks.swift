import CWaveKernels
import HoloFormat
import HoloModel

// The bridge between a coding, as the format knows it, and the tasks of the kernels.

extension wave_task {
  /// Sets method, dictionary and index width; false for a method that the kernels do not know.
  mutating func apply(_ method: Coding.Method, dictionaryOffset: Int) -> Bool {
    self.dictionaryOffset = UInt32(dictionaryOffset)
    switch method {
    case .raw: self.method = UInt8(WAVE_METHOD_RAW)
    case .constant:
      self.method = UInt8(WAVE_METHOD_CONSTANT)
      count = 1
    case .planes: self.method = UInt8(WAVE_METHOD_PLANES)
    case .difference: self.method = UInt8(WAVE_METHOD_DIFFERENCE)
    case .floatDifference: self.method = UInt8(WAVE_METHOD_FLOAT_DIFFERENCE)
    case .palette(let words), .ratioPalette(let words, _):
      self.method = UInt8(WAVE_METHOD_PALETTE)
      count = UInt16(words)
      indexBits = UInt8(Coding.indexBits(count: words))
    case .bins: return false
    }
    return true
  }
}

extension Coding {
  /// Where each component's part stands in a buffer, of the stream of so many words that starts at `streamOffset`.
  func streamRanges(words: Int, streamOffset: Int) -> [Range<Int>] {
    var offset = streamOffset
    return methods.map { method in
      let start = offset
      offset += streamByteCount(of: method, words: words)
      return start..<offset
    }
  }

  /// The kernels' tasks for a chunk of `byteCount` bytes at `chunkOffset`, whose stream stands at `streamOffset`: one a
  /// component that is not in bins. Stored dictionaries stand before the words of their component; the kernels do not see
  /// them.
  func tasks(chunkOffset: Int, byteCount: Int, streamOffset: Int, dictionaryOffsets: [Int]) -> [wave_task] {
    let words = byteCount / elementByteCount
    return zip(methods, streamRanges(words: words, streamOffset: streamOffset)).enumerated().compactMap { index, part in
      let (method, range) = part
      var task = wave_task()
      task.chunkOffset = UInt64(chunkOffset + index * width)
      task.streamOffset = UInt64(range.lowerBound + dictionaryByteCount(of: method))
      task.words = UInt32(words)
      task.width = UInt8(width)
      task.stride = UInt8(methods.count)
      return task.apply(method, dictionaryOffset: dictionaryOffsets[index]) ? task : nil
    }
  }

  /// Where the table of bins ends, or soon after.
  private static let binTableByteCount = 512

  /// Runs of the stream that differ in nature, for the LZ4 stage.
  func stripes(byteCount: Int) -> [StreamStripe] {
    let words = byteCount / elementByteCount
    let exceptions = exceptionByteCount(chunkByteCount: byteCount)
    let flags = exceptions == 0 ? 0 : exceptionFlagByteCount(chunkByteCount: byteCount)
    return methods.flatMap { method -> [StreamStripe] in
      let all = streamByteCount(of: method, words: words)
      switch method {
      case .constant: return []
      case .raw, .ratioPalette: return [.plain(all)]
      case .palette:
        let dictionary = dictionaryByteCount(of: method)
        return [.plain(dictionary), .plain(all - dictionary)]
      case .planes, .difference, .floatDifference:
        return Array(repeating: .plane(all / (8 * width)), count: 8 * width)
      case .bins:
        let table = min(all, Self.binTableByteCount)
        return [.plain(table), .coded(all - table)]
      }
    } + (exceptions == 0 ? [] : [.plain(flags), .plain(exceptions - flags)])
  }
}

/// The dictionary of a ratio palette (HWP-Format.md, section 5).
enum RatioPalette {
  /// Word k is k / divisor, correctly rounded.
  static func dictionary(count: Int, divisor: Int, width: Int) -> [UInt8] {
    (0..<count).flatMap { k -> [UInt8] in
      if width == 4 {
        return withUnsafeBytes(of: (Float(k) / Float(divisor)).bitPattern.littleEndian) { Array($0) }
      }
      return withUnsafeBytes(of: (Double(k) / Double(divisor)).bitPattern.littleEndian) { Array($0) }
    }
  }
}

/// A stored dictionary stands in the stream as byte planes, the most significant first (HWP-Format.md, section 5).
enum DictionaryPlanes {
  static func write(_ words: UnsafeRawBufferPointer, width: Int, into target: UnsafeMutableRawBufferPointer) {
    let count = words.count / width
    for plane in 0..<width {
      for word in 0..<count { target[plane * count + word] = words[word * width + (width - 1 - plane)] }
    }
  }

  static func read(_ planes: UnsafeRawBufferPointer, width: Int) -> [UInt8] {
    let count = planes.count / width
    var words = [UInt8](repeating: 0, count: planes.count)
    for plane in 0..<width {
      for word in 0..<count { words[word * width + (width - 1 - plane)] = planes[plane * count + word] }
    }
    return words
  }
  /// Whether the words strictly ascend as unsigned little-endian integers.
  static func isAscending(_ words: [UInt8], width: Int) -> Bool {
    stride(from: width, to: words.count, by: width).allSatisfy { start in
      for byte in (0..<width).reversed() {
        let (before, after) = (words[start - width + byte], words[start + byte])
        if before != after { return before < after }
      }
      return false
    }
  }
}
