import HoloFormat
import HoloModel
import Testing

/// What layers may stand over each other (HWP-Format.md, section 6). All components are constant here, so that no layer has a frame.
@Suite struct LayerRuleTests {
  private typealias Effect = SegmentLayer.Effect

  private static let grid = Quantizer.grid(step: 0.5, low: -1, high: 1)

  private static func words(_ width: Int, _ components: Int = 1, codes: Quantizer? = nil) -> Coding {
    Coding(
      width: width, methods: Array(repeating: .constant(Array(repeating: 0, count: width)), count: components),
      quantization: codes.map { Coding.Codes(quantizer: $0, exceptionCount: 0) })
  }

  /// The error with which an index of one chunk in these layers is refused; nil where it is taken.
  private func refused(
    _ layers: [(Effect, Coding)], type: ElementType = .f32, byteCount: Int = 64, isQuantized: Bool = true,
    features: UInt64 = HWP.Feature.quantization | HWP.Feature.layers | HWP.Feature.differences,
    bend: (inout [UInt8]) -> Void = { _ in }
  ) throws -> FormatError? {
    let sink = MemorySink()
    let writer = try ContainerWriter(
      sink: sink, containerID: TestContainer.id, createdNanoseconds: TestContainer.created,
      requiredFeatures: HWP.Feature.quantization | HWP.Feature.layers | HWP.Feature.differences)
    try writer.beginRegion(name: "r", elementType: type, isQuantized: isQuantized)
    let value = BLAKE3.hash([1])
    try writer.append(
      chunk: value, raw: isQuantized ? value : nil,
      layers: layers.map { SegmentLayer($0.0, coding: $0.1, containerID: TestContainer.id, frame: nil) })
    var descriptor = RegionDescriptor(
      name: "r", component: .memory, elementType: type, shape: [], byteCount: UInt64(byteCount), root: value)
    if isQuantized {
      descriptor.quantization = RegionQuantization(
        mode: type.componentCount == 2 ? .euclidean(1) : .absolute(1), absoluteBound: 1, largestError: 0,
        rootMeanSquareError: 0, minimum: 0, maximum: 0, exactCount: 0, rawRoot: value)
    }
    try writer.endRegion(descriptor)
    _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) }
    var bytes = sink.bytes
    bytes.put(features, at: 24)
    // The header is guarded by the trailer.
    let trailer = bytes.count - 144
    BLAKE3.hash(Array(bytes[..<64])).withBytes { bytes.replaceSubrange((trailer + 72)..<(trailer + 104), with: $0) }
    BLAKE3.hash(Array(bytes[trailer..<(trailer + 120)])).short.withBytes {
      bytes.replaceSubrange((trailer + 120)..<(trailer + 136), with: $0)
    }
    bend(&bytes)
    do {
      _ = try ContainerReader.open(MemorySource(bytes), path: "").index()
      return nil
    } catch { return error }
  }

  @Test func whatMayStandOverEachOtherIsTaken() throws {
    let (plain, codes) = (Self.words(4), Self.words(4, codes: Self.grid))
    let wider = Self.words(4, codes: .grid(step: 0.5, low: -7, high: 9))
    let block = Effect.blocks(BlockMask(bits: 1))
    let taken: [[(Effect, Coding)]] = [
      [(.whole, plain), (.difference(.integers), plain)], [(.whole, plain), (.difference(.numbers), Self.words(2))],
      [(.whole, Self.words(16)), (.difference(.integers), Self.words(8))],
      [(.whole, Self.words(1)), (.difference(.integers), Self.words(1, 2))],
      [(.whole, codes), (.difference(.codes), codes)],
      [(.whole, codes)] + Array(repeating: (.difference(.codes), wider), count: 8),
      [(.whole, codes), (.difference(.numbers), plain), (block, codes), (.difference(.integers), plain)],
      [(.whole, codes), (.difference(.codes), wider), (block, plain), (block, codes), (.difference(.numbers), plain)],
    ]
    for (index, layers) in taken.enumerated() { #expect(try refused(layers) == nil, "\(index)") }
    let phases = Quantizer.phaseGrid(bits: 4, offset: 0, step: 0.5)
    #expect(
      try refused(
        [(.whole, Self.words(4, 2, codes: phases)), (.difference(.codes), Self.words(4, 2, codes: phases))], type: .c64)
        == nil)
  }

  @Test func whatMayNotIsMalformed() throws {
    let (plain, codes) = (Self.words(4), Self.words(4, codes: Self.grid))
    let block = Effect.blocks(BlockMask(bits: 1))
    let other = Self.words(4, codes: .grid(step: 0.25, low: -1, high: 1))
    let logarithm = Self.words(4, codes: .logarithm(levels: 8))
    let malformed: [[(Effect, Coding)]] = [
      [(.difference(.integers), plain)], [(block, plain)], [(.whole, plain), (.whole, plain)],
      [(.whole, plain), (.difference(.integers), Self.words(16))],
      [(.whole, plain), (.difference(.numbers), Self.words(1))],
      [(.whole, codes), (.difference(.integers), codes)], [(.whole, codes), (.difference(.numbers), codes)],
      [(.whole, codes), (.difference(.codes), plain)], [(.whole, plain), (.difference(.codes), codes)],
      [(.whole, codes), (.difference(.codes), other)], [(.whole, codes), (.difference(.codes), logarithm)],
      [(.whole, codes), (block, codes), (.difference(.codes), codes)],
      [(.whole, codes), (.difference(.integers), plain), (.difference(.codes), codes)],
      [(.whole, plain), (.blocks(BlockMask(bits: 2)), plain)], [(.whole, plain), (.blocks(BlockMask(bits: 0)), plain)],
    ]
    for (index, layers) in malformed.enumerated() { #expect(try refused(layers)?.kind == .malformed, "\(index)") }
    #expect(
      try refused([(.whole, plain), (.difference(.codes), codes)], isQuantized: false)?.kind == .malformed)
    // An offset of another sign is another parameter.
    func phases(_ offset: Double) -> Coding {
      Self.words(4, 2, codes: .phaseGrid(bits: 4, offset: offset, step: 0.5))
    }
    #expect(
      try refused([(.whole, phases(0)), (.difference(.codes), phases(-0.0))], type: .c64)?.kind == .malformed)
    // Words that do not divide the chunk.
    #expect(
      try refused([(.whole, plain), (.difference(.integers), Self.words(8))], byteCount: 68)?.kind == .malformed)
  }

  @Test func differencesAreTold() throws {
    let layers: [(Effect, Coding)] = [(.whole, Self.words(4)), (.difference(.integers), Self.words(4))]
    let error = try refused(layers, features: HWP.Feature.quantization | HWP.Feature.layers)
    #expect(error?.kind == .malformed && error?.message.contains("differences") == true)
    #expect(try refused(layers, features: HWP.Feature.quantization | HWP.Feature.differences)?.kind == .malformed)
    #expect(
      try refused([layers[0]], features: HWP.Feature.quantization | HWP.Feature.differences) == nil)
  }
}
