import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Chunks that are stored as what is added to what they were.
@Suite struct DifferenceTests {
  private typealias Chain = DeltaTests.Chain

  private static let most = 4

  /// How each chunk is stored, region by region.
  private func layers(_ chain: Chain, _ snapshot: Int) throws -> [[[SegmentLayer]]] {
    guard case .frames(let map) = try chain.opened(snapshot).chunks else { throw UnexpectedContainer() }
    return try map.regions.indices.map { region in
      var layers: [[SegmentLayer]] = []
      try map.forEachChunk(ofRegion: region) { _, chunk in layers.append(chunk.layers.map(\.record)) }
      return layers
    }
  }

  private func payloadHashes(_ chain: Chain, _ snapshot: Int) throws -> [Digest128?] {
    let reader = try ContainerReader.open(
      MemorySource(chain.snapshots[snapshot].bytes), path: "", ancestors: chain.ancestors)
    return (0..<UInt32(reader.frames.count)).filter { reader.frames.kind(of: $0) == .payload }.map {
      reader.frames.extent(of: $0).hash
    }
  }

  @Test(
    "Every word changes a little, of every type: all of it comes back, and less is stored",
    arguments: TestBackend.available)
  func words(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    for type in ElementType.allCases where type != .bytes && type.wordByteCount > 1 {
      state.add(type, count: 300_000 / type.byteCount, .noise, seed: generator.next())
    }
    let (chain, other) = (Chain(), Chain())
    let full = try chain.take(state, over: nil, on: backend)
    try other.take(state, over: nil)
    for step in 1...7 {
      for region in state.regions.indices { state.drift(region, &generator) }
      // Blocks among differences.
      if step == 3 { state.change(step, at: 100_000) }
      let report = try chain.take(state, over: step - 1, on: backend)
      try chain.expectRestored(step, as: state, backend: backend)
      for (region, chunks) in try layers(chain, step).enumerated() {
        let orders = chunks.map { $0.count { $0.order != nil } }
        // Three bits of 16, and four of 32 where negative numbers get smaller, are an eighth or more: after four such the chunk is whole again.
        let type = state.regions[region].elementType
        let isNarrow = type.wordByteCount == 2 || (type.isFloatingPoint && type.wordByteCount == 4)
        let expected = isNarrow && step > Self.most ? step - Self.most - 1 : step
        #expect(orders.allSatisfy { $0 == expected }, "step \(step), region \(region)")
        #expect(chunks.allSatisfy { $0.count <= HWP.Limit.layersPerChunk }, "step \(step), region \(region)")
      }
      if step <= Self.most {
        #expect(report.storedByteCount < full.storedByteCount * 2 / 3, "step \(step)")
      }
      #expect(try capture(state, backend: .host).report.totals.stateRoot == report.totals.stateRoot)
      // The host stores the same bytes.
      try other.take(state, over: step - 1)
      #expect(try payloadHashes(chain, step) == payloadHashes(other, step), "step \(step)")
    }
    let orders = try layers(chain, 1).map { $0[0].last?.order }
    #expect(Set(orders) == [.integers, .numbers])
  }

