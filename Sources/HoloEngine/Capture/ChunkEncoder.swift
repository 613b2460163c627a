import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel

/// One worker's way from the bytes of a batch to LZ4 frames: checksum, survey, choice, transform, LZ4, hash.
final class ChunkEncoder {
  private let session: any ComputeSession
  private let mode: TransformMode
  private let storesFrames: Bool
  private let encoder: LZ4FrameEncoder
  private let policy: TransformPolicy
  private let quantizer: ChunkQuantizer?
  private let bins: BinCoder
  private let palettes = PaletteTable()
  private var digests: [wave_digest] = []
  /// What chunks are compared with; nil of a capture without a base.
  var delta: ChunkDelta?
  /// For what is coded, where that is not a batch's bytes as they lie.
  private let coded: ComputeBuffer?
  private let blockValues = BlockValues()

  /// Below this a frame is decoded sooner than it would be worth to store what its blocks hash to.
  private static let leastDigestedByteCount = 32 << 10
  /// A chunk that takes less than this share of its bytes is stored so, whatever a difference might take.
  private static let leastCost = 0.02
  /// A difference has to save this part of what the chunk would take: to restore it takes the time of both.
  private static let leastSaving = 0.1
  /// The part that one may take where there are several already: of what takes so little, decoding takes little.
  private static let mostOfMany = 0.125

  /// - Parameters:
  ///   - storesFrames: false: chunks are only hashed.
  ///   - quantizer: for regions for which an error is allowed.
  ///   - coded: of a batch's length; needed where chunks are compared.
  init(
    session: any ComputeSession, transform: TransformMode, level: CompressionLevel, storesFrames: Bool = true,
    quantizer: ChunkQuantizer? = nil, coded: ComputeBuffer? = nil
  ) throws(HoloError) {
    do { bins = try BinCoder() } catch { throw HoloError(error) }
    self.coded = coded ?? quantizer?.codes
    self.session = session
    self.quantizer = quantizer
    self.storesFrames = storesFrames
    mode = transform
    encoder = LZ4FrameEncoder(level: level)
    policy = TransformPolicy(encoder: level == .fast ? encoder : LZ4FrameEncoder(level: .fast), bins: bins)
  }

  func encode(_ batch: CaptureBatch) throws(HoloError) {
    guard !batch.chunks.isEmpty else { return }
    do {
      let source = try load(batch)
      let isQuantized = try quantize(batch, source)
      try checksum(batch, source)
      if isQuantized, let quantizer { try checksumRestored(batch, quantizer.restored) }
      try delta?.apply(to: batch, source, blockValues)
      let words = try gather(batch, source)
      if storesFrames { try transform(batch, words, isQuantized ? quantizer : nil) }
    } catch { throw HoloError(wrapping: error) }
    guard storesFrames else { return }
    compress(batch)
    digestBlocks(batch)
  }

  // The steps, each of which the bench times by itself.

  /// The batch's bytes for the backend: its own buffer, or the memory that it lies over.
  func load(_ batch: CaptureBatch) throws(ComputeError) -> ComputeBuffer {
    if let direct = batch.direct { return try session.wrap(UnsafeMutableRawBufferPointer(mutating: direct)) }
    session.didWrite(batch.source, range: 0..<batch.usedByteCount)
    return batch.source
  }

  /// Makes codes of numbers for which an error is allowed. False: of none.
  func quantize(_ batch: CaptureBatch, _ source: ComputeBuffer) throws(ComputeError) -> Bool {
    try quantizer?.quantize(batch, source) ?? false
  }

  func checksum(_ batch: CaptureBatch, _ source: ComputeBuffer) throws(ComputeError) {
    try session.checksum(
      source, spans: batch.chunks.map(\.span), digests: &digests, blocks: storesFrames ? blockValues : nil)
    for index in batch.chunks.indices where !batch.chunks[index].isUnread {
      batch.chunks[index].digest = digests[index]
      batch.chunks[index].rawDigest = digests[index]
    }
  }

  /// Of a quantized chunk what counts is what a restore returns.
  private func checksumRestored(_ batch: CaptureBatch, _ restored: ComputeBuffer) throws(ComputeError) {
    let quantized = batch.chunks.indices.filter { batch.chunks[$0].quantization != nil }
    try session.checksum(restored, spans: quantized.map { batch.chunks[$0].span }, digests: &digests)
    for (digest, index) in zip(digests, quantized) { batch.chunks[index].digest = digest }
  }

  /// Puts what is coded of each chunk in its place, where it is not the batch's bytes as they lie; of quantized chunks it stands there.
  private func gather(_ batch: CaptureBatch, _ source: ComputeBuffer) throws(ComputeError) -> ComputeBuffer {
    guard let coded, batch.chunks.contains(where: \.isCodedElsewhere) else { return source }
    var runs: [wave_run] = []
    for chunk in batch.chunks where chunk.quantization == nil {
      let ranges: [Range<Int>]
      switch chunk.delta {
      case .unchanged, .difference: continue
      case .whole: ranges = [0..<chunk.byteCount]
      case .blocks(let blocks, _): ranges = blocks.ranges(chunkByteCount: chunk.byteCount)
      }
      var target = chunk.offset
      for range in ranges {
        runs.append(wave_run(source: chunk.offset + range.lowerBound, target: target, byteCount: range.count))
        target += range.count
      }
    }
    try session.move(source, runs: runs, target: coded)
    batch.coded = UnsafeRawBufferPointer(coded.bytes)
    return coded
  }

