import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

// Unsafe here: chunks are looked at through raw pointers that the caller keeps valid; every access is within the chunk.

/// Chooses, for each chunk, the coding that makes it smallest: from what a survey of its distinct words says, and from
/// trials on a sample. It looks at the chunk alone, so that the choice is the same for any worker, batch or backend.
///
/// One a worker thread.
final class TransformPolicy {
  /// What `choose` found: the coding, and for each component where its dictionary stands in `dictionaries`.
  struct Choice {
    var coding: Coding
    var dictionaryOffsets: [Int]
    /// For each component: bins that are to be tried before its method.
    var bins: [BinPlan]

    init(coding: Coding, dictionaryOffsets: [Int], bins: [BinPlan]? = nil) {
      self.coding = coding
      self.dictionaryOffsets = dictionaryOffsets
      self.bins = bins ?? coding.methods.map { _ in BinPlan() }
    }
  }

  /// Ways to have a component in bins, the best first, and the most bytes that may take.
  struct BinPlan {
    var ways: [Bins] = []
    var byteLimit = 0
  }

  /// The most bytes of words that a trial codes: enough for LZ4 to show what it can do, little beside a chunk.
  private static let sampleByteCount = 4096
  /// Stretches of a chunk that the sample is taken from.
  private static let sampleRuns = 4
  /// Of a small chunk a quarter is tried, but this much: a state of many small files is to be captured, not tried.
  private static let leastSampleByteCount = 1024
  /// A transform has to save this much of the sample, or the chunk is stored as it is: decoding has a price too.
  private static let leastSaving = 0.015
  /// Bins have to save this part of what the best other way leaves: they take about as long as all the rest does.
  private static let leastBinSaving = 0.07
  /// Of a chunk that is to be in bins, what is looked at for repeats.
  private static let stretchByteCount = 32 << 10
  /// Divisors tried for a ratio palette: 8-bit samples scaled to one in the ways that image and audio code does.
  private static let divisors = [255, 256, 127, 128, 1, 100]

  private let encoder: LZ4FrameEncoder
  private let bins: BinPolicy
  private let sample: UnsafeMutableRawBufferPointer
  private let trial: UnsafeMutableRawBufferPointer
  /// Dictionaries of the batch's chunks, for the tasks that follow.
  private(set) var dictionaries: [UInt8] = []
  private var ratioTables: [RatioKey: [UInt8]] = [:]
  /// Of the chunk that is being looked at.
  private var distances: [Int] = []

  private struct RatioKey: Hashable {
    var width: Int
    var divisor: Int
  }

  init(encoder: LZ4FrameEncoder, bins: BinCoder) {
    self.encoder = encoder
    self.bins = BinPolicy(coder: bins)
    sample = .allocate(byteCount: Self.sampleByteCount + 64, alignment: 64)
    trial = .allocate(byteCount: 2 * Self.sampleByteCount, alignment: 64)
  }

  deinit {
    sample.deallocate()
    trial.deallocate()
  }

  func beginBatch() { dictionaries.removeAll(keepingCapacity: true) }

  // MARK: Surveys

  /// The surveys that `choose` wants of a chunk.
  static func surveys(type: ElementType, chunkOffset: Int, byteCount: Int) -> [wave_survey] {
    func survey(_ component: Int, width: Int, stride: Int, limit: Int) -> wave_survey {
      wave_survey(
        chunkOffset: UInt64(chunkOffset + component * width), words: UInt32(byteCount / (width * stride)),
        limit: UInt16(limit), width: UInt8(width), stride: UInt8(stride))
    }
    let width = type.wordByteCount
    if type.componentCount == 2 {
      return [
        survey(0, width: width, stride: 2, limit: 256), survey(1, width: width, stride: 2, limit: 256),
        survey(0, width: 2 * width, stride: 1, limit: 256),
      ]
    }
    // More than 16 distinct bytes need an index as large as the byte itself.
    let own = survey(0, width: width, stride: 1, limit: width == 1 ? 16 : 256)
    return type == .bytes && byteCount % 8 == 0 ? [own, survey(0, width: 8, stride: 1, limit: 256)] : [own]
  }

  // MARK: Choice

