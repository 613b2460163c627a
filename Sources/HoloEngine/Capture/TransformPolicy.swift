import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

// Unsafe here: chunks are looked at through raw pointers that the caller keeps valid.

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
    /// Share of the chunk's bytes that it is expected to take.
    var cost = 1.0

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

  /// A transform has to save this much of the sample, or the chunk is stored as it is: decoding has a price too.
  private static let leastSaving = 0.015
  /// Bins have to save this part of what the best other way leaves: they take about as long as all the rest does.
  private static let leastBinSaving = 0.07
  /// Divisors tried for a ratio palette: 8-bit samples scaled to one in the ways that image and audio code does.
  private static let divisors = [255, 256, 127, 128, 1, 100]

  private let trials: CodingTrials
  private let bins: BinPolicy
  /// Dictionaries of the batch's chunks, for the tasks that follow.
  private(set) var dictionaries: [UInt8] = []
  private var ratioTables: [RatioKey: [UInt8]] = [:]
  /// Of the chunk that is being looked at.
  private var distances: [Int] = []
  private var isQuantized = false

  private struct RatioKey: Hashable {
    var width: Int
    var divisor: Int
  }

  init(encoder: LZ4FrameEncoder, bins: BinCoder) {
    self.bins = BinPolicy(coder: bins)
    trials = CodingTrials(encoder: encoder)
  }

  func beginBatch() { dictionaries.removeAll(keepingCapacity: true) }

  // MARK: Surveys

  /// The most distinct words that a palette is made for. More than 16 distinct bytes need an index as large as the byte itself; codes lie close
  /// together, and bins hold many of them as well as a palette does.
  private static func paletteLimit(width: Int, isQuantized: Bool) -> Int { width == 1 || isQuantized ? 16 : 256 }

  /// The surveys that `choose` wants of a chunk.
  static func surveys(type: ElementType, chunkOffset: Int, byteCount: Int, isQuantized: Bool) -> [wave_survey] {
    func survey(_ component: Int, width: Int, stride: Int) -> wave_survey {
      wave_survey(
        chunkOffset: UInt64(chunkOffset + component * width), words: UInt32(byteCount / (width * stride)),
        limit: UInt16(paletteLimit(width: width, isQuantized: isQuantized)), width: UInt8(width), stride: UInt8(stride))
    }
    let width = type.wordByteCount
    if type.componentCount == 2 {
      let parts = (0..<2).map { survey($0, width: width, stride: 2) }
      return isQuantized ? parts : parts + [survey(0, width: 2 * width, stride: 1)]
    }
    let own = survey(0, width: width, stride: 1)
    return type == .bytes && byteCount % 8 == 0 ? [own, survey(0, width: 8, stride: 1)] : [own]
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
    self.isQuantized = isQuantized
    let choice =
      types.count == 2
      ? chooseComplex(chunk, types: types, palettes: palettes, firstSurvey: firstSurvey)
      : chooseReal(chunk, type: types[0], palettes: palettes, firstSurvey: firstSurvey)
    var asItIs =
      isQuantized
      ? Choice(
        coding: Coding(width: types[0].wordByteCount, methods: types.map { _ in .raw }),
        dictionaryOffsets: types.map { _ in 0 })
      : Choice(coding: .stored, dictionaryOffsets: [0])
    guard let stream = choice.coding.streamByteCount(chunkByteCount: chunk.count),
      stream <= chunk.count + CaptureBatch.mostPadding
    else { return asItIs }
    asItIs.cost = choice.cost
    return choice.coding.methods.allSatisfy { $0 == .raw } && choice.bins.allSatisfy(\.ways.isEmpty) ? asItIs : choice
  }

  private func chooseReal(
    _ chunk: UnsafeRawBufferPointer, type: ElementType, palettes: PaletteTable, firstSurvey: Int
  ) -> Choice {
    let own = component(
      chunk, Run(offset: 0, width: type.wordByteCount, stride: 1), type: type, palettes: palettes, survey: firstSurvey)
    guard type == .bytes, chunk.count % 8 == 0 else { return own.costed }
    // Bytes of unknown meaning are often words of 8 or 4 bytes.
    let wide = component(
      chunk, Run(offset: 0, width: 8, stride: 1), type: type, palettes: palettes, survey: firstSurvey + 1,
      rawCost: own.rawCost)
    if own.isConstant || wide.isConstant { return own.isConstant ? own.costed : wide.costed }
    let narrow = component(
      chunk, Run(offset: 0, width: 4, stride: 1), type: type, palettes: palettes, survey: nil,
      rawCost: own.rawCost)
    return ([own, wide, narrow].min { $0.cost < $1.cost } ?? own).costed
  }

  private func chooseComplex(
    _ chunk: UnsafeRawBufferPointer, types: [ElementType], palettes: PaletteTable, firstSurvey: Int
  ) -> Choice {
    let width = types[0].wordByteCount
    let whole = Run(offset: 0, width: 2 * width, stride: 1)
    // Codes have words of their numbers' width.
    let pairs = isQuantized ? Int.max : palettes.distinctCount(of: firstSurvey + 2)
    if pairs == 1 {
      return constant(whole, palettes: palettes, survey: firstSurvey + 2).costed
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
        var together = palette(whole, count: pairs, palettes: palettes, survey: firstSurvey + 2)
        together.cost = parts.reduce(0) { $0 + $1.cost } / 2
        return together.costed
      }
    }
    var choice = Choice(
      coding: Coding(width: width, methods: parts.flatMap(\.choice.coding.methods)),
      dictionaryOffsets: parts.flatMap(\.choice.dictionaryOffsets), bins: parts.flatMap(\.choice.bins))
    choice.cost = parts.reduce(0) { $0 + $1.cost } / 2
    return choice
  }

  // MARK: One component

  private typealias Run = CodingTrials.Run

  private struct Candidate {
    var choice: Choice
    /// Share of the raw bytes that it is expected to take.
    var cost: Double
    /// That of the words as they are; nil where it was not tried.
    var rawCost: Double?

    var method: Coding.Method { choice.coding.methods[0] }

    var costed: Choice {
      var choice = choice
      choice.cost = cost
      return choice
    }

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
    let sample = trials.sample(chunk, run, words: words)
    let rawCost = known ?? trials.share(of: sample.bytes)
    let raw = Candidate(
      choice: Choice(coding: Coding(width: run.width, methods: [.raw]), dictionaryOffsets: [0]), cost: rawCost)
    var candidates = [raw]
    if let survey, distinct <= Self.paletteLimit(width: run.width, isQuantized: isQuantized) {
      var best = palette(run, count: distinct, palettes: palettes, survey: survey)
      if type.isFloatingPoint, run.width == type.wordByteCount,
        let ratio = ratioPalette(run, count: distinct, palettes: palettes, survey: survey)
      {
        best = ratio
      }
      best.cost =
        trials.share(of: sample, run, best.method, dictionary: dictionaries[best.choice.dictionaryOffsets[0]...])
        + Double(best.choice.coding.dictionaryByteCount(of: best.method)) / Double(words * run.width)
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
            cost: trials.share(of: sample, run, method)))
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
    // Rows that are like the one before do not show in a sample of short stretches.
    if run.stride == 1, let cost = trials.shareOfRepeats(chunk, width: run.width, below: first.byteCount / byteCount) {
      best = raw
      best.cost = cost
      return
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
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate func loadLittleEndian<Word: FixedWidthInteger>(as type: Word.Type) -> Word {
    Word(littleEndian: UnsafeRawBufferPointer(rebasing: self).loadUnaligned(as: type))
  }
}
