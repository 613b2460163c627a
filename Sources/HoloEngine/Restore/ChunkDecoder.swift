import CWaveKernels
import Glibc
import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

/// What came of a chunk.
enum ChunkOutcome {
  /// The bytes stand at this offset of the decoder's output.
  case sound(offset: Int)
  case damaged(reason: String, in: Layer = .first)
  /// A container that it needs is missing, or cannot be read.
  case unavailable(FormatError)
  /// Of a verification: a system call failed.
  case unreadable(SystemError)

  /// Where damage is.
  enum Layer {
    case first
    case patch(Int)
    /// In one of several: what they give together is wrong.
    case any
  }
}

/// One worker's way from stored frames to proved bytes: read, LZ4, inverse transform, checksum. Mirrors `ChunkEncoder`.
final class ChunkDecoder {
  /// Where frames are read from, and what is proved beside the chunks.
  struct Reading: Sendable {
    var source: any RandomAccessSource
    /// To verify: also prove the frame's hash and LZ4's content checksum, and go on where something cannot be read. A restore
    /// need not: the chaining value proves the chunk.
    var checksFrames: Bool
  }

  let session: any ComputeSession
  private let bins: BinCoder
  private let stored: PageBuffer
  let streams: ComputeBuffer
  private let ownOutput: ComputeBuffer
  private(set) var output: ComputeBuffer
  /// For what patches give; made when the first are met.
  var patches: ComputeBuffer?
  /// Those of the last plans whose codes are left; their exceptions stand in `streams` until the next ones come.
  private(set) var left: [StoredCodes] = []
  /// Where the codes of chunks go too, laid out like the output, if somebody wants them.
  var codes: ComputeBuffer?
  private var digests: [wave_digest] = []
  private var dictionaries: [UInt8] = []
  /// By width and method.
  private var ratioTables: [Coding: [UInt8]] = [:]

  /// Limits of one chunk's frame and stream (HWP-Format.md, sections 4 and 12).
  private static let frameByteLimit = HWP.Limit.payloadFrameByteCount
  static let streamByteLimit = HWP.Limit.streamByteCount

  /// - Parameter byteCount: what the `weight`s of a batch's plans may add up to, unless it has but one plan.
  init(session: any ComputeSession, byteCount: Int) throws(HoloError) {
    self.session = session
    do {
      streams = try session.makeBuffer(byteCount: max(byteCount, Self.streamByteLimit))
      ownOutput = try session.makeBuffer(byteCount: max(byteCount, ChunkGeometry.chunkByteCount))
      bins = try BinCoder()
      stored = try PageBuffer(byteCount: max(byteCount, Self.frameByteLimit))
    } catch { throw HoloError(wrapping: error) }
    output = ownOutput
  }

  /// Decodes a batch into the decoder's own buffer, or straight into `target`, where the chunks lie side by side.
  func decode(
    _ plans: [ChunkPlan], _ reading: Reading, into target: UnsafeMutableRawBufferPointer? = nil
  ) throws(HoloError) -> [ChunkOutcome] {
    do {
      output = try target.map { (memory) throws(ComputeError) in try session.wrap(memory) } ?? ownOutput
      var outcomes = try decode(plans, reading, into: output, sideBySide: target != nil)
      try patch(plans, reading, &outcomes)
      try prove(plans, &outcomes)
      // Which of several layers is damaged shows in their frames' hashes.
      for (index, outcome) in outcomes.enumerated() {
        guard !reading.checksFrames, case .damaged(_, .any) = outcome else { continue }
        outcomes[index] = try decode([plans[index]], .init(source: reading.source, checksFrames: true))[0]
      }
      return outcomes
    } catch let error as ComputeError {
      throw HoloError(error)
    } catch { throw HoloError(wrapping: error) }
  }

