import Foundation
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// What other programs make of a `.wave`. Each test is skipped where its program is not installed.
@Suite struct WaveExternalToolTests {
  private static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Reference/wave_reader.py").path

  /// Every kind of region; samples of each exponent, NaNs with payloads, infinities and −0.0 among them.
  private static func state(_ type: ElementType?) -> [TestWave.Content] {
    var generator = SeededGenerator(seed: 31)
    var state = [
      TestWave.region("text", Array("text text\n".utf8)),
      TestWave.region("index/a", generator.bytes(300_001), component: .index),
      TestWave.region("config/b", [1], component: .configuration),
      TestWave.region("statistics/c", generator.bytes(4_096), .u64, component: .statistics),
      TestWave.region("meta/d", [], component: .metadata), TestWave.region("half", generator.bytes(6), .bf16),
    ]
    if let type {
      let special: [UInt64] = [
        0x7FF8_0000_0000_0001, 0xFFF0_0000_DEAD_BEEF, 0x7FF0_0000_0000_0000, 1 << 63, 0x7FC0_0001_FF80_1234,
        0x7F80_0000_8000_0000,
      ]
      let bytes = special.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
      state.insert(TestWave.region("field", bytes + generator.bytes(1 << 20), type), at: 1)
      state.append(TestWave.region("ä/small", generator.bytes(16), type, component: .index))
      state.append(TestWave.region("last", generator.bytes(5_008), type))
    }
    return state
  }

