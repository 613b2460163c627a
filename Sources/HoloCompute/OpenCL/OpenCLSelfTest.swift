import CWaveKernels

/// A first launch of every kernel, with a little of everything in it: it makes the driver compile what it left for
/// later, and a driver that computes wrongly is found out before it touches anyone's state.
enum OpenCLSelfTest {
  private static let sourceByteCount = 2 * Int(WAVE_LEAF_BYTES) + 9
  private static let words = 256

  /// - Throws: ``ComputeError/unusableDevice(name:reason:)`` when the results differ from the host's.
  static func run(on session: any ComputeSession, device: String) throws(ComputeError) {
    try expectTheHosts(of: session, device: device, results)
  }

  /// - Parameter results: what a session computes.
  static func expectTheHosts(
    of session: any ComputeSession, device: String,
    _ results: (_ session: any ComputeSession) throws(ComputeError) -> [UInt8]
  ) throws(ComputeError) {
    let expected = try results(HostSession())
    let actual = try results(session)
    guard actual == expected else {
      throw .unusableDevice(name: device, reason: "its results differ from the host's")
    }
  }

  private static func results(of session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let source = try session.makeBuffer(byteCount: sourceByteCount)
    for index in source.bytes.indices {
      source.bytes[index] = UInt8(truncatingIfNeeded: index % 251)
    }
    session.didWrite(source)
    var results = try hash(of: source, session)
    results += try palette(of: source, session)
    results += try codings(of: source, session)
    results += try deltas(of: source, session)
    return results
  }

  private static func hash(of source: ComputeBuffer, _ session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let span = wave_span(offset: 0, firstLeaf: 0, length: UInt32(sourceByteCount), flags: WAVE_SPAN_ROOT)
    var digests: [wave_digest] = []
    let blocks = BlockValues()
    try session.checksum(source, spans: [span], digests: &digests, blocks: blocks)
    return digests.withUnsafeBytes { Array($0) } + blocks.digest(ofBlock: 0, span: 0).withBytes { Array($0) }
  }

  private static func palette(of source: ComputeBuffer, _ session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let survey = wave_survey(
      chunkOffset: 0, words: UInt32(words), limit: UInt16(WAVE_PALETTE_LIMIT), width: 1, stride: 2)
    let palettes = PaletteTable()
    try session.survey(source, surveys: [survey], palettes: palettes)
    let count = palettes.distinctCount(of: 0)
    return palettes.dictionary(of: 0).prefix(count) + [UInt8(truncatingIfNeeded: count)]
  }

  /// Every method there and back.
  private static func codings(of source: ComputeBuffer, _ session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let width = 4
    let streamByteCount = words * width
    let methods = [WAVE_METHOD_RAW, WAVE_METHOD_PLANES, WAVE_METHOD_DIFFERENCE, WAVE_METHOD_FLOAT_DIFFERENCE]
    let tasks = methods.enumerated().map { index, method in
      wave_task(
        chunkOffset: UInt64(index * streamByteCount / methods.count), streamOffset: UInt64(index * streamByteCount),
        words: UInt32(words / methods.count), dictionaryOffset: 0, count: 0, width: UInt8(width), stride: 1,
        method: UInt8(method), indexBits: 0, reserved: (0, 0))
    }
    let streams = try session.makeBuffer(byteCount: methods.count * streamByteCount)
    let target = try session.makeBuffer(byteCount: streamByteCount)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    try session.encode(source, tasks: tasks, dictionaries: nothing, streams: streams)
    try session.decode(streams, tasks: tasks, dictionaries: nothing, target: target)
    return Array(streams.bytes) + Array(target.bytes)
  }

  /// Every operation on words of every width, and which blocks differ of what comes of that.
  private static func deltas(of source: ComputeBuffer, _ session: any ComputeSession) throws(ComputeError) -> [UInt8] {
    let byteCount = Int(WAVE_LEAF_BYTES)
    let (moved, target) = (
      try session.makeBuffer(byteCount: sourceByteCount), try session.makeBuffer(byteCount: 8 * byteCount)
    )
    let run = wave_run(sourceOffset: 3, targetOffset: 0, bytes: UInt32(sourceByteCount - 3), reserved: 0)
    try session.move(source, runs: [run], target: moved)
    let operations = [WAVE_ADD, WAVE_SUBTRACT, WAVE_ADD_ORDERED, WAVE_SUBTRACT_ORDERED]
    let tasks = [(1, 0..<2), (2, 0..<4), (4, 0..<4), (8, 0..<4)].flatMap { width, known in
      operations[known].map { operation in
        wave_combination(
          leftOffset: UInt64(8 * operation), rightOffset: UInt64(width),
          targetOffset: UInt64(byteCount * Int(operation) + byteCount / 4 * width.trailingZeroBitCount),
          words: UInt32(byteCount / 4 / width), width: UInt8(width), operation: UInt8(operation), reserved: (0, 0))
      }
    }
    try session.combine(source, moved, tasks: tasks, target: target)
    var (same, different): ([UInt64], [UInt64]) = ([], [])
    let pair = wave_comparison(leftOffset: 3, rightOffset: 0, bytes: UInt32(sourceByteCount - 3), reserved: 0)
    try session.compare(source, moved, pairs: [pair], masks: &same)
    try session.compare(source, target, pairs: [pair], masks: &different)
    return Array(moved.bytes) + Array(target.bytes) + (same + different).map { UInt8(truncatingIfNeeded: $0) }
  }
}
