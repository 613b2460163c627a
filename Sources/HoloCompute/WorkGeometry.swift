import CWaveKernels

/// Checks that every piece of work lies within its buffers and is well formed. The kernels trust it: nothing they are
/// given has skipped these checks.
enum WorkGeometry {
  static let chunkByteCount = UInt64(WAVE_CHUNK_BYTES)

  static func check(spans: [wave_span], sourceByteCount: Int) throws(ComputeError) {
    for (index, span) in spans.enumerated() {
      if let reason = problem(with: span, sourceByteCount: UInt64(sourceByteCount)) {
        throw .invalidWork(item: "span", index: index, reason: reason)
      }
    }
  }

  static func check(surveys: [wave_survey], sourceByteCount: Int) throws(ComputeError) {
    for (index, survey) in surveys.enumerated() {
      if let reason = problem(with: survey, sourceByteCount: UInt64(sourceByteCount)) {
        throw .invalidWork(item: "survey", index: index, reason: reason)
      }
    }
  }

  /// Which way a task is run: coding a constant reads no dictionary, decoding one does.
  enum Direction { case encode, decode }

  static func check(
    tasks: [wave_task], direction: Direction, chunksByteCount: Int, streamsByteCount: Int, dictionariesByteCount: Int
  ) throws(ComputeError) {
    for (index, task) in tasks.enumerated() {
      let found =
        formProblem(with: task)
        ?? wordsProblem(
          offset: task.chunkOffset, words: task.words, width: task.width, stride: task.stride,
          byteCount: UInt64(chunksByteCount))
        ?? streamProblem(with: task, streamsByteCount: UInt64(streamsByteCount))
        ?? dictionaryProblem(with: task, direction: direction, byteCount: UInt64(dictionariesByteCount))
      if let found {
        throw .invalidWork(item: "task", index: index, reason: found)
      }
    }
  }

  private static func problem(with span: wave_span, sourceByteCount: UInt64) -> String? {
    if UInt64(span.length) > chunkByteCount { return "\(span.length) bytes are more than a chunk" }
    if !fits(offset: span.offset, length: UInt64(span.length), in: sourceByteCount) {
      return "bytes \(span.offset) + \(span.length) reach outside the source of \(sourceByteCount) bytes"
    }
    if span.flags & ~WAVE_SPAN_ROOT != 0 { return "unknown flags \(span.flags)" }
    if span.flags & WAVE_SPAN_ROOT != 0 && span.firstLeaf != 0 {
      return "a root is asked for, but the first leaf is \(span.firstLeaf)"
    }
    return nil
  }

  private static func problem(with survey: wave_survey, sourceByteCount: UInt64) -> String? {
    if !(1...WAVE_PALETTE_LIMIT).contains(UInt32(survey.limit)) { return "limit \(survey.limit) is not 1 ... 256" }
    return wordsProblem(
      offset: survey.chunkOffset, words: survey.words, width: survey.width, stride: survey.stride,
      byteCount: sourceByteCount)
  }

  private static func wordsProblem(
    offset: UInt64, words: UInt32, width: UInt8, stride: UInt8, byteCount: UInt64
  ) -> String? {
    guard [1, 2, 4, 8, 16].contains(width) else { return "a word of \(width) bytes" }
    guard stride == 1 || (stride == 2 && width <= 8) else { return "stride \(stride) with words of \(width) bytes" }
    let (words, width, stride) = (UInt64(words), UInt64(width), UInt64(stride))
    if words * width * stride > chunkByteCount { return "\(words) words are more than a chunk" }
    let length = words == 0 ? 0 : ((words - 1) * stride + 1) * width
    if !fits(offset: offset, length: length, in: byteCount) {
      return "bytes \(offset) + \(length) reach outside the buffer of \(byteCount) bytes"
    }
    return nil
  }

  private static func formProblem(with task: wave_task) -> String? {
    if task.reserved.0 != 0 || task.reserved.1 != 0 { return "reserved bytes are not zero" }
    switch Int(task.method) {
    case WAVE_METHOD_RAW, WAVE_METHOD_CONSTANT:
      return nil
    case WAVE_METHOD_PLANES, WAVE_METHOD_DIFFERENCE, WAVE_METHOD_FLOAT_DIFFERENCE:
      return task.width == 16 ? "method \(task.method) with words of 16 bytes" : nil
    case WAVE_METHOD_PALETTE:
      guard [1, 2, 4, 8].contains(task.indexBits) else { return "palette indices of \(task.indexBits) bits" }
      guard task.count >= 1, task.count <= 1 << UInt16(task.indexBits) else {
        return "a palette of \(task.count) words with indices of \(task.indexBits) bits"
      }
      return nil
    default:
      return "unknown method \(task.method)"
    }
  }

  private static func streamProblem(with task: wave_task, streamsByteCount: UInt64) -> String? {
    let length = streamByteCount(of: task)
    if fits(offset: task.streamOffset, length: length, in: streamsByteCount) { return nil }
    return "stream \(task.streamOffset) + \(length) reaches outside the buffer of \(streamsByteCount) bytes"
  }

  private static func dictionaryProblem(
    with task: wave_task, direction: Direction, byteCount: UInt64
  ) -> String? {
    let words: UInt64
    switch Int(task.method) {
    case WAVE_METHOD_PALETTE: words = UInt64(task.count)
    case WAVE_METHOD_CONSTANT where direction == .decode: words = 1
    default: return nil
    }
    let length = words * UInt64(task.width)
    if fits(offset: UInt64(task.dictionaryOffset), length: length, in: byteCount) { return nil }
    return "dictionary \(task.dictionaryOffset) + \(length) reaches outside the \(byteCount) bytes of dictionaries"
  }

  /// Bytes of a task's stream. Defined for well-formed tasks.
  static func streamByteCount(of task: wave_task) -> UInt64 {
    withUnsafePointer(to: task) { wave_stream_bytes($0) }
  }

  static func fits(offset: UInt64, length: UInt64, in byteCount: UInt64) -> Bool {
    length <= byteCount && offset <= byteCount - length
  }
}
