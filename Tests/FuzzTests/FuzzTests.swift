import FuzzSupport
import HoloFormat
import TestSupport
import Testing

/// The corpus, and bent files made of it. Longer, and led by coverage: `make fuzz`.
@Suite("Parsers and what no writer wrote")
struct FuzzTests {
  private static let executionCount = 100_000

  @Test("Every file of the corpus", arguments: FuzzParser.allCases)
  func corpus(parser: FuzzParser) throws {
    let files = try parser.corpus()
    #expect(!files.isEmpty)
    let judge = try Judge(parser, sound: files.map(\.bytes))
    for (name, bytes) in files {
      #expect(throws: Never.self, "\(name)") { try judge.check(bytes) }
      for count in 0..<min(bytes.count, 4_096) where count % 7 == 0 {
        #expect(throws: Never.self, "\(count) bytes of \(name)") { try judge.check(Array(bytes[..<count])) }
      }
    }
  }

  /// A region of another name, with every hash made anew: sound for a reader, but not if nobody can make hashes anew.
  @Test("A judge sees what it is to see") func judging() throws {
    let sound = try Fixtures.bytes(of: "corpus/hwp/two-segments.hwp")
    let judge = try Judge(.hwp, sound: [sound])
    #expect(try judge.check(sound, isAuthentic: true) == .whole)
    var renamed = sound
    let record = [1, 0, 1, 0] + [UInt8](repeating: 0, count: 8) + [1, 0, 0, 0, UInt8(ascii: "a")]
    let start = try #require(renamed.firstRange(of: record)?.lowerBound)
    renamed[start + record.count - 1] = UInt8(ascii: "q")
    #expect(try judge.check(renamed, isAuthentic: true) == .accepted)
    FuzzParser.hwp.seal(&renamed, repairing: true)
    #expect(try judge.check(renamed) == .whole)
    #expect(throws: FormatError.self) { try judge.check(renamed, isAuthentic: true) }
  }

  /// Each bent file is judged as it is, then with its hashes, or also its lengths and offsets, made anew.
  @Test("Bent files", arguments: FuzzParser.allCases)
  func bentFiles(parser: FuzzParser) throws {
    let corpus = try parser.corpus().map(\.bytes)
    let sound = Set(corpus)
    let judge = try Judge(parser, sound: corpus)
    let seed = SeededGenerator.announced("\(parser)").seed
    let taken = try corpus.filter { try judge.check($0) != .refused }
    var mutator = Mutator(parser, corpus: corpus, taken: taken, seed: seed)
    var counts: [Judge.Verdict: Int] = [:]
    for execution in 0..<(Self.executionCount / (parser.hasSeal ? 2 : 1)) {
      var bytes = mutator.next()
      func check(isAuthentic: Bool) {
        do throws(FormatError) {
          let verdict = try judge.check(bytes, isAuthentic: isAuthentic)
          counts[verdict, default: 0] += 1
          #expect(verdict != .whole || !isAuthentic || sound.contains(bytes), "seed \(seed), file \(execution)")
        } catch { Issue.record("\(error); seed \(seed), file \(execution): \(bytes)") }
      }
      check(isAuthentic: true)
      guard parser.hasSeal else { continue }
      parser.seal(&bytes, repairing: mutator.flip())
      check(isAuthentic: false)
    }
    // Neither all turned away at the door, nor all taken.
    let refused = counts[.refused, default: 0]
    #expect(refused > 1_000 && counts.values.reduce(0, +) - refused > 1_000, "\(counts)")
  }
}
