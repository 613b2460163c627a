import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What HWP-Format.md, section 15, calls malformed, in files that have every hash right.
@Suite struct ContentRuleTests {
  /// Segments of three chunks: of `c` 2,000, 1,500 and 1,024 bytes | 10 bytes.
  static let sound: [UInt8] = {
    do {
      var generator = SeededGenerator(seed: 15)
      let container = try TestContainer(chunksPerSegment: 3, requiredFeatures: HWP.Feature.content)
      try container.addContent("c", generator.bytes(4_534), lengths: [2_000, 1_500, 1_024, 10])
      try container.finish()
      return container.sink.bytes
    } catch { preconditionFailure("\(error)") }
  }()

  /// What an extension of lengths has before the first one: tag and length.
  private static let extensionHead = 6
  /// Where a descriptor stands in a part: behind a name of one byte, and its own length.
  private static let descriptor = 16 + 1 + 4

  /// What is done to the first segment, and to the second.
  struct Rule: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var kind = FormatError.Kind.malformed
    /// Part of what is said.
    var message: String
    var bend: @Sendable (inout [UInt8], SegmentPlaces, SegmentPlaces) -> Void
  }

  static let rules: [Rule] = [
    Rule(testDescription: "bit 2 with bit 3", message: "is quantized or more than bytes") { bytes, first, _ in
      bytes[first.parts + 2] |= 8
    },
    Rule(testDescription: "another element type", message: "is quantized or more than bytes") { bytes, first, _ in
      bytes[first.parts + 3] = 1
    },
    Rule(testDescription: "an unknown flag", message: "unknown flags") { bytes, first, _ in
      bytes[first.parts + 2] |= 2
    },
    Rule(testDescription: "chunking 1 without bit 2", message: "one of its part's flags") { bytes, _, second in
      bytes[second.parts + 2] = 1
    },
    Rule(testDescription: "bit 2 without chunking 1", message: "one of its part's flags") { bytes, _, second in
      bytes[second.parts + descriptor + 41] = 0
    },
    Rule(testDescription: "an unknown chunking", kind: .unsupportedFeature, message: "chunking 2") { bytes, _, second in
      bytes[second.parts + descriptor + 41] = 2
    },
    Rule(testDescription: "no length", message: "a chunk of region c has 0 bytes") { bytes, _, second in
      bytes.put(UInt32(0), at: second.extensions + extensionHead)
    },
    Rule(testDescription: "a short chunk within a part", message: "has 1023 bytes") { bytes, first, _ in
      bytes.put(UInt32(1_023), at: first.extensions + extensionHead + 4)
    },
    Rule(testDescription: "a long chunk", message: "has 262145 bytes") { bytes, first, _ in
      bytes.put(UInt32(262_145), at: first.extensions + extensionHead + 4)
    },
    Rule(testDescription: "a chunk past all bounds", message: "has 4294967295 bytes") { bytes, _, second in
      bytes.put(UInt32.max, at: second.extensions + extensionHead)
    },
    // An extension that readers skip, of two bytes, takes the place of two lengths.
    Rule(testDescription: "too few lengths", message: "the lengths are not those") { bytes, first, _ in
      bytes.put(UInt16(9), at: first.extensions)
      bytes.put(UInt32(2), at: first.extensions + 2)
      bytes.put(UInt16(0x8001), at: first.extensions + 8)
      bytes.put(UInt32(4), at: first.extensions + 10)
    },
    Rule(testDescription: "no lengths", message: "the lengths are not those") { bytes, first, _ in
      bytes.put(UInt16(9), at: first.extensions)
    },
    Rule(testDescription: "lengths of chunks on the grid", message: "the lengths are not those") { bytes, first, _ in
      bytes[first.parts + 2] = 0
    },
    Rule(testDescription: "lengths that no reader knows", kind: .unsupportedFeature, message: "32770") {
      bytes, first, _ in
      bytes.put(UInt16(0x8002), at: first.extensions)
    },
    Rule(testDescription: "the header does not tell", message: "which the header does not tell") { bytes, _, _ in
      bytes[24] = 0
    },
    Rule(testDescription: "a part on the grid goes on", message: "are not indexed") { bytes, _, second in
      bytes[second.parts + 2] = 1
      bytes[second.parts + descriptor + 41] = 0
      bytes.put(UInt64(3 * 262_144 + 10), at: second.parts + descriptor)
      bytes.put(UInt16(9), at: second.extensions)
    },
    Rule(testDescription: "a short chunk that another follows", message: "is not the region's last") {
      bytes, first, _ in
      bytes.put(UInt32(1_023), at: first.extensions + extensionHead + 8)
    },
    Rule(testDescription: "lengths that do not add up", message: "the region's chunks have 4535 bytes") {
      bytes, _, second in
      bytes.put(UInt32(11), at: second.extensions + extensionHead)
    },
    Rule(testDescription: "a descriptor of another length", message: "the region's chunks have 4534 bytes") {
      bytes, _, second in
      bytes.put(UInt64(4_533), at: second.parts + descriptor)
    },
  ]

  static func bent(_ rule: Rule) throws -> [UInt8] {
    var bytes = sound
    let layout = try Layout(bytes)
    let places = layout.segments.map { SegmentPlaces(bytes, at: layout.frames[$0].range.lowerBound) }
    rule.bend(&bytes, places[0], places[1])
    layout.reseal(&bytes)
    return bytes
  }

  @Test func nothingIsRefusedOfASoundFile() throws {
    let rule = Rule(testDescription: "none", message: "") { _, _, _ in }
    #expect(try Self.bent(rule) == Self.sound)
    #expect(exercise(Self.sound) == nil)
  }

  @Test("What breaks a rule is refused, and why is said", arguments: rules)
  func isRefused(rule: Rule) throws {
    let error = exercise(try Self.bent(rule))
    #expect(error?.kind == rule.kind)
    #expect(error?.message.contains(rule.message) == true, "\(error?.message ?? "")")
  }

  @Test("The independent reader refuses it too", .enabled(if: IndependentReader.isThere), arguments: rules)
  func independentReader(rule: Rule) throws {
    let scratch = ScratchDirectory()
    try scratch.write(try Self.bent(rule), to: "x.hwp")
    let result = try IndependentReader.run("verify", scratch.path("x.hwp"))
    #expect(result.status == 65)
    #expect(result.output.contains(rule.kind == .malformed ? "malformed" : "unsupported"), "\(result.output)")
  }

  /// Of no chunk the root is that of no bytes, of one chunk what its bytes hash to.
  @Test("A root that the index contradicts is damage", arguments: [0, 9])
  func rootOfOneChunk(count: Int) throws {
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    try container.addContent("c", [UInt8](1...9).prefix(count).map { $0 })
    try container.finish()
    var bytes = container.sink.bytes
    let layout = try Layout(bytes)
    #expect(exercise(bytes) == nil)
    let places = SegmentPlaces(bytes, at: layout.frames[layout.segments[0]].range.lowerBound)
    bytes[count == 0 ? places.parts + Self.descriptor + 8 : places.chainingValues] ^= 1
    layout.reseal(&bytes)
    let error = exercise(bytes)
    #expect(error?.kind == .damaged && error?.message.contains("root is not that") == true)
  }

  @Test("A second layer is malformed") func severalLayers() throws {
    let features = HWP.Feature.content | HWP.Feature.layers
    let container = try TestContainer(requiredFeatures: features)
    let zeros = Coding(width: 1, methods: [.constant([0])])
    let bytes = [UInt8](repeating: 0, count: 4_096)
    try container.writer.beginRegion(name: "g", elementType: .bytes)
    try container.writer.append(
      chunk: TestContainer.chainingValue(bytes, chunk: 0), raw: nil,
      layers: [
        SegmentLayer(coding: zeros, containerID: TestContainer.id, frame: nil),
        SegmentLayer(.blocks(BlockMask(bits: 1)), coding: zeros, containerID: TestContainer.id, frame: nil),
      ])
    try container.writer.endRegion(TestContainer.descriptor("g", bytes))
    try container.addContent("c", bytes)
    try container.finish()
    var bent = container.sink.bytes
    #expect(exercise(bent) == nil)
    let layout = try Layout(bent)
    let places = SegmentPlaces(bent, at: layout.frames[layout.segments[0]].range.lowerBound)
    #expect(Array(bent[places.layerCounts..<(places.layerCounts + 2)]) == [2, 1])
    // The second layer of the chunk on the grid becomes the first one of the other.
    bent.replaceSubrange(places.layerCounts..<(places.layerCounts + 2), with: [1, 2])
    layout.reseal(&bent)
    let error = exercise(bent)
    #expect(error?.kind == .malformed && error?.message.contains("several layers") == true)
  }

  @Test("Block digests count as absent where a chunk has no place on the grid") func blockDigests() throws {
    let container = try TestContainer(requiredFeatures: HWP.Feature.content)
    let bytes = [UInt8](1...200) + [UInt8](repeating: 3, count: 1_000)
    try container.writer.beginRegion(name: "g", elementType: .bytes)
    let frame = container.frame(of: bytes)
    let value = TestContainer.chainingValue(bytes, chunk: 0)
    try frame.withUnsafeBytes {
      try container.writer.append(
        chunk: value, coding: .stored, frame: ($0, BLAKE3.hash($0).short), digests: [value.short])
    }
    try container.writer.endRegion(TestContainer.descriptor("g", bytes))
    try container.addContent("c", bytes)
    try container.finish()
    var bent = container.sink.bytes
    let layout = try Layout(bent)
    let places = SegmentPlaces(bent, at: layout.frames[layout.segments[0]].range.lowerBound)
    #expect(bent.integer(at: places.extensions, as: UInt16.self) == 1 && bent[places.extensions + 6] == 1)
    func digests() throws -> [Bool] {
      let reader = try ContainerReader.open(MemorySource(bent), path: "")
      let segment = try reader.segment(at: 0)
      return (0..<2).map { segment.blockDigests(at: $0, count: 1) != nil }
    }
    #expect(try digests() == [true, false])
    bent[places.extensions + 6] = 2
    layout.reseal(&bent)
    #expect(exercise(bent) == nil)
    #expect(try digests() == [false, false])
  }
}
