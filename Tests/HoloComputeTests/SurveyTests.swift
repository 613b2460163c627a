import CWaveKernels
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct SurveyTests {
  /// Every width and stride; as many words as a palette holds, one fewer and one more; limits around them.
  @Test(arguments: TestBackend.available)
  func findsTheDistinctWordsInOrder(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    var (surveys, expected): ([wave_survey], [[[UInt8]]]) = ([], [])
    var bytes: [UInt8] = []
    for (width, stride) in [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 2), (16, 1)] {
      for distinct in [0, 1, 2, 3, 16, 17, 255, 256, 257, 300] where width > 1 || distinct <= 256 {
        let (words, palette) = makeWords(width: width, distinct: distinct, &generator)
        for limit in [1, 2, 16, 255, 256] {
          surveys.append(
            wave_survey(
              chunkOffset: UInt64(bytes.count), words: UInt32(words.count), limit: UInt16(limit), width: UInt8(width),
              stride: UInt8(stride)))
          expected.append(palette)
        }
        for word in words {
          bytes += word + (stride == 2 ? (0..<width).map { _ in UInt8.random(in: 0...255, using: &generator) } : [])
        }
        bytes.append(0)
      }
    }
    let palettes = PaletteTable()
    try session.survey(try session.makeBuffer(bytes), surveys: surveys, palettes: palettes)
    try #require(palettes.count == surveys.count)
    for (index, survey) in surveys.enumerated() {
      let limit = Int(survey.limit)
      #expect(palettes.distinctCount(of: index) == min(expected[index].count, limit + 1), "\(survey)")
      if expected[index].count <= limit {
        let words = expected[index].flatMap { $0 }
        #expect(palettes.dictionary(of: index).prefix(words.count).elementsEqual(words), "\(survey)")
      }
    }
  }

  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func agreesWithTheHostOnWholeChunks(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let (host, device) = (try TestBackend.host.session(), try test.session())
    let source = try host.makeBuffer(byteCount: 8 * chunkByteCount)
    // Chunk k takes words of few values for small k, of many for large k.
    for chunk in 0..<8 {
      for offset in stride(from: chunk * chunkByteCount, to: (chunk + 1) * chunkByteCount, by: 8) {
        source.bytes.storeBytes(
          of: generator.next() & ((1 << UInt64(2 * chunk)) - 1), toByteOffset: offset, as: UInt64.self)
      }
    }
    var surveys: [wave_survey] = []
    for chunk in 0..<8 {
      for (width, stride) in [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (1, 2), (2, 2), (4, 2), (8, 2)] {
        for short in [0, 1] {
          surveys.append(
            wave_survey(
              chunkOffset: UInt64(chunk * chunkByteCount), words: UInt32(chunkByteCount / width / stride - short),
              limit: 256, width: UInt8(width), stride: UInt8(stride)))
        }
      }
    }
    let (expected, actual) = (PaletteTable(), PaletteTable())
    try host.survey(source, surveys: surveys, palettes: expected)
    try device.survey(try device.wrap(source.bytes), surveys: surveys, palettes: actual)
    for (index, survey) in surveys.enumerated() {
      let distinct = expected.distinctCount(of: index)
      #expect(actual.distinctCount(of: index) == distinct, "\(survey)")
      if distinct <= 256 {
        let byteCount = distinct * Int(survey.width)
        #expect(
          actual.dictionary(of: index).prefix(byteCount).elementsEqual(
            expected.dictionary(of: index).prefix(byteCount)),
          "\(survey)")
      }
    }
  }

  /// The table serves as the dictionaries of the tasks that follow.
  @Test(arguments: TestBackend.available)
  func givesDictionariesToCodeWith(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer((0..<2 * blockByteCount).map { UInt8(($0 / 4) % 11 * ($0 % 4)) })
    let words = blockByteCount / 4
    let survey = { (offset: Int) in
      wave_survey(chunkOffset: UInt64(offset), words: UInt32(words), limit: 256, width: 4, stride: 1)
    }
    let palettes = PaletteTable()
    try session.survey(source, surveys: [survey(0), survey(blockByteCount)], palettes: palettes)
    let tasks = (0..<2).map { index in
      wave_task.make(
        WAVE_METHOD_PALETTE, width: 4, words: words, chunkOffset: index * blockByteCount, streamOffset: index * words,
        dictionaryOffset: palettes.dictionaryOffset(of: index), count: palettes.distinctCount(of: index), indexBits: 4)
    }
    #expect(palettes.distinctCount(of: 0) == 11)
    let streams = try session.makeBuffer(byteCount: 2 * words)
    let target = try session.makeBuffer(byteCount: source.bytes.count)
    try session.encode(source, tasks: tasks, dictionaries: palettes.bytes, streams: streams)
    try session.decode(streams, tasks: tasks, dictionaries: palettes.bytes, target: target)
    #expect(areEqual(source.bytes, target.bytes))
  }

  /// Words with so many distinct values, and those values ascending.
  private func makeWords(
    width: Int, distinct: Int, _ generator: inout SeededGenerator
  ) -> (words: [[UInt8]], palette: [[UInt8]]) {
    var palette: Set<[UInt8]> = []
    while palette.count < distinct {
      palette.insert((0..<width).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
    let sorted = palette.sorted { $0.reversed().lexicographicallyPrecedes($1.reversed()) }
    return ((sorted + sorted + sorted.prefix(5)).shuffled(using: &generator), sorted)
  }
}