  @Test("Blocks over differences, and differences over blocks")
  func blocksAndDifferences() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(.f32, count: 100_000, .noise)
    let chain = Chain()
    try chain.take(state, over: nil)
    for step in 1...20 {
      if step % 5 == 2 { state.drift(0, &generator) } else { state.change(0, at: step * 12_345) }
      try chain.take(state, over: step - 1)
      try chain.expectRestored(step, as: state)
      #expect(try layers(chain, step)[0].allSatisfy { $0.count <= HWP.Limit.layersPerChunk })
    }
    let seen = try (1...20).flatMap { try layers(chain, $0)[0] }
    #expect(seen.contains { $0.count > 2 && $0.last?.blocks != nil && $0[$0.count - 2].order != nil })
    #expect(seen.contains { $0.count > 2 && $0.last?.order != nil && $0[$0.count - 2].blocks != nil })
  }

  @Test("Blocks are found by the digests of differences below them")
  func digestsOfDifferences() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    // Two regions whose differences are the same bytes, and one frame could be both.
    for seed in 1...2 { state.add(.u32, count: 65_536, .noise, seed: UInt64(seed)) }
    let chain = Chain()
    try chain.take(state, over: nil)
    for region in 0..<2 { state.drift(region, &generator) }
    try chain.take(state, over: 0)
    try chain.take(state, over: 1)
    state.change(0, at: 70_000)
    let report = try chain.take(state, over: 2)
    #expect(report.regions.map(\.changedByteCount) == [4_096, 0])
    try chain.expectRestored(3, as: state)
  }

  @Test(
    "Codes change a little: numbers stay within their bound, with every quantizer", arguments: TestBackend.available)
  func codes(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    let modes: [(ElementType, QuantizationMode)] = [
      (.f32, .absolute(0.001)), (.f64, .absolute(0.001)), (.f64, .pointwise(0.001)),
      (.c64, .phase(bits: 12, amplitude: nil)), (.c128, .phase(bits: 12, amplitude: 0.001)), (.c128, .euclidean(0.001)),
    ]
    for (index, (type, mode)) in modes.enumerated() {
      state.add(type, named: "\(index)", numbers(type, byteCount: 320_000, &generator))
      state.allow(mode, region: index)
    }
    let (chain, other) = (Chain(), Chain())
    let full = try chain.take(state, over: nil, on: backend)
    try other.take(state, over: nil)
    for step in 1...6 {
      for region in state.regions.indices { state.scale(region, within: 0.002, &generator) }
      let report = try chain.take(state, over: step - 1, on: backend)
      try other.take(state, over: step - 1)
      #expect(try payloadHashes(chain, step) == payloadHashes(other, step), "step \(step)")
      #expect(try chain.problems(step, backend: backend) == [], "step \(step)")
      let found = try layers(chain, step)
      if step <= Self.most {
        #expect(report.storedByteCount < full.storedByteCount / 2)
        #expect(found.allSatisfy { $0.allSatisfy { $0.count == step + 1 && $0.last?.order == .codes } }, "step \(step)")
      }
    }
  }

  @Test("The step of a relative bound is kept while it keeps the bound")
  func stepsAreKept() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(.f32, named: "w", numbers(.f32, byteCount: 1_000_000, &generator))
    state.allow(.relative(0.001, clip: nil), region: 0)
    let chain = Chain()
    let full = try chain.take(state, over: nil)
    func grid(_ snapshot: Int) throws -> Double {
      guard case .grid(let step, _, _) = try layers(chain, snapshot)[0][0].last?.codes?.quantizer else { return 0 }
      return step
    }
    // A new extreme makes the range wider: what stood for the old one changes, no code does but its own.
    state.set(0, to: 11, at: 400_000)
    let wider = try chain.take(state, over: 0)
    #expect(wider.totals.payloadByteCount < full.totals.payloadByteCount / 50)
    #expect(try grid(0) == grid(1))
    // Without it the first snapshot's step is the right one, and is there still.
    state.set(0, to: 0, at: 400_000)
    #expect(try chain.take(state, over: 1).totals.payloadByteCount < full.totals.payloadByteCount / 50)
    #expect(try grid(0) == grid(2))
    // All numbers get smaller: the step has to, and leaves room for more of that.
    for step in 3...8 {
      state.scale(0, by: 0.998)
      let report = try chain.take(state, over: step - 1)
      let quantization = try #require(chain.opened(step).regions[0].descriptor.quantization)
      #expect(quantization.largestError <= 0.001 * (quantization.maximum - quantization.minimum))
      if step == 3 { #expect(report.regions[0].changedByteCount == 1_000_000) }
    }
    #expect(try grid(3) < grid(2) * 0.98)
    #expect(try (4...8).allSatisfy { try grid($0) == grid(3) })
  }

  @Test("A chunk whose numbers are the same on any grid does not keep a step for the others")
  func staleSteps() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    let masked = (0..<65_536).flatMap { index in
      withUnsafeBytes(of: index % 7 == 0 ? Float.nan : 0) { Array($0) }
    }
    state.add(.f32, named: "w", masked + numbers(.f32, byteCount: 700_000, &generator))
    state.allow(.relative(0.001, clip: nil), region: 0)
    let chain = Chain()
    let full = try chain.take(state, over: nil)
    state.scale(0, by: 0.9)
    try chain.take(state, over: 0)
    for step in 2...4 {
      state.scale(0, by: 0.998)
      let report = try chain.take(state, over: step - 1)
      #expect(report.totals.payloadByteCount < full.totals.payloadByteCount / 3, "step \(step)")
    }
  }

  @Test("What cannot be had of the base is stored whole")
  func damagedBase() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(.f32, count: 200_000, .noise)
    let chain = Chain()
    try chain.take(state, over: nil)
    state.drift(0, &generator)
    let reader = try ContainerReader.open(MemorySource(chain.snapshots[0].bytes), path: "")
    let frame = reader.frames.extent(of: 2)
    #expect(reader.frames.kind(of: 2) == .payload)
    var bytes = chain.snapshots[0].bytes
    bytes[Int(frame.offset) + frame.byteCount / 2] ^= 1
    try chain.replace(0, by: bytes)
    try chain.take(state, over: 0)
    #expect(try layers(chain, 1)[0].map { $0.last?.order } == [.numbers, nil, .numbers, .numbers])
    #expect(try chain.problems(1) == [])
  }

  /// Between -10 and 10, and some that are none.
  private func numbers(_ type: ElementType, byteCount: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      let value = bytes.count % 40_000 == 8_000 ? Double.nan : Double.random(in: -10...10, using: &generator)
      withUnsafeBytes(of: value) { double in
        withUnsafeBytes(of: Float(value)) { float in bytes += type.isDouble ? Array(double) : Array(float) }
      }
    }
    return bytes
  }

  private struct UnexpectedContainer: Error {}
}