  /// Chooses a coding for each chunk and applies it.
  ///
  /// - Parameters:
  ///   - words: what is coded of the chunks.
  ///   - quantizer: where some of them are quantized.
  func transform(
    _ batch: CaptureBatch, _ words: ComputeBuffer, _ quantizer: ChunkQuantizer? = nil
  ) throws {
    guard mode == .auto else { return }
    var choices = try choices(batch.storedIndices, batch, words)
    try preferDifferences(&choices, batch, words)
    try applyChoices(batch, words, choices, quantizer)
  }

  /// Takes the difference from a chunk's state in the base, where that promises to be smaller than the chunk.
  private func preferDifferences(
    _ choices: inout [Chosen], _ batch: CaptureBatch, _ words: ComputeBuffer
  ) throws {
    guard let delta else { return }
    for place in choices.indices {
      let (index, whole) = choices[place]
      guard whole.cost >= Self.leastCost, let found = try delta.difference(of: index, in: batch, words) else {
        continue
      }
      let chunk = batch.chunks[index]
      try session.survey(
        found.bytes,
        surveys: TransformPolicy.surveys(
          type: chunk.elementType, chunkOffset: 0, byteCount: chunk.byteCount, isQuantized: true),
        palettes: palettes)
      let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(found.bytes.bytes)[..<chunk.byteCount])
      let choice = policy.choose(
        bytes, types: chunk.differenceTypes, shape: chunk.shape, isQuantized: true, palettes: palettes, firstSurvey: 0)
      let most = found.isOneOfMany ? Self.mostOfMany : 1 - Self.leastSaving
      guard choice.cost < whole.cost * most else { continue }
      let run = wave_run(source: 0, target: chunk.offset, byteCount: chunk.byteCount)
      try session.move(found.bytes, runs: [run], target: words)
      batch.chunks[index].delta = .difference(found.order, over: found.layers)
      choices[place] = (index, choice)
    }
  }

  private typealias Chosen = (index: Int, choice: TransformPolicy.Choice)

  /// Keeps the digests of the blocks that a later capture may want to compare.
  private func digestBlocks(_ batch: CaptureBatch) {
    for index in batch.chunks.indices
    where batch.chunks[index].quantizer == nil && batch.chunks[index].chunking == .grid
      && !batch.chunks[index].frame.isEmpty
    {
      let blocks: BlockMask
      switch batch.chunks[index].delta {
      case .unchanged: continue
      case .blocks(let changed, _): blocks = changed
      case .whole, .difference:
        guard batch.chunks[index].frame.count >= Self.leastDigestedByteCount else { continue }
        blocks = BlockMask(allOf: batch.chunks[index].byteCount)
      }
      batch.chunks[index].blockDigests = blocks.blocks.map { blockValues.digest(ofBlock: $0, span: index) }
    }
  }

  /// Makes a frame of each chunk's stream, and hashes it.
  func compress(_ batch: CaptureBatch) {
    var used = 0
    let stored = batch.storedIndices
    let streams = stored.map { batch.stream(of: $0) }
    let checksums = XXH32.hashes(of: streams)
    for (index, (stream, checksum)) in zip(stored, zip(streams, checksums)) {
      guard !stream.isEmpty else {
        batch.chunks[index].frame = used..<used
        continue
      }
      let stripes = batch.chunks[index].coding.stripes(byteCount: batch.chunks[index].codedByteCount)
      let written = encoder.encode(
        stream, stripes: stripes, contentChecksum: checksum,
        into: UnsafeMutableRawBufferPointer(rebasing: batch.frames.bytes[used...]))
      let frame = used..<(used + written)
      batch.chunks[index].frame = frame
      batch.chunks[index].frameHash = BLAKE3.hash(UnsafeRawBufferPointer(rebasing: batch.frames.bytes[frame])).short
      used += written
    }
  }

  /// What is best for each of the chunks that are stored.
  private func choices(
    _ changed: [Int], _ batch: CaptureBatch, _ source: ComputeBuffer
  ) throws(ComputeError) -> [Chosen] {
    var surveys: [wave_survey] = []
    var firstSurveys: [Int] = []
    for chunk in changed.map({ batch.chunks[$0] }) {
      firstSurveys.append(surveys.count)
      surveys += TransformPolicy.surveys(
        type: chunk.elementType, chunkOffset: chunk.offset, byteCount: chunk.codedByteCount,
        isQuantized: chunk.quantization != nil)
    }
    try session.survey(source, surveys: surveys, palettes: palettes)
    policy.beginBatch()
    return zip(changed, firstSurveys).map { index, firstSurvey in
      let choice = policy.choose(
        batch.codedBytes(of: index), types: batch.chunks[index].wordTypes, shape: batch.chunks[index].shape,
        isQuantized: batch.chunks[index].quantization != nil, palettes: palettes, firstSurvey: firstSurvey)
      return (index, choice)
    }
  }

  private func applyChoices(
    _ batch: CaptureBatch, _ source: ComputeBuffer, _ choices: [Chosen], _ quantizer: ChunkQuantizer?
  ) throws(ComputeError) {
    var tasks: [wave_task] = []
    var stored: [(streamOffset: Int, width: Int, words: Range<Int>)] = []
    var offset = 0
    for (index, choice) in choices {
      let byteCount = batch.chunks[index].codedByteCount
      var coding = encodeBins(choice, of: index, in: batch, streamOffset: offset)
      coding.quantization = batch.chunks[index].quantization
      batch.chunks[index].coding = coding
      batch.chunks[index].streamOffset = offset
      if coding == .stored { continue }
      tasks += coding.tasks(
        chunkOffset: batch.chunks[index].offset, byteCount: byteCount, streamOffset: offset,
        dictionaryOffsets: choice.dictionaryOffsets)
      let ranges = coding.streamRanges(words: byteCount / coding.elementByteCount, streamOffset: offset)
      for (component, method) in coding.methods.enumerated() {
        let dictionary = coding.dictionaryByteCount(of: method)
        guard dictionary > 0 else { continue }
        let start = choice.dictionaryOffsets[component]
        stored.append((ranges[component].lowerBound, coding.width, start..<(start + dictionary)))
      }
      // A stream is longer than its chunk by padding alone, and chunks are aligned alike: the buffer has room.
      offset += CaptureBatch.aligned(coding.streamByteCount(chunkByteCount: byteCount) ?? 0)
    }
    try policy.dictionaries.withUnsafeBufferPointer { (buffer) throws(ComputeError) in
      let words = UnsafeRawBufferPointer(buffer)
      try session.encode(source, tasks: tasks, dictionaries: words, streams: batch.streams)
      for dictionary in stored {
        DictionaryPlanes.write(
          UnsafeRawBufferPointer(rebasing: words[dictionary.words]), width: dictionary.width,
          into: UnsafeMutableRawBufferPointer(rebasing: batch.streams.bytes[dictionary.streamOffset...]))
      }
    }
    guard let quantizer else { return }
    for (index, chunk) in batch.chunks.enumerated() where chunk.quantization != nil && !chunk.isUnchanged {
      let codes = chunk.coding.codeStreamByteCount(chunkByteCount: chunk.byteCount) ?? 0
      quantizer.writeExceptions(
        ofChunk: index,
        into: UnsafeMutableRawBufferPointer(rebasing: batch.streams.bytes[(chunk.streamOffset + codes)...]))
    }
  }

  /// Writes the streams of the components that are to be in bins, and returns the coding that the chunk has then: where that
  /// turns out to be longer than the other way was thought to be, or a word does not fit, it is the other way.
  private func encodeBins(
    _ choice: TransformPolicy.Choice, of index: Int, in batch: CaptureBatch, streamOffset: Int
  ) -> Coding {
    var coding = choice.coding
    let words = batch.chunks[index].codedByteCount / coding.elementByteCount
    var offset = streamOffset
    for (component, plan) in choice.bins.enumerated() {
      let form = ComponentWords(
        chunk: batch.codedBytes(of: index), offset: component * coding.width, count: words, width: coding.width,
        stride: coding.methods.count)
      let target = UnsafeMutableRawBufferPointer(
        rebasing: batch.streams.bytes[offset..<(offset + min(plan.byteLimit, words * coding.width))])
      for var way in plan.ways {
        guard let byteCount = bins.encode(form, way, into: target) else { continue }
        way.streamByteCount = byteCount
        coding.methods[component] = .bins(way)
        break
      }
      offset += coding.streamByteCount(of: coding.methods[component], words: words)
    }
    return coding.methods.allSatisfy { $0 == .raw } && !batch.chunks[index].hasIntegers ? .stored : coding
  }
}

extension CaptureBatch.Chunk {
  /// What is coded of it is not its bytes where they lie, or may come not to be.
  fileprivate var isCodedElsewhere: Bool {
    if case .blocks = delta { return true }
    return quantization != nil || alternative != nil
  }

  fileprivate var span: wave_span {
    // What was not read takes its place among the results.
    isUnread
      ? wave_span()
      : wave_span(
        offset: UInt64(offset), firstLeaf: chunking == .grid ? index * ChunkGeometry.leavesPerChunk : 0,
        length: UInt32(byteCount),
        // A region of one chunk has a root that its chaining value cannot give.
        flags: index == 0 || chunking == .content ? UInt32(WAVE_SPAN_ROOT) : 0)
  }
}