  /// A file of the state, and what its `data` holds.
  private func withWave(_ type: ElementType?, _ body: (_ path: String, _ samples: [UInt8]) throws -> Void) throws {
    let directory = ScratchDirectory()
    let bytes = try TestWave.bytes(
      of: Self.state(type), directories: [DirectoryEntry(name: "empty")], partByteLimit: 512 << 10)
    try directory.write(bytes, to: "a.wave")
    let count = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4_092, as: UInt32.self) }
    let samples = Array(bytes[4_096..<(4_096 + Int(count))])
    try directory.write(samples, to: "samples")
    try body(directory.path("a.wave"), samples)
  }

  /// Compares bytes, so that NaNs count too. argv: the file, the samples, the type of a word, the channels.
  private static let comparison = """
    import sys, warnings
    import numpy
    path, raw, word, channels = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    expected = numpy.fromfile(raw, word).reshape(-1, channels)

    """

  @Test(.enabled(if: OutsideProgram.imports("soundfile, numpy")), arguments: [ElementType.f32, .f64, .c64, .c128, nil])
  func soundfileReadsEverySample(type: ElementType?) throws {
    try compare(
      type,
      """
      import soundfile
      found, rate = soundfile.read(path, dtype={"f4": "float32", "f8": "float64"}[word], always_2d=True)
      information = soundfile.info(path)
      assert information.subtype == {"f4": "FLOAT", "f8": "DOUBLE"}[word], information
      assert rate == 48000 and found.shape == expected.shape, (rate, found.shape, expected.shape)
      assert found.tobytes() == expected.tobytes()
      """)
  }

  @Test(
    .enabled(if: OutsideProgram.imports("scipy.io.wavfile, numpy")),
    arguments: [ElementType.f32, .f64, .c64, .c128, nil])
  func scipyReadsEverySample(type: ElementType?) throws {
    try compare(
      type,
      """
      import scipy.io.wavfile
      warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
      rate, found = scipy.io.wavfile.read(path)
      assert rate == 48000 and found.dtype == expected.dtype, (rate, found.dtype)
      assert found.reshape(-1, channels).tobytes() == expected.tobytes()
      """)
  }

  private func compare(_ type: ElementType?, _ program: String) throws {
    let shown = type ?? .f32
    try withWave(type) { path, samples in
      #expect(samples.count > (type == nil ? 0 : 1 << 20))
      let result = try OutsideProgram.run([
        OutsideProgram.python, "-c", Self.comparison + program, path,
        URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("samples").path,
        shown.wordByteCount == 4 ? "f4" : "f8", String(shown.componentCount),
      ])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test(.enabled(if: OutsideProgram.has("soxi")), arguments: [ElementType.f32, .f64, .c64, .c128, nil])
  func soxKnowsItsForm(type: ElementType?) throws {
    let shown = type ?? .f32
    try withWave(type) { path, samples in
      for (option, expected) in [
        ("-c", shown.componentCount), ("-r", 48_000), ("-b", 8 * shown.wordByteCount),
        ("-s", samples.count / shown.byteCount),
      ] {
        let result = try OutsideProgram.run(["soxi", option, path])
        #expect(result.status == 0 && result.output == "\(expected)\n", "\(option): \(result.output)")
      }
      #expect(try OutsideProgram.run(["soxi", "-e", path]).output == "Floating Point PCM\n")
    }
  }

  @Test(.enabled(if: OutsideProgram.has("ffprobe")), arguments: [ElementType.f32, .f64, .c64, .c128, nil])
  func ffprobeKnowsItsForm(type: ElementType?) throws {
    let shown = type ?? .f32
    try withWave(type) { path, samples in
      let result = try OutsideProgram.run([
        "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels,duration_ts:format_tags=encoder,title",
        "-of", "default=noprint_wrappers=1", path,
      ])
      #expect(result.status == 0)
      let lines = Set(result.output.split(separator: "\n").map(String.init))
      let expected: Set = [
        "codec_name=pcm_f\(8 * shown.wordByteCount)le", "channels=\(shown.componentCount)",
        "duration_ts=\(samples.count / shown.byteCount)", "TAG:encoder=tests 1", "TAG:title=core",
      ]
      #expect(lines == expected)
    }
  }

  /// The reader that was written from WAVE-Format.md alone, in Python.
  @Test(.enabled(if: OutsideProgram.imports("lz4.block, lz4.frame, blake3")), arguments: [ElementType.f32, .c128, nil])
  func theReferenceReaderRestoresIt(type: ElementType?) throws {
    try withWave(type) { path, _ in
      let target = path + ".out"
      let result = try OutsideProgram.run([OutsideProgram.python, Self.reference, "restore", path, target])
      #expect(result.status == 0, "\(result.output)")
      for (index, region) in Self.state(type).enumerated() {
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: "\(target)/\(index)"))) == region.bytes)
      }
    }
  }

  /// It refuses what this reader refuses.
  @Test(.enabled(if: OutsideProgram.imports("lz4.block, lz4.frame, blake3")))
  func theReferenceReaderSeesDamage() throws {
    let sound = WaveBytes(try TestWave.bytes(of: [TestWave.region("a", [1, 2, 3]), TestWave.region("b", [1, 2, 3])]))
    let directory = ScratchDirectory()
    func status(_ bend: (inout WaveBytes) -> Void) throws -> Int32 {
      var bent = sound
      bend(&bent)
      #expect((TestWave.problem(bent.bytes) == nil) == (bent.bytes == sound.bytes))
      try directory.write(bent.bytes, to: "x.wave")
      return try OutsideProgram.run([OutsideProgram.python, Self.reference, "verify", directory.path("x.wave")]).status
    }
    #expect(try status { _ in } == 0)
    for offset in [
      0, 5, 20, 4_000, 4_096, 4_100, 4_104, 8_192, 8_200, sound.notes, sound.table.lowerBound, sound.trailer,
    ] {
      #expect(try status { $0.bytes[offset] ^= 4 } == 65, "\(offset)")
    }
    // Two regions in one place, two of one name, a part of another kind; with every hash right.
    for bend in [
      { $0.bytes.put(UInt64(8_192), at: $0.runs + 16) }, { $0.bytes[$0.records + 13 + 46 + 12] = UInt8(ascii: "a") },
      { $0.bytes[$0.parts + 19] = UInt8(ascii: "I") },
    ] as [(inout WaveBytes) -> Void] {
      let found = try status { bent in
        bend(&bent)
        bent.reseal()
      }
      #expect(found == 65)
    }
  }
}
