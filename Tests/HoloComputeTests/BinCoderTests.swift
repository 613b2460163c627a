import CWaveKernels
import Foundation
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct BinCoderTests {
  private static func mappings(width: Int) -> [Bins] {
    let integers = [Bins(mapping: .unsigned), Bins(mapping: .signed), Bins(mapping: .float)]
    return width < 4 ? integers : integers + [1, 255, 1000, 4096].map { Bins(mapping: .ratio, divisor: $0) }
  }

  private static func encode(_ chunk: [UInt8], _ sample: BinSample, _ coder: BinCoder, limit: Int? = nil) -> [UInt8]? {
    var stream = [UInt8](repeating: 0xA5, count: (limit ?? 4 * chunk.count + 4096) + 3)
    let byteCount = chunk.withUnsafeBytes { chunk in
      stream.withUnsafeMutableBytes { stream in
        coder.encode(
          form(chunk, sample), sample.bins, into: UnsafeMutableRawBufferPointer(rebasing: stream.dropLast(3)))
      }
    }
    #expect(stream.suffix(3) == [0xA5, 0xA5, 0xA5], "nothing is written past the room")
    return byteCount.map { Array(stream.prefix($0)) }
  }

  private static func form(_ chunk: UnsafeRawBufferPointer, _ sample: BinSample) -> ComponentWords {
    ComponentWords(chunk: chunk, offset: 0, count: sample.words.count, width: sample.width, stride: sample.stride)
  }

  /// The chunk with other words in place of its own, then decoded.
  private static func decode(_ stream: [UInt8], _ chunk: [UInt8], _ sample: BinSample, _ coder: BinCoder) -> [UInt8]? {
    var target = chunk
    for index in sample.words.indices {
      for byte in 0..<sample.width { target[index * sample.width * sample.stride + byte] ^= 0xFF }
    }
    let before = target
    // Behind a stream in memory of its own there is nothing that may be read.
    let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: stream.count, alignment: 1)
    defer { exact.deallocate() }
    exact.copyBytes(from: stream)
    let isSound = target.withUnsafeMutableBytes {
      coder.decode(
        UnsafeRawBufferPointer(exact), sample.bins, form(UnsafeRawBufferPointer($0), sample), in: $0)
    }
    if !isSound { #expect(target == before, "a malformed stream leaves the words as they are") }
    return isSound ? target : nil
  }

  /// Every kind of numbers, width, mapping and lag at every boundary of a group: the words come back, and so they do with a
  /// decoder that follows the format's words.
  @Test(arguments: [1, 2, 4, 8])
  func comesBackAsTheFormatSays(width: Int) throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for (index, count) in [1, 2, 31, 32, 33, 63, 64, 65, 127, 129, 1000, 1025].enumerated() {
      for (place, kind) in BinSample.Kind.allCases.enumerated() {
        for (number, mapping) in Self.mappings(width: width).enumerated() {
          var bins = mapping
          bins.lags = BinSample.lags[(index + place + number) % BinSample.lags.count]
          let sample = BinSample(
            kind, count: count, width: width, stride: 1 + (index + number) % 2, bins: bins, &generator)
          let chunk = sample.chunk(&generator)
          let stream = try #require(Self.encode(chunk, sample, coder), "\(kind) \(bins)")
          #expect(
            ReferenceBins.words(stream, count: count, width: width, bins) == sample.words, "\(kind) \(count) \(bins)")
          #expect(Self.decode(stream, chunk, sample, coder) == chunk, "\(kind) \(count) \(bins)")
        }
      }
    }
  }

  @Test(arguments: [1, 2, 4, 8], BinSample.Kind.allCases)
  func wholeChunksComeBack(width: Int, kind: BinSample.Kind) throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for stride in [1, 2] {
      let whole = chunkByteCount / width / stride
      for (index, count) in [whole - 1, whole].enumerated() {
        for mapping in Self.mappings(width: width).prefix(4) {
          var bins = mapping
          bins.lags = BinSample.lags[(index + width + stride) % BinSample.lags.count]
          let sample = BinSample(kind, count: count, width: width, stride: stride, bins: bins, &generator)
          let chunk = sample.chunk(&generator)
          let stream = try #require(Self.encode(chunk, sample, coder))
          #expect(Self.decode(stream, chunk, sample, coder) == chunk, "\(kind) \(bins)")
          if stride == 1, index == 0 {
            #expect(ReferenceBins.words(stream, count: count, width: width, bins) == sample.words, "\(kind) \(bins)")
          }
        }
      }
    }
  }

  @Test func takesFractionsOfABit() throws {
    var generator = SeededGenerator.announced()
    let (coder, count) = (try BinCoder(), 65_536)
    func byteCount(_ kind: BinSample.Kind, lags: [UInt32] = []) throws -> Int {
      let bins = Bins(mapping: .signed, lags: lags)
      let sample = BinSample(kind, count: count, width: 4, stride: 1, bins: bins, &generator)
      return try #require(Self.encode(sample.chunk(&generator), sample, coder)).count
    }
    // One value is nothing but a table; one word in fifty that is one of seven takes 0.20 bits a word (Shannon's entropy).
    #expect(try byteCount(.alike, lags: [1]) < 300)
    #expect(try byteCount(.peaked) < 65_536 * 21 / 100 / 8 + 200)
    // Noise takes little more than itself.
    #expect(try byteCount(.anything) < 4 * count + 4 * count / 500 + 400)
  }

  @Test(arguments: [1, 2, 4, 8])
  func writesNothingPastItsRoom(width: Int) throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for kind in BinSample.Kind.allCases {
      let sample = BinSample(
        kind, count: 700, width: width, stride: 1, bins: Bins(mapping: .unsigned, lags: [1]), &generator)
      let chunk = sample.chunk(&generator)
      let whole = try #require(Self.encode(chunk, sample, coder))
      for limit in [0, 1, 2, 100, 133, 134, whole.count / 2, whole.count - 1, whole.count, whole.count + 1000] {
        if let stream = Self.encode(chunk, sample, coder, limit: limit) {
          #expect(stream == whole && stream.count <= limit)
        } else {
          #expect(limit < whole.count + 1000)
        }
      }
    }
  }

  @Test func wordsThatAreNoRatiosAreRefused() throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for (width, bad) in [(4, -Double.zero), (4, 0.300001), (4, .nan), (4, .infinity), (8, 1e300), (8, .pi)] {
      var sample = BinSample(
        .few, count: 100, width: width, stride: 1, bins: Bins(mapping: .ratio, divisor: 10), &generator)
      sample.words[77] = width == 4 ? UInt64(Float(bad).bitPattern) : bad.bitPattern
      #expect(Self.encode(sample.chunk(&generator), sample, coder) == nil, "\(bad)")
    }
  }

  @Test func knowsDivisors() throws {
    let coder = try BinCoder()
    func divisor<Number: BinaryFloatingPoint>(_ numbers: [Number]) -> UInt32? {
      numbers.withUnsafeBytes {
        coder.divisor(
          ComponentWords(
            chunk: $0, offset: 0, count: numbers.count, width: MemoryLayout<Number>.size, stride: 1))
      }
    }
    let numerators = (0..<2000).map { ($0 * 7919) % 20_011 - 10_000 }
    for known: UInt32 in [1, 8, 4096, 10, 1000] {
      #expect(divisor(numerators.map { Float($0) / Float(known) }) == known)
      #expect(divisor(numerators.map { Double($0) / Double(known) }) == known)
    }
    #expect(divisor(numerators.map { Float($0) * .pi }) == nil)
    #expect(divisor(numerators.map { Double($0).squareRoot() }) == nil)
    #expect(divisor([Float](repeating: 0, count: 100)) == nil)
    // One word far from the probes that needs a finer step.
    var finer = numerators.map { Float($0) / 10 }
    finer[1999] = 0.01
    #expect(divisor(finer) == 100)
  }

  @Test(arguments: [2, 4, 8])
  func estimatesComeNearToStreams(width: Int) throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for kind in [BinSample.Kind.few, .anything, .heavyTailed, .walk] {
      for lags in [[], [1], [1, 64]] as [[UInt32]] {
        let sample = BinSample(
          kind, count: 32_768, width: width, stride: 1, bins: Bins(mapping: .signed, lags: lags), &generator)
        let chunk = sample.chunk(&generator)
        let stream = try #require(Self.encode(chunk, sample, coder))
        let estimate = chunk.withUnsafeBytes { coder.estimate(Self.form($0, sample), sample.bins) }
        #expect(abs(estimate - Double(stream.count)) < 0.1 * Double(stream.count) + 300, "\(kind) \(lags)")
      }
    }
  }

  /// Streams that were bent, cut or made up: never a byte out of bounds (the tests run under a sanitizer, too), and each
  /// decoder takes the same ones.
  @Test(arguments: [1, 2, 4, 8])
  func bentStreamsAreRefusedOrDecodedAlike(width: Int) throws {
    var generator = SeededGenerator.announced()
    let coder = try BinCoder()
    for round in 0..<600 {
      let kind = BinSample.Kind.allCases[round % BinSample.Kind.allCases.count]
      let bins = Bins(mapping: .signed, lags: BinSample.lags[round % BinSample.lags.count])
      let sample = BinSample(kind, count: 1 + round % 300, width: width, stride: 1, bins: bins, &generator)
      let chunk = sample.chunk(&generator)
      var stream = try #require(Self.encode(chunk, sample, coder))
      switch round % 4 {
      case 0: stream = Array(stream.prefix(Int(generator.next() % UInt64(stream.count))))
      case 1: stream += generator.bytes(1 + round % 3)
      case 2: stream[Int(generator.next() % UInt64(stream.count))] ^= UInt8(1 << (round / 4 % 8))
      default:
        // In the table, where a change is worth most.
        for _ in 0..<3 { stream[Int(generator.next() % UInt64(min(stream.count, 80)))] = UInt8(generator.next() & 255) }
      }
      let expected = ReferenceBins.words(stream, count: sample.words.count, width: width, bins)
      var taken = sample
      let decoded = Self.decode(stream, chunk, sample, coder)
      #expect((decoded == nil) == (expected == nil), "round \(round)")
      if let expected, let decoded {
        taken.words = expected
        #expect(decoded == taken.chunk(&generator), "round \(round)")
      }
    }
  }

  /// In a process of its own: the choice of instruction set is the process'.
  @Test func everyInstructionSetGivesTheSameStreams() async {
    await #expect(processExitsWith: .success) {
      var generator = SeededGenerator.announced("everyInstructionSetGivesTheSameStreams")
      let coder = try BinCoder()
      let sets: [String] = ["baseline", "avx2", "avx512"].filter { wave_host_select($0) != 0 }
      for kind in BinSample.Kind.allCases {
        for width in [1, 2, 4, 8] {
          for (index, mapping) in BinCoderTests.mappings(width: width).enumerated() {
            var bins = mapping
            bins.lags = BinSample.lags[(index + width) % BinSample.lags.count]
            let count = 32_768 / width + index
            let sample = BinSample(kind, count: count, width: width, stride: 1 + index % 2, bins: bins, &generator)
            let chunk = sample.chunk(&generator)
            var streams: Set<[UInt8]> = []
            var estimates: Set<Double> = []
            for set in sets {
              guard wave_host_select(set) != 0, let stream = BinCoderTests.encode(chunk, sample, coder) else { exit(1) }
              guard BinCoderTests.decode(stream, chunk, sample, coder) == chunk else { exit(2) }
              streams.insert(stream)
              estimates.insert(chunk.withUnsafeBytes { coder.estimate(BinCoderTests.form($0, sample), bins) })
            }
            guard streams.count == 1, estimates.count == 1 else { exit(3) }
          }
        }
      }
    }
  }
}