  /// Decodes the first layers of a batch.
  func decode(
    _ plans: [ChunkPlan], _ reading: Reading, into target: ComputeBuffer, sideBySide: Bool = false
  ) throws -> [ChunkOutcome] {
    var outcomes = try placed(plans, sideBySide: sideBySide, checksFrames: reading.checksFrames)
    let frames = try read(plans, reading, &outcomes)
    try decodeStreams(plans, frames: frames, checksFrames: reading.checksFrames, into: target, &outcomes)
    return outcomes
  }

  /// Where each chunk goes in the output.
  private func placed(
    _ plans: [ChunkPlan], sideBySide: Bool, checksFrames: Bool
  ) throws(SystemError) -> [ChunkOutcome] {
    var offset = 0
    var outcomes: [ChunkOutcome] = []
    for plan in plans {
      switch plan.defect {
      case .damaged(let reason)?: outcomes.append(.damaged(reason: reason))
      case .unavailable(let error)?:
        guard error.cause?.meaning != .cancelled else {
          throw SystemError(call: .pread, path: error.path, code: ECANCELED)
        }
        outcomes.append(.unavailable(error))
      case .unreadable(let error)?:
        guard checksFrames, error.meaning != .cancelled else { throw error }
        outcomes.append(.unreadable(error))
      case nil:
        outcomes.append(.sound(offset: offset))
        offset += sideBySide ? plan.byteCount : CaptureBatch.aligned(plan.byteCount)
      }
    }
    return outcomes
  }

  /// Reads the frames, neighbours in one call; returns where each stands in `stored`.
  private func read(
    _ plans: [ChunkPlan], _ reading: Reading, _ outcomes: inout [ChunkOutcome]
  ) throws(SystemError) -> [Range<Int>] {
    var ranges = [Range<Int>](repeating: 0..<0, count: plans.count)
    var used = 0
    var index = 0
    while index < plans.count {
      guard let first = plans[index].extent else {
        index += 1
        continue
      }
      var end = index
      var run = 0
      while end < plans.count {
        if let frame = plans[end].extent {
          guard plans[end].origin?.path == plans[index].origin?.path, frame.offset == first.offset + UInt64(run),
            used + run + frame.byteCount <= stored.bytes.count
          else {
            break
          }
          ranges[end] = (used + run)..<(used + run + frame.byteCount)
          run += frame.byteCount
        }
        end += 1
      }
      if run == 0 {
        outcomes[index] = .damaged(reason: "it is stored in more bytes than a chunk can have")
        index += 1
        continue
      }
      let target = UnsafeMutableRawBufferPointer(rebasing: stored.bytes[used..<(used + run)])
      let count: Int
      let source = plans[index].origin?.source ?? reading.source
      do throws(SystemError) { count = try source.read(into: target, at: first.offset) } catch {
        guard reading.checksFrames, error.meaning != .cancelled else { throw error }
        try readOneByOne(index..<end, plans, ranges, from: source, &outcomes)
        count = run
      }
      for plan in index..<end where ranges[plan].upperBound > used + count {
        outcomes[plan] = .damaged(reason: "the file ends inside its bytes")
      }
      used += run
      index = end
    }
    return ranges
  }

  /// Reads neighbours that cannot be read together, to tell which of them it is.
  private func readOneByOne(
    _ run: Range<Int>, _ plans: [ChunkPlan], _ ranges: [Range<Int>], from source: any RandomAccessSource,
    _ outcomes: inout [ChunkOutcome]
  ) throws(SystemError) {
    for index in run {
      guard let extent = plans[index].extent else { continue }
      let target = UnsafeMutableRawBufferPointer(rebasing: stored.bytes[ranges[index]])
      do throws(SystemError) {
        if try source.read(into: target, at: extent.offset) < target.count {
          outcomes[index] = .damaged(reason: "the file ends inside its bytes")
        }
      } catch {
        guard error.meaning != .cancelled else { throw error }
        outcomes[index] = .unreadable(error)
      }
    }
  }