  /// - Parameters:
  ///   - chunk: at least one byte, whole elements.
  ///   - types: what the words of each component are.
  ///   - isQuantized: they are codes, each component by itself.
  ///   - firstSurvey: index in `palettes` of the first of the chunk's surveys.
  func choose(
    _ chunk: UnsafeRawBufferPointer, types: [ElementType], shape: [UInt64], isQuantized: Bool, palettes: PaletteTable,
    firstSurvey: Int
  ) -> Choice {
    distances = BinPolicy.distances(shape: shape)
    let choice =
      types.count == 2
      ? chooseComplex(chunk, types: types, isQuantized: isQuantized, palettes: palettes, firstSurvey: firstSurvey)
      : chooseReal(chunk, type: types[0], palettes: palettes, firstSurvey: firstSurvey)
    let asItIs =
      isQuantized
      ? Choice(
        coding: Coding(width: types[0].wordByteCount, methods: types.map { _ in .raw }),
        dictionaryOffsets: types.map { _ in 0 })
      : Choice(coding: .stored, dictionaryOffsets: [0])
    guard let stream = choice.coding.streamByteCount(chunkByteCount: chunk.count),
      stream <= chunk.count + CaptureBatch.mostPadding
    else { return asItIs }
    return choice.coding.methods.allSatisfy { $0 == .raw } && choice.bins.allSatisfy(\.ways.isEmpty) ? asItIs : choice
  }

  private func chooseReal(
    _ chunk: UnsafeRawBufferPointer, type: ElementType, palettes: PaletteTable, firstSurvey: Int
  ) -> Choice {
    let own = component(
      chunk, Run(offset: 0, width: type.wordByteCount, stride: 1), type: type, palettes: palettes, survey: firstSurvey)
    guard type == .bytes, chunk.count % 8 == 0 else { return own.choice }
    // Bytes of unknown meaning are often words of 8 or 4 bytes.
    let wide = component(
      chunk, Run(offset: 0, width: 8, stride: 1), type: type, palettes: palettes, survey: firstSurvey + 1,
      rawCost: own.rawCost)
    if own.isConstant || wide.isConstant { return own.isConstant ? own.choice : wide.choice }
    let narrow = component(
      chunk, Run(offset: 0, width: 4, stride: 1), type: type, palettes: palettes, survey: nil,
      rawCost: own.rawCost)
    return [own, wide, narrow].min { $0.cost < $1.cost }?.choice ?? own.choice
  }

  private func chooseComplex(
    _ chunk: UnsafeRawBufferPointer, types: [ElementType], isQuantized: Bool, palettes: PaletteTable, firstSurvey: Int
  ) -> Choice {
    let width = types[0].wordByteCount
    let whole = Run(offset: 0, width: 2 * width, stride: 1)
    // Codes have words of their numbers' width.
    let pairs = isQuantized ? Int.max : palettes.distinctCount(of: firstSurvey + 2)
    if pairs == 1 {
      return constant(whole, palettes: palettes, survey: firstSurvey + 2).choice
    }
    let parts = (0..<2).map {
      component(
        chunk, Run(offset: $0 * width, width: width, stride: 2), type: types[$0], palettes: palettes,
        survey: firstSurvey + $0)
    }
    if pairs <= 256, parts.allSatisfy(\.hasPalette) {
      // One index for the pair, where the components do not vary on their own.
      let bits = Coding.indexBits(count: pairs)
      if bits < parts.reduce(0, { $0 + $1.indexBits }) {
        return palette(whole, count: pairs, palettes: palettes, survey: firstSurvey + 2).choice
      }
    }
    return Choice(
      coding: Coding(width: width, methods: parts.flatMap(\.choice.coding.methods)),
      dictionaryOffsets: parts.flatMap(\.choice.dictionaryOffsets), bins: parts.flatMap(\.choice.bins))
  }

  // MARK: One component

  /// The words of one component in a chunk.
  private struct Run {
    var offset: Int
    var width: Int
    var stride: Int
  }

  private struct Candidate {
    var choice: Choice
    /// Share of the raw bytes that it is expected to take.
    var cost: Double
    /// That of the words as they are; nil where it was not tried.
    var rawCost: Double?

    var method: Coding.Method { choice.coding.methods[0] }

    var isConstant: Bool { if case .constant = method { true } else { false } }

    var hasPalette: Bool {
      switch method {
      case .constant, .palette, .ratioPalette: true
      default: false
      }
    }

    var indexBits: Int {
      switch method {
      case .palette(let count), .ratioPalette(let count, _): Coding.indexBits(count: count)
      default: 0
      }
    }
  }

