import HoloFormat
import HoloModel
import TestSupport
import Testing

/// Regions of codes: what the container says of them, and what is refused of it.
@Suite struct QuantizedRegionTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  private static let modes: [(mode: QuantizationMode, type: ElementType)] = [
    (.absolute(1e-3), .f16), (.relative(1e-4, clip: nil), .bf16), (.relative(0.5, clip: 9e36), .f32),
    (.pointwise(.leastNonzeroMagnitude), .f64), (.euclidean(.greatestFiniteMagnitude), .c64),
    (.phase(bits: 2, amplitude: nil), .c128), (.phase(bits: 16, amplitude: 1e-6), .c64),
  ]

  private static func quantization(
    _ mode: QuantizationMode, rawRoot: Digest256, exactCount: UInt64 = 0
  ) -> RegionQuantization {
    RegionQuantization(
      mode: mode, absoluteBound: 0.25, largestError: 0.125, rootMeanSquareError: 1e-9, minimum: -3, maximum: 5,
      exactCount: exactCount, rawRoot: rawRoot)
  }

  private func container(chunksPerSegment: Int = 4_096) throws -> (MemorySink, ContainerWriter) {
    let sink = MemorySink()
    let writer = try ContainerWriter(
      sink: sink, containerID: TestContainer.id, createdNanoseconds: TestContainer.created,
      requiredFeatures: HWP.Feature.quantization, chunksPerSegment: chunksPerSegment)
    return (sink, writer)
  }

  private func finish(_ writer: ContainerWriter) throws {
    _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) }
  }

  private func value(_ number: UInt8) -> Digest256 { BLAKE3.hash([number]) }

  /// A region of so many whole chunks of zeros, quantized or not.
  private func add(_ name: String, chunks: Int, quantized: Bool, to writer: ContainerWriter) throws -> RegionDescriptor
  {
    var (tree, rawTree) = (RegionTree(), RegionTree())
    try writer.beginRegion(name: name, elementType: .f32, isQuantized: quantized)
    for index in 0..<chunks {
      let (restored, raw) = (value(UInt8(index % 200)), value(UInt8(index % 200) + 50))
      tree.append(restored)
      rawTree.append(raw)
      var coding = Coding(width: 4, methods: [.constant([0, 0, 0, 0])])
      if quantized, index % 2 == 0 {
        coding.quantization = .init(quantizer: .grid(step: 0.5, low: -1, high: 1), exceptionCount: 0)
      }
      try writer.append(chunk: restored, raw: quantized ? raw : nil, coding: coding, frame: nil)
    }
    var descriptor = RegionDescriptor(
      name: name, component: .memory, elementType: .f32, shape: [], byteCount: UInt64(chunks * Self.chunk),
      root: tree.root() ?? (chunks == 0 ? BLAKE3.hash([]) : value(0)))
    if quantized {
      descriptor.quantization = Self.quantization(
        .absolute(0.25), rawRoot: rawTree.root() ?? (chunks == 0 ? BLAKE3.hash([]) : value(1)),
        exactCount: UInt64(chunks * Self.chunk / 4))
    }
    try writer.endRegion(descriptor)
    return descriptor
  }

  @Test(arguments: modes.indices)
  func whatWasAllowedComesBack(index: Int) throws {
    let (mode, type) = Self.modes[index]
    let (sink, writer) = try container()
    var descriptor = TestContainer.descriptor("r", [], type: type)
    descriptor.quantization = Self.quantization(mode, rawRoot: BLAKE3.hash([]))
    try writer.beginRegion(name: "r", elementType: type, isQuantized: true)
    try writer.endRegion(descriptor)
    try finish(writer)
    let reader = try ContainerReader.open(MemorySource(sink.bytes), path: "")
    #expect(try Array(reader.index().regions) == [descriptor])
  }

  @Test func everyQuantizerComesBack() throws {
    let quantizers: [(Quantizer, ElementType)] = [
      (.grid(step: .leastNonzeroMagnitude, low: -.infinity, high: .infinity), .f64),
      (.grid(step: 1, low: 0, high: 0), .f16),
      (.logarithm(levels: 1 << 16), .f32), (.logarithm(levels: 1), .bf16), (.phase(bits: 2), .c64),
      (.phaseGrid(bits: 16, offset: 0, step: 0.25), .c128),
    ]
    for (quantizer, type) in quantizers {
      for exceptionCount in [0, 1, Self.chunk / type.byteCount] {
        let coding = Coding(
          width: type.wordByteCount, methods: Array(repeating: .planes, count: type.componentCount),
          quantization: .init(quantizer: quantizer, exceptionCount: exceptionCount))
        let (sink, writer) = try container()
        try writer.beginRegion(name: "r", elementType: type, isQuantized: true)
        let frame = LZ4FrameEncoder(level: .fast).frame(of: [1, 2], stripes: [2])
        try frame.withUnsafeBytes {
          try writer.append(chunk: value(1), raw: value(2), coding: coding, frame: ($0, BLAKE3.hash($0).short))
        }
        var descriptor = RegionDescriptor(
          name: "r", component: .memory, elementType: type, shape: [], byteCount: UInt64(Self.chunk), root: value(3))
        let mode: QuantizationMode = type.componentCount == 2 ? .phase(bits: 2, amplitude: nil) : .absolute(1)
        descriptor.quantization = Self.quantization(mode, rawRoot: value(4))
        try writer.endRegion(descriptor)
        try finish(writer)
        let map = try ContainerReader.open(MemorySource(sink.bytes), path: "").index()
        let chunk = try map.chunk(0, ofRegion: 0)
        #expect(chunk.coding == coding)
        #expect(chunk.streamByteCount == coding.streamByteCount(chunkByteCount: Self.chunk))
      }
    }
  }

  /// Quantized regions beside others, over the ends of segments.
  @Test(arguments: [1, 2, 3, 4_096])
  func rawChainingValuesStandWithTheirParts(chunksPerSegment: Int) throws {
    let (sink, writer) = try container(chunksPerSegment: chunksPerSegment)
    var descriptors: [RegionDescriptor] = []
    for (index, (chunks, quantized)) in [(2, false), (3, true), (0, true), (1, true), (2, false), (5, true)]
      .enumerated()
    {
      descriptors.append(try add("r\(index)", chunks: chunks, quantized: quantized, to: writer))
    }
    try finish(writer)
    let reader = try ContainerReader.open(MemorySource(sink.bytes), path: "")
    #expect(try Array(reader.index().regions) == descriptors)
    for position in reader.segmentReferences.indices {
      let segment = try reader.segment(at: position)
      for (part, record) in segment.parts.enumerated() where record.isQuantized {
        for index in 0..<record.chunkCount {
          let chunk = UInt8(record.firstChunk) + UInt8(index)
          #expect(segment.rawChainingValue(at: record.firstEntry + index, of: part) == value(chunk + 50))
        }
      }
    }
  }

  @Test func aWriterKeepsTheRules() throws {
    let plain = try TestContainer()
    #expect(throws: FormatError.self, "the header does not tell") {
      try plain.writer.beginRegion(name: "r", elementType: .f32, isQuantized: true)
    }
    let (_, writer) = try container()
    try writer.beginRegion(name: "r", elementType: .f32, isQuantized: true)
    let zeros = Coding(width: 4, methods: [.constant([0, 0, 0, 0])])
    #expect(throws: FormatError.self, "no raw chaining value") {
      try writer.append(chunk: value(1), coding: zeros, frame: nil)
    }
    var kept = zeros
    kept.quantization = .init(quantizer: .grid(step: 1, low: 0, high: 1), exceptionCount: 1)
    #expect(throws: FormatError.self, "what is kept has no frame") {
      try writer.append(chunk: value(1), raw: value(2), coding: kept, frame: nil)
    }
  }

  /// One chunk of f32 in a quantized region, with a frame, bent in one place and sealed again.
  private func refused(_ bend: (inout [UInt8], _ segment: Int) -> Void) throws -> FormatError.Kind? {
    let (sink, writer) = try container()
    let coding = Coding(
      width: 4, methods: [.planes],
      quantization: .init(quantizer: .grid(step: 0.5, low: -1, high: 1), exceptionCount: 2))
    try writer.beginRegion(name: "r", elementType: .f32, isQuantized: true)
    let frame = LZ4FrameEncoder(level: .fast).frame(of: [1, 2], stripes: [2])
    try frame.withUnsafeBytes {
      try writer.append(chunk: value(1), raw: value(2), coding: coding, frame: ($0, BLAKE3.hash($0).short))
    }
    var descriptor = RegionDescriptor(
      name: "r", component: .memory, elementType: .f32, shape: [], byteCount: 32, root: value(3))
    descriptor.quantization = Self.quantization(.absolute(1), rawRoot: value(4))
    try writer.endRegion(descriptor)
    try finish(writer)
    var bytes = sink.bytes
    let layout = try Layout(bytes)
    bend(&bytes, layout.frames[layout.segments[0]].range.lowerBound)
    layout.reseal(&bytes)
    return exercise(bytes)?.kind
  }

  /// Offsets in the segment: 125 coding (32 bytes: W, C, quantizer, X at 128, step at 132, low, high, method at 156), 157 part
  /// (flags at 159, name at 173), 174 length of the descriptor, 178 descriptor (44 to the attribute count, 46 attribute, its
  /// value at 52).
  @Test func nothingIsRefusedOfASoundFile() throws {
    #expect(try refused { _, _ in } == nil)
  }

  private static let bends: [(Int, UInt8, FormatError.Kind?)] = [
    // Quantized of a width that none is, and of another than the type's.
    (125, 0x81, .malformed), (125, 0x88, .malformed), (125, 4, .malformed),
    (126, 2, .malformed), (127, 0, .unsupportedFeature), (127, 5, .unsupportedFeature),
    (127, 3, .malformed),
    // More exceptions than items, and none where there are.
    (128, 9, .malformed), (131, 1, .malformed), (128, 8, nil),
    // A step of zero or NaN, a range upside down.
    (139, 0x80, .malformed), (147, 0x40, .malformed),
    // The part and its descriptor disagree; an unknown flag.
    (159, 1, .malformed), (159, 13, .malformed), (159, 25, .malformed), (160, 12, .malformed),
    (160, 5, .malformed),
    // The attribute: mode, bits, flags, reserved, bound, clip.
    (230, 0, .malformed), (230, 5, .malformed), (230, 4, .malformed), (230, 6, .unsupportedFeature),
    (231, 3, .malformed), (232, 1, .malformed), (234, 1, .malformed),
    (245, 0x80, .malformed), (246, 1, .malformed),
    // The largest error negative, the range upside down.
    (269, 0xBF, .malformed), (285, 0x41, .malformed),
    // More words kept than there are.
    (294, 9, .malformed), (294, 8, nil),
  ]

  @Test(arguments: bends)
  func refusesWhatBreaksARule(offset: Int, value: UInt8, kind: FormatError.Kind?) throws {
    #expect(try refused { bytes, segment in bytes[segment + offset] = value } == kind)
  }

  @Test func refusesAQuantizedRegionThatTheHeaderDoesNotTell() throws {
    #expect(try refused { bytes, _ in bytes[24] = 0 } == .malformed)
    #expect(try refused { bytes, _ in bytes[24] = 4 | 1 } == .unsupportedFeature)
  }

  @Test func survivesRandomDamage() throws {
    let (sink, writer) = try container(chunksPerSegment: 2)
    _ = try add("a", chunks: 3, quantized: true, to: writer)
    _ = try add("b", chunks: 1, quantized: false, to: writer)
    try finish(writer)
    let layout = try Layout(sink.bytes)
    var generator = SeededGenerator.announced()
    for _ in 0..<4_000 {
      var bytes = sink.bytes
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        bytes[Int.random(in: 64..<layout.manifest.lowerBound, using: &generator)] = .random(
          in: 0 ... .max, using: &generator)
      }
      layout.reseal(&bytes)
      _ = exercise(bytes)
    }
  }
}
