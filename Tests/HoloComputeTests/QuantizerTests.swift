import CWaveKernels
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct QuantizerTests {
  /// Every code, restored number and exception against the words of the document, on every backend, at sizes around those of
  /// vectors.
  @Test(arguments: TestBackend.available)
  func quantizesAsTheDocumentSays(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    for quantizerCase in QuantizerCase.all {
      for data in QuantizerData.allCases {
        for elements in [1, 2, 7, 8, 9, 16, 33, 257] {
          let bytes = data.bytes(elements * quantizerCase.type.byteCount, for: quantizerCase, &generator)
          guard let quantization = bytes.withUnsafeBytes({ quantizerCase.quantization(of: $0) }) else { continue }
          let region = try QuantizedRegion(bytes, quantization, on: session)
          if quantization.type.isDouble {
            expect(region, matches: ReferenceQuantizer<Double>(quantization), bytes, quantizerCase)
          } else {
            expect(region, matches: ReferenceQuantizer<Float>(quantization), bytes, quantizerCase)
          }
        }
      }
    }
  }

  /// Whole chunks and one word less: the host's bytes, statistics included.
  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func quantizesLikeTheHost(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let (host, device) = (try TestBackend.host.session(), try test.session())
    for quantizerCase in QuantizerCase.all {
      for data in QuantizerData.allCases {
        let missing = data == .bits ? quantizerCase.type.byteCount : 0
        let bytes = data.bytes(chunkByteCount / 4 - missing, for: quantizerCase, &generator)
        guard let quantization = bytes.withUnsafeBytes({ quantizerCase.quantization(of: $0) }) else { continue }
        let expected = try QuantizedRegion(bytes, quantization, on: host)
        #expect(try QuantizedRegion(bytes, quantization, on: device) == expected, "\(quantizerCase), \(data)")
        #expect(
          try expected.dequantized(quantization, on: device) == expected.dequantized(quantization, on: host),
          "\(quantizerCase), \(data)")
      }
    }
  }

  /// Codes that nobody made: every backend makes the same of them.
  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func dequantizesHostileCodesLikeTheHost(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let (host, device) = (try TestBackend.host.session(), try test.session())
    for quantizerCase in QuantizerCase.all {
      let bytes = QuantizerData.ordinary.bytes(4096, for: quantizerCase, &generator)
      guard let quantization = bytes.withUnsafeBytes({ quantizerCase.quantization(of: $0) }) else { continue }
      let codes = generator.bytes(16384)
      #expect(
        try QuantizedRegion.dequantize(codes, quantization, on: device)
          == QuantizedRegion.dequantize(codes, quantization, on: host), "\(quantizerCase)")
    }
  }

  /// Many chunks in one call, at any offset of the caller's memory, and numbers restored where they stood.
  @Test(arguments: TestBackend.available)
  func quantizesManyChunksInPlace(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let (count, words) = (2700, 24)
    let quantization = try #require(Quantization(mode: .absolute(1e-3), type: .f32))
    let source = try session.makeBuffer(byteCount: count * words * 4 + 1)
    for word in 0..<count * words {
      source.bytes.storeBytes(of: Float(generator.normal()), toByteOffset: word * 4 + 1, as: Float.self)
    }
    session.didWrite(source)
    let before = Array(source.bytes)
    let codes = try session.makeBuffer(byteCount: source.bytes.count)
    let flags = try session.makeBuffer(byteCount: count * words / 8)
    let tasks = (0..<count).map { index in
      quantization.task(
        words: words, sourceOffset: index * words * 4 + 1, targetOffset: index * words * 4 + 1,
        flagsOffset: index * words / 8)
    }
    var results: [wave_quantized] = []
    try session.quantize(source, tasks: tasks, codes: codes, restored: source, flags: flags, results: &results)
    #expect(results.count == count)
    let region = try QuantizedRegion(Array(before[1...]), quantization, on: TestBackend.host.session())
    #expect(Array(source.bytes[1...]) == region.restored)
    #expect(Array(codes.bytes[1...]) == region.codes)
    #expect(Array(flags.bytes) == region.flags)
    #expect(results.reduce(0) { $0 + $1.squares } == region.squares)
    #expect(results.map(\.largest).max() == region.largest)
  }

  private func expect<Number: ReferenceNumber>(
    _ region: QuantizedRegion, matches reference: ReferenceQuantizer<Number>, _ bytes: [UInt8], _ test: QuantizerCase
  ) {
    let width = test.type.wordByteCount
    let (source, codes, restored) = (
      words(bytes, width: width), words(region.codes, width: width), words(region.restored, width: width)
    )
    let step = reference.quantization.wordsPerFlag
    for first in stride(from: 0, to: source.count, by: step) {
      let part = first..<first + step
      let outcome = ReferenceQuantizer<Number>.Outcome(
        codes: Array(codes[part]), restored: Array(restored[part]), isException: region.isException(first / step))
      let expected = reference.quantize(Array(source[part]))
      guard outcome != expected else { continue }
      Issue.record("\(test) \(reference.quantization): \(source[part]) gives \(outcome), not \(expected)")
      return
    }
  }
}

extension QuantizerData {
  func bytes(_ count: Int, for test: QuantizerCase, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { fill($0, for: test, &generator) }
    return bytes
  }
}
