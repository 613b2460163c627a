import CWaveKernels
import Glibc
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct HostKernelTests {
  /// In a process of its own: the choice of instruction set is the process'.
  @Test func everyInstructionSetGivesTheSameBytes() async {
    await #expect(processExitsWith: .success) {
      var generator = SeededGenerator.announced("everyInstructionSetGivesTheSameBytes")
      let plan = CodingPlan(reachesChunk: true)
      let session = HostSession()
      let source = try session.makeBuffer(byteCount: plan.chunksByteCount)
      plan.fill(source.bytes, &generator)
      var results: [[UInt8]] = []
      let seed = generator.next()
      for set in ["baseline", "avx2", "avx512"] where wave_host_select(set) != 0 {
        results.append(try everything(plan, source, session) + everyQuantizer(seed: seed, session))
      }
      guard !results.isEmpty, results.allSatisfy({ $0 == results[0] }) else { exit(1) }
    }
  }
}

private func everything(_ plan: CodingPlan, _ source: ComputeBuffer, _ session: HostSession) throws -> [UInt8] {
  var digests: [wave_digest] = []
  try session.checksum(source, spans: regionSpans(byteCount: source.bytes.count), digests: &digests)
  let streams = try session.makeBuffer(byteCount: plan.streamsByteCount)
  let target = try session.makeBuffer(byteCount: plan.chunksByteCount)
  try plan.dictionaries.withUnsafeBytes { dictionaries in
    try session.encode(source, tasks: plan.tasks, dictionaries: dictionaries, streams: streams)
    try session.decode(streams, tasks: plan.tasks, dictionaries: dictionaries, target: target)
  }
  let palettes = PaletteTable()
  let surveys = plan.tasks.filter { $0.words <= 1025 }.map {
    wave_survey(chunkOffset: $0.chunkOffset, words: $0.words, limit: 256, width: $0.width, stride: $0.stride)
  }
  try session.survey(source, surveys: surveys, palettes: palettes)
  var results = digests.flatMap(\.cvBytes)
  results += streams.bytes
  results += target.bytes
  for (index, survey) in surveys.enumerated() {
    let distinct = palettes.distinctCount(of: index)
    results += [UInt8(truncatingIfNeeded: distinct), UInt8(distinct >> 8)]
    if distinct <= 256 { results += palettes.dictionary(of: index).prefix(distinct * Int(survey.width)) }
  }
  return results
}

/// Every quantizer on every kind of numbers, with sizes that fill no vector.
private func everyQuantizer(seed: UInt64, _ session: HostSession) throws -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  var results: [UInt8] = []
  for test in QuantizerCase.all {
    for data in QuantizerData.allCases {
      let elements = 4096 + Int(generator.next() % 40)
      let bytes = data.bytes(elements * test.type.byteCount, for: test, &generator)
      guard let quantization = bytes.withUnsafeBytes({ test.quantization(of: $0) }) else { continue }
      let region = try QuantizedRegion(bytes, quantization, on: session)
      results += region.codes + region.restored + region.flags
      for number in [region.exceptions, region.largest, region.squares] {
        withUnsafeBytes(of: number) { results += $0 }
      }
      results += try region.dequantized(quantization, on: session)
      results += try QuantizedRegion.dequantize(generator.bytes(bytes.count), quantization, on: session)
    }
  }
  return results
}