  private func component(
    _ chunk: UnsafeRawBufferPointer, _ run: Run, type: ElementType, palettes: PaletteTable, survey: Int?,
    rawCost known: Double? = nil
  ) -> Candidate {
    let distinct = survey.map { palettes.distinctCount(of: $0) } ?? Int.max
    if let survey, distinct == 1 { return constant(run, palettes: palettes, survey: survey) }
    let words = chunk.count / (run.width * run.stride)
    let sampled = takeSample(chunk, run, words: words)
    let rawCost = known ?? share(trialByteCount(sampled: sampled.bytes), of: sampled.bytes.count)
    let raw = Candidate(
      choice: Choice(coding: Coding(width: run.width, methods: [.raw]), dictionaryOffsets: [0]), cost: rawCost)
    var candidates = [raw]
    if let survey, distinct <= (run.width == 1 ? 16 : 256) {
      var best = palette(run, count: distinct, palettes: palettes, survey: survey)
      if type.isFloatingPoint, run.width == type.wordByteCount,
        let ratio = ratioPalette(run, count: distinct, palettes: palettes, survey: survey)
      {
        best = ratio
      }
      best.cost =
        cost(of: best.method, sampled, run, dictionaryOffset: best.choice.dictionaryOffsets[0])
        + share(best.choice.coding.dictionaryByteCount(of: best.method), of: words * run.width)
      candidates.append(best)
    }
    let found =
      type == .bytes
      ? BinPolicy.Finding()
      : bins.examine(
        ComponentWords(chunk: chunk, offset: run.offset, count: words, width: run.width, stride: run.stride),
        type: type,
        distances: distances)
    let difference: Coding.Method = type.isFloatingPoint ? .floatDifference : .difference
    if run.width <= 8 {
      for method in found.favorsDifference ? [Coding.Method.planes, difference] : [.planes] {
        candidates.append(
          Candidate(
            choice: Choice(coding: Coding(width: run.width, methods: [method]), dictionaryOffsets: [0]),
            cost: cost(of: method, sampled, run, dictionaryOffset: 0)))
      }
    }
    // In a tie the earlier and cheaper one stays.
    var best = candidates[0]
    for candidate in candidates.dropFirst() where candidate.cost < best.cost - Self.leastSaving { best = candidate }
    best.rawCost = rawCost
    preferBins(&best, found, raw: raw, chunk, run)
    return best
  }

  /// Has the component tried in bins where that is worth its time.
  private func preferBins(
    _ best: inout Candidate, _ found: BinPolicy.Finding, raw: Candidate, _ chunk: UnsafeRawBufferPointer, _ run: Run
  ) {
    let words = chunk.count / (run.width * run.stride)
    let byteCount = Double(words * run.width)
    let ways = found.ways.filter { $0.byteCount < best.cost * (1 - Self.leastBinSaving) * byteCount }
    guard let first = ways.first else { return }
    // Rows that are like the one before do not show in a sample of short stretches. Where a long one has them, all is tried.
    if run.stride == 1 {
      let middle = chunk.count / 2
      let stretch = UnsafeRawBufferPointer(rebasing: chunk[(middle - min(middle, Self.stretchByteCount))..<middle])
      if share(trialByteCount(sampled: stretch), of: stretch.count) * byteCount < first.byteCount {
        let cost = share(trialByteCount(sampled: chunk), of: chunk.count)
        if cost * byteCount < first.byteCount {
          best = raw
          best.cost = cost
          return
        }
      }
    }
    best.choice.bins = [BinPlan(ways: ways.map(\.bins), byteLimit: Int(best.cost * byteCount))]
    best.cost = first.byteCount / byteCount
  }

  private func constant(_ run: Run, palettes: PaletteTable, survey: Int) -> Candidate {
    let word = Array(palettes.dictionary(of: survey).prefix(run.width))
    let offset = dictionaries.count
    dictionaries.append(contentsOf: word)
    return Candidate(
      choice: Choice(coding: Coding(width: run.width, methods: [.constant(word)]), dictionaryOffsets: [offset]), cost: 0
    )
  }

  private func palette(_ run: Run, count: Int, palettes: PaletteTable, survey: Int) -> Candidate {
    let offset = dictionaries.count
    dictionaries.append(contentsOf: palettes.dictionary(of: survey).prefix(count * run.width))
    return Candidate(
      choice: Choice(coding: Coding(width: run.width, methods: [.palette(count: count)]), dictionaryOffsets: [offset]),
      cost: 1)
  }

