import HoloFormat
import HoloModel
import Testing

/// What WAVE-Format.md, section 7, says of files that break one rule and have every hash right.
@Suite struct WaveRefusalTests {
  /// Parts: data with one region at 4,096, hwpI with one at 8,192, hwpX with two at 12,288 and 16,384.
  private static let sound: WaveBytes = {
    do {
      return WaveBytes(
        try TestWave.bytes(
          of: [
            TestWave.region("ab", [1, 2, 3, 4, 5, 6, 7, 9], .f32), TestWave.region("i", [1, 2], component: .index),
            TestWave.region("x", [3, 4], .u16), TestWave.region("y", [5, 6], .u16),
          ], directories: [DirectoryEntry(name: "d", permissions: 0o700)]))
    } catch { preconditionFailure("\(error)") }
  }()

  private func refused(_ bend: (inout WaveBytes) -> Void) -> FormatError.Kind? {
    var bent = Self.sound
    bend(&bent)
    bent.reseal()
    return TestWave.problem(bent.bytes)?.kind
  }

  @Test func nothingIsRefusedOfASoundFile() {
    #expect(refused { _ in } == nil)
    #expect(Self.sound.partCount == 3 && Self.sound.runCount == 4)
  }

  @Test(arguments: [
    (0, 0x53, FormatError.Kind.notAContainer), (8, 0x53, .notAContainer), (86, 0, .notAContainer),
    (94, 0, .notAContainer), (102, 2, .unsupportedVersion), (102, 0, .unsupportedVersion),
    (103, 1, .unsupportedVersion),
    (104, 9, nil), (106, 2, .unsupportedVersion), (107, 11, nil), (107, 12, .malformed), (107, 255, .malformed),
    (107, 1, .unsupportedFeature), (107, 15, .unsupportedFeature), (108, 1, .unsupportedFeature),
    (115, 0x80, .unsupportedFeature), (116, 1, nil), (123, 0x80, nil), (124, 9, .damaged), (140, 1, nil),
    (148, 1, .malformed), (4_087, 1, .malformed), (4, 1, .malformed), (12, 0x64, .malformed), (20, 1, .malformed),
    (44, 1, .malformed), (56, 1, .malformed), (58, 2, .malformed), (60, 0, .malformed), (72, 1, .malformed),
    (82, 1, .malformed), (4_088, 0x44, .malformed), (4_092, 4, .malformed),
  ])
  func judgesTheHead(offset: Int, value: UInt8, kind: FormatError.Kind?) {
    #expect(refused { $0.bytes[offset] = value } == kind)
  }

  @Test func versionsComeBeforeDamageAndDamageBeforeFeatures() {
    var bytes = Self.sound.bytes
    bytes[102] = 2
    #expect(TestWave.problem(bytes)?.kind == .unsupportedVersion)
    bytes[102] = 1
    bytes[108] = 1
    #expect(TestWave.problem(bytes)?.kind == .damaged)
  }

  /// Offsets in the table: 104 parts (3), 152 runs (4), 216 CVs (4), 344 records. What changes the state root too is damaged.
  /// At 123 stands the I of hwpI: its region has no place in another part.
  @Test(arguments: [
    (0, 0, FormatError.Kind.malformed), (8, 9, .malformed), (24, 0, .malformed), (24, 2, .malformed),
    (26, 2, .malformed), (28, 3, .malformed), (31, 0xFF, .malformed), (32, 0, .malformed), (35, 0xFF, .malformed),
    (38, 2, .malformed), (40, 0, .malformed), (43, 0xFF, .malformed), (44, 1, .malformed), (47, 0xFF, .malformed),
    (48, 0, .damaged), (80, 3, .malformed), (80, 5, .malformed), (82, 0x20, .malformed), (87, 0xFF, .malformed),
    (88, 3, .malformed), (88, 5, .malformed), (95, 0xFF, .malformed), (96, 9, .damaged),
    (104, 0x65, .unsupportedFeature), (108, 1, .malformed), (112, 9, .malformed), (119, 0xFF, .malformed),
    (123, 0x58, .malformed), (123, 0x43, .malformed), (127, 1, .malformed), (128, 0, .malformed),
    (131, 0x80, .malformed),
    (153, 0x20, .malformed), (152, 8, .malformed), (160, 1, .malformed), (167, 0x80, .malformed),
    (169, 0x30, .malformed), (175, 0xFF, .malformed), (216, 1, .damaged),
    (344, 0, .malformed), (345, 0x10, .malformed), (346, 12, .damaged), (346, 15, .unsupportedFeature),
    (347, 1, .malformed), (348, 0, .malformed), (348, 2, .malformed), (351, 0xFF, .malformed), (352, 1, .malformed),
    (355, 0xFF, .malformed), (356, 0x5C, .malformed), (356, 0, .malformed), (356, 0x62, .damaged),
  ])
  func judgesTheTable(offset: Int, value: UInt8, kind: FormatError.Kind) {
    #expect(Self.sound.records == Self.sound.table.lowerBound + 344)
    #expect(refused { $0.bytes[$0.table.lowerBound + offset] = value } == kind)
  }

  /// The descriptor of the first region stands behind its name.
  @Test(arguments: [
    (0, 12, FormatError.Kind.damaged), (0, 9, .malformed), (7, 0xFF, .malformed), (8, 1, .damaged), (40, 1, .damaged),
    (40, 5, .unsupportedFeature), (41, 1, .unsupportedFeature), (42, 33, .malformed), (43, 1, .malformed),
  ])
  func judgesDescriptors(offset: Int, value: UInt8, kind: FormatError.Kind) {
    #expect(refused { $0.bytes[$0.records + 14 + offset] = value } == kind)
  }