  private func decodeStreams(
    _ plans: [ChunkPlan], frames: [Range<Int>], checksFrames: Bool, into output: ComputeBuffer,
    _ outcomes: inout [ChunkOutcome]
  ) throws(ComputeError) {
    dictionaries.removeAll(keepingCapacity: true)
    var tasks: [wave_task] = []
    var quantized: [StoredCodes] = []
    var used = 0
    for (index, plan) in plans.enumerated() {
      guard case .sound(let offset) = outcomes[index] else { continue }
      guard let length = plan.coding.streamByteCount(chunkByteCount: plan.byteCount) else {
        outcomes[index] = .damaged(reason: "its coding does not fit its length")
        continue
      }
      let isStored = plan.coding == .stored
      let streamRange = isStored ? offset..<(offset + length) : used..<(used + length)
      let target = isStored ? output.bytes : streams.bytes
      if length > 0 {
        guard streamRange.upperBound <= target.count else {
          outcomes[index] = .damaged(reason: "its stream is larger than a stream can be")
          continue
        }
        let stream = UnsafeMutableRawBufferPointer(rebasing: target[streamRange])
        if let reason = take(frames[index], of: plan, into: stream, checksFrames: checksFrames) {
          outcomes[index] = .damaged(reason: reason)
          continue
        }
      }
      if isStored {
        session.didWrite(output, range: streamRange)
        continue
      }
      guard let offsets = collectDictionaries(plan, stream: streamRange.lowerBound) else {
        outcomes[index] = .damaged(reason: "its dictionary is not in ascending order")
        continue
      }
      guard hasKnownIndices(plan, stream: streamRange.lowerBound) else {
        outcomes[index] = .damaged(reason: "an index of its palette names no word")
        continue
      }
      guard decodeBins(plan, stream: streamRange.lowerBound, into: output, at: offset) else {
        outcomes[index] = .damaged(reason: "its bins are malformed")
        continue
      }
      tasks += plan.coding.tasks(
        chunkOffset: offset, byteCount: plan.byteCount, streamOffset: used, dictionaryOffsets: offsets)
      if plan.coding.quantization != nil {
        let exceptions = plan.coding.exceptionByteCount(chunkByteCount: plan.byteCount)
        quantized.append(
          StoredCodes(
            plan: index, offset: offset,
            exceptions: (streamRange.upperBound - exceptions)..<streamRange.upperBound))
      }
      used += CaptureBatch.aligned(length)
    }
    // Bins alone leave nothing to the backend.
    if !tasks.isEmpty {
      session.didWrite(streams, range: 0..<used)
      try dictionaries.withUnsafeBufferPointer { (words) throws(ComputeError) in
        try session.decode(streams, tasks: tasks, dictionaries: UnsafeRawBufferPointer(words), target: output)
      }
    }
    left = try dequantize(plans, quantized, in: output, &outcomes)
  }