  /// The palette whose word k is k / divisor, where every distinct word is one of 256 such numbers: then no dictionary is
  /// stored and the index is the number itself.
  private func ratioPalette(_ run: Run, count: Int, palettes: PaletteTable, survey: Int) -> Candidate? {
    guard run.width == 4 || run.width == 8 else { return nil }
    let words = palettes.dictionary(of: survey)
    for divisor in Self.divisors {
      let table = ratioTable(RatioKey(width: run.width, divisor: divisor))
      var most = 0
      let fits = (0..<count).allSatisfy { index in
        let word = words[(index * run.width)..<((index + 1) * run.width)]
        let value =
          run.width == 4
          ? Double(Float(bitPattern: word.loadLittleEndian(as: UInt32.self)))
          : Double(bitPattern: word.loadLittleEndian(as: UInt64.self))
        let number = (value * Double(divisor)).rounded()
        guard number >= 0, number < 256 else { return false }
        let k = Int(number)
        most = max(most, k)
        return table[(k * run.width)..<((k + 1) * run.width)].elementsEqual(word)
      }
      if fits {
        let offset = dictionaries.count
        dictionaries.append(contentsOf: table.prefix((most + 1) * run.width))
        return Candidate(
          choice: Choice(
            coding: Coding(width: run.width, methods: [.ratioPalette(count: most + 1, divisor: divisor)]),
            dictionaryOffsets: [offset]), cost: 1)
      }
    }
    return nil
  }

  private func ratioTable(_ key: RatioKey) -> [UInt8] {
    if let table = ratioTables[key] { return table }
    let table = RatioPalette.dictionary(count: 256, divisor: key.divisor, width: key.width)
    ratioTables[key] = table
    return table
  }

  // MARK: Trials

  private struct Sample {
    var bytes: UnsafeRawBufferPointer
    var words: Int
  }

  /// Words of a component side by side: all of a small one, else runs from all over it.
  private func takeSample(_ chunk: UnsafeRawBufferPointer, _ run: Run, words: Int) -> Sample {
    let quarter = words * run.width / 4
    let most = min(max(quarter, Self.leastSampleByteCount), Self.sampleByteCount) / run.width
    let runs =
      words <= most
      ? [0..<words]
      : (0..<Self.sampleRuns).map { run in
        let start = (words - most / Self.sampleRuns) * (run + 1) / Self.sampleRuns
        return start..<(start + most / Self.sampleRuns)
      }
    var tasks: [wave_task] = []
    var offset = 0
    for part in runs {
      var task = wave_task()
      task.chunkOffset = UInt64(run.offset + part.lowerBound * run.width * run.stride)
      task.streamOffset = UInt64(offset)
      task.words = UInt32(part.count)
      task.width = UInt8(run.width)
      task.stride = UInt8(run.stride)
      tasks.append(task)
      offset += part.count * run.width
    }
    encodeOnHost(chunk, tasks, into: sample)
    return Sample(
      bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(sample)[..<offset]), words: offset / run.width)
  }

  /// Share of the sample's bytes that a method leaves after LZ4, without its dictionary.
  private func cost(of method: Coding.Method, _ sampled: Sample, _ run: Run, dictionaryOffset: Int) -> Double {
    let coding = Coding(width: run.width, methods: [method])
    var task = wave_task()
    task.words = UInt32(sampled.words)
    task.width = UInt8(run.width)
    task.stride = 1
    guard task.apply(method, dictionaryOffset: dictionaryOffset) else { return 1 }
    encodeOnHost(sampled.bytes, [task], into: trial)
    let stream =
      coding.streamByteCount(of: method, words: sampled.words) - coding.dictionaryByteCount(of: method)
    return share(
      trialByteCount(sampled: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(trial)[..<stream])),
      of: sampled.bytes.count)
  }

  private func trialByteCount(sampled bytes: UnsafeRawBufferPointer) -> Int {
    min(encoder.trialByteCount(bytes), bytes.count)
  }

  private func share(_ part: Int, of whole: Int) -> Double { Double(part) / Double(max(whole, 1)) }

  private func encodeOnHost(
    _ source: UnsafeRawBufferPointer, _ tasks: [wave_task], into target: UnsafeMutableRawBufferPointer
  ) {
    dictionaries.withUnsafeBytes { words in
      wave_host_encode(
        source.baseAddress?.assumingMemoryBound(to: UInt8.self), tasks, tasks.count,
        words.baseAddress?.assumingMemoryBound(to: UInt8.self),
        target.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate func loadLittleEndian<Word: FixedWidthInteger>(as type: Word.Type) -> Word {
    Word(littleEndian: UnsafeRawBufferPointer(rebasing: self).loadUnaligned(as: type))
  }
}