  @Test func runsDoNotOverlapAndDoNotMove() {
    let run = 16
    for (region, offset) in [
      (2, 16_384), (3, 12_288), (3, 12_290), (3, 20_480), (2, 8_192), (1, 4_096), (0, 8_192), (3, Int.max), (3, -1),
      (0, 0),
    ] {
      #expect(
        refused { $0.bytes.put(UInt64(bitPattern: Int64(offset)), at: $0.runs + run * region) } == .malformed,
        "\(region) \(offset)")
    }
    // Two regions of one length and type may change places: their chunks then differ.
    let found = refused { bent in
      bent.bytes.put(UInt64(16_384), at: bent.runs + 2 * run)
      bent.bytes.put(UInt64(12_288), at: bent.runs + 3 * run)
    }
    #expect(found == .damaged)
  }

  @Test func twoRegionsOfOneName() {
    #expect(
      refused { bent in
        let record = 12 + 1 + 46
        bent.bytes[bent.records + 14 + 46 + record + 12] = UInt8(ascii: "y")
      } == .malformed)
  }

  @Test func aDirectoryIsNoRegion() {
    #expect(refused { $0.bytes[$0.records + 14 + 46 + 12] = UInt8(ascii: "d") } == .malformed)
  }

  @Test(arguments: [
    (0, 0, FormatError.Kind.damaged), (4, 1, .damaged), (8, 1, .damaged), (15, 0x80, .truncated), (16, 1, .damaged),
    (23, 0x80, .damaged), (24, 1, .damaged), (31, 0x80, .damaged), (32, 1, .damaged), (39, 0x80, .damaged),
    (104, 0, .damaged), (136, 0, .truncated), (143, 0, .truncated),
  ])
  func judgesTheTrailer(offset: Int, value: UInt8, kind: FormatError.Kind) {
    var bent = Self.sound
    bent.bytes[bent.trailer + offset] = value
    bent.resealTrailer()
    #expect(TestWave.problem(bent.bytes)?.kind == kind)
  }

  /// Extensions end the table; a tag that is not known is accepted below 0x8000.
  @Test(arguments: [
    ([0x34, 0x12, 2, 0, 0, 0, 7, 8], nil), ([0x34, 0x12, 0, 0, 0, 0, 0x35, 0x12, 0, 0, 0, 0], nil),
    ([0x01, 0x80, 0, 0, 0, 0], FormatError.Kind.unsupportedFeature), ([0x34, 0x12, 3, 0, 0, 0, 7, 8], .malformed),
    ([0x34, 0x12, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0], .malformed), ([1, 0], .malformed),
  ])
  func judgesExtensions(bytes: [UInt8], kind: FormatError.Kind?) {
    let sound = Self.sound
    var longer = sound.bytes
    longer.insert(contentsOf: bytes, at: sound.table.upperBound)
    let trailer = sound.trailer + bytes.count
    func grow<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) {
      longer.put(longer.integer(at: offset, as: type) + Value(bytes.count), at: offset)
    }
    grow(UInt32.self, at: 4)
    grow(UInt32.self, at: sound.table.lowerBound - 4)
    grow(UInt32.self, at: sound.table.lowerBound + 44)
    grow(UInt64.self, at: trailer + 8)
    grow(UInt64.self, at: trailer + 32)
    var wave = WaveBytes(longer)
    wave.reseal()
    #expect(TestWave.problem(wave.bytes)?.kind == kind)
  }

  /// Before a part stand its id and its size, as the table says.
  @Test func partsBeginAsListed() {
    for offset in 12_280..<12_288 { #expect(refused { $0.bytes[offset] ^= 1 } == .damaged) }
    for offset in [4_104, 8_191, 12_287 - 8, 16_383] { #expect(refused { $0.bytes[offset] = 1 } == .damaged) }
  }

  @Test func notesAreRIFFChunksOfOthers() {
    let id = { (text: String, bent: inout WaveBytes) in
      bent.bytes.replaceSubrange(bent.notes..<(bent.notes + 4), with: Array(text.utf8))
    }
    for text in ["abcd", "bext", "LIST", "hwo "] { #expect(refused { id(text, &$0) } == nil) }
    for text in ["RIFF", "RF64", "JUNK", "ds64", "fmt ", "fact", "data", "hwpX", "hwpz"] {
      #expect(refused { id(text, &$0) } == .malformed)
    }
    #expect(refused { $0.bytes[$0.notes + 4] += 2 } == .malformed)
    #expect(refused { $0.bytes[$0.notes + 7] = 0xFF } == .malformed)
    #expect(refused { $0.bytes[$0.table.lowerBound - 5] = UInt8(ascii: "H") } == .malformed)
    #expect(refused { $0.bytes[$0.table.lowerBound - 4] ^= 2 } == .malformed)
  }

  @Test func foreignFilesAreNoContainers() throws {
    let riff = Array("RIFF".utf8) + [36, 0, 0, 0] + Array("WAVEfmt ".utf8) + [UInt8](repeating: 0, count: 5_000)
    var hwp = try TestContainer()
    try hwp.add("a", [1, 2])
    try hwp.finish()
    for bytes in [[], [1], riff, [UInt8](repeating: 0, count: 5_000), hwp.sink.bytes] {
      #expect(TestWave.problem(bytes)?.kind == .notAContainer)
      #expect(!WaveReader.isWave(Array(bytes.prefix(WaveReader.tagByteCount))))
    }
    #expect(WaveReader.isWave(Array(Self.sound.bytes.prefix(WaveReader.tagByteCount))))
    #expect(!WaveReader.isWave(Array(Self.sound.bytes.prefix(WaveReader.tagByteCount - 1))))
    #expect(exercise(Self.sound.bytes)?.kind == .notAContainer)
  }
}