  /// Makes the stream of what is stored; nil, or what is wrong with that.
  private func take(
    _ range: Range<Int>, of plan: ChunkPlan, into stream: UnsafeMutableRawBufferPointer, checksFrames: Bool
  ) -> String? {
    let frame = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(stored.bytes)[range])
    if case .plain = plan.extent {
      guard frame.count == stream.count else { return "it has another length than its bytes" }
      stream.copyMemory(from: frame)
      return nil
    }
    if checksFrames, case .frame(_, _, let hash?) = plan.extent, BLAKE3.hash(frame).short != hash {
      return "its stored bytes do not match their hash"
    }
    do {
      try LZ4FrameDecoder.decode(
        frame, into: stream, streamByteCount: stream.count, verifyContentChecksum: checksFrames)
      return nil
    } catch { return "its LZ4 frame is damaged: \(error)" }
  }

  /// Puts the words that the kernels need into `dictionaries`; nil where a stored dictionary is malformed.
  private func collectDictionaries(_ plan: ChunkPlan, stream: Int) -> [Int]? {
    let coding = plan.coding
    let words = plan.byteCount / coding.elementByteCount
    var offsets: [Int] = []
    for (method, range) in zip(coding.methods, coding.streamRanges(words: words, streamOffset: stream)) {
      offsets.append(dictionaries.count)
      switch method {
      case .constant(let word): dictionaries += word
      case .palette:
        let planes = range.prefix(coding.dictionaryByteCount(of: method))
        let dictionary = DictionaryPlanes.read(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(streams.bytes)[planes]), width: coding.width)
        guard DictionaryPlanes.isAscending(dictionary, width: coding.width) else { return nil }
        dictionaries += dictionary
      case .ratioPalette(let count, let divisor):
        let key = Coding(width: coding.width, methods: [method])
        let table = ratioTables[key] ?? RatioPalette.dictionary(count: count, divisor: divisor, width: coding.width)
        // Hostile containers can name many: the tables are kept only while they are few.
        if ratioTables.count < 64 { ratioTables[key] = table }
        dictionaries += table
      case .raw, .planes, .difference, .floatDifference, .bins: break
      }
    }
    return offsets
  }

  /// Decodes the components that are in bins, here: the backends do not. False where one is malformed.
  private func decodeBins(_ plan: ChunkPlan, stream: Int, into output: ComputeBuffer, at target: Int) -> Bool {
    let coding = plan.coding
    let words = plan.byteCount / coding.elementByteCount
    let ranges = coding.streamRanges(words: words, streamOffset: stream)
    for (component, method) in coding.methods.enumerated() {
      guard case .bins(let way) = method else { continue }
      let form = ComponentWords(
        chunk: UnsafeRawBufferPointer(output.bytes), offset: target + component * coding.width, count: words,
        width: coding.width, stride: coding.methods.count)
      let part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(streams.bytes)[ranges[component]])
      guard bins.decode(part, way, form, in: output.bytes) else { return false }
      session.didWrite(output, range: target..<(target + plan.byteCount))
    }
    return true
  }

  /// Whether every index of a palette names one of its words.
  private func hasKnownIndices(_ plan: ChunkPlan, stream: Int) -> Bool {
    let coding = plan.coding
    let words = plan.byteCount / coding.elementByteCount
    return zip(coding.methods, coding.streamRanges(words: words, streamOffset: stream)).allSatisfy { method, range in
      switch method {
      case .palette(let count), .ratioPalette(let count, _):
        let indices = range.dropFirst(coding.dictionaryByteCount(of: method))
        return PaletteIndices.areBelow(
          count, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(streams.bytes)[indices]), words: words)
      case .raw, .constant, .planes, .difference, .floatDifference, .bins: return true
      }
    }
  }

  /// Compares every chunk with its chaining value, and a lone one with its region's root.
  private func prove(_ plans: [ChunkPlan], _ outcomes: inout [ChunkOutcome]) throws(ComputeError) {
    var spans: [wave_span] = []
    var proved: [Int] = []
    for (index, plan) in plans.enumerated() {
      guard case .sound(let offset) = outcomes[index] else { continue }
      proved.append(index)
      spans.append(
        wave_span(
          offset: UInt64(offset),
          firstLeaf: plan.chunking == .grid ? plan.index * ChunkGeometry.leavesPerChunk : 0,
          length: UInt32(plan.byteCount),
          flags: plan.root == nil && plan.chunking == .grid ? 0 : UInt32(WAVE_SPAN_ROOT)))
    }
    guard !spans.isEmpty else { return }
    try session.checksum(output, spans: spans, digests: &digests)
    for (digest, index) in zip(digests, proved) {
      let plan = plans[index]
      let value = plan.chunking == .grid ? digest.chainingValue : digest.rootValue
      if value != plan.chainingValue || (plan.root != nil && plan.root != digest.rootValue) {
        outcomes[index] =
          plan.patches.isEmpty
          ? .damaged(reason: "its bytes do not match their checksum")
          : .damaged(
            reason: "the bytes that its \(plan.patches.count + 1) layers give do not match their checksum", in: .any)
      }
    }
  }
}
