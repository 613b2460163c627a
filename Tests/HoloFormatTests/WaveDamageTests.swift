import HoloFormat
import HoloModel
import Testing

@Suite struct WaveDamageTests {
  /// A small file with everything in it: samples, two other parts, one of odd length, a directory. `name` makes the table's
  /// length odd or even.
  private func small(name: String = "d") throws -> [UInt8] {
    var header = TestWave.region(name, [1, 2, 3, 4, 5, 6], .u16)
    header.descriptor.header = [7, 8, 9]
    header.descriptor.permissions = 0o644
    return try TestWave.bytes(
      of: [
        TestWave.region("c", [1, 2, 3], component: .configuration), TestWave.region("a", [1, 2, 3, 4], .f32), header,
        TestWave.region("b", [5, 6, 7, 8, 9, 10, 11, 12], .f32), TestWave.region("e", []),
      ], directories: [DirectoryEntry(name: "f", permissions: 0o700)])
  }

  @Test func aSoundFileIsSound() throws {
    var odd: Set<Int> = []
    for name in ["d", "dd"] {
      let bytes = try small(name: name)
      #expect(TestWave.problem(bytes) == nil)
      odd.insert(WaveBytes(bytes).table.count % 2)
    }
    #expect(odd == [0, 1])
  }

  @Test(arguments: ["d", "dd"])
  func everyFlippedBitIsSeen(name: String) throws {
    var bytes = try small(name: name)
    for bit in 0..<(8 * bytes.count) {
      bytes[bit / 8] ^= 1 << (bit % 8)
      let problem = TestWave.problem(bytes)
      #expect(problem != nil && problem?.kind != .inputOutput && problem?.kind != .malformed, "bit \(bit)")
      bytes[bit / 8] ^= 1 << (bit % 8)
    }
  }

  @Test func everyTruncationIsSeen() throws {
    let bytes = try small()
    for count in 0..<bytes.count {
      let error = #expect(throws: FormatError.self, "\(count) bytes") {
        _ = try WaveReader.open(MemorySource(Array(bytes[..<count])), path: "")
      }
      #expect(error?.kind == (count < 102 ? .notAContainer : .truncated), "\(count) bytes")
    }
    #expect(TestWave.problem(bytes + [0])?.kind == .truncated)
  }

  /// What lies between regions, and in them, is looked at only when it is verified; each gap and each chunk is named.
  @Test func damageBesideTheTableIsPlaced() throws {
    var bytes = try small()
    let sound = try WaveReader.open(MemorySource(bytes), path: "")
    let region = try sound.regions.chunk(0, ofRegion: 3).offset
    let other = try sound.regions.chunk(0, ofRegion: 2).offset
    bytes[Int(region) + 3] ^= 1
    for offset in [region - 5, region - 1, other - 1] { bytes[Int(offset)] = 1 }
    let reader = try WaveReader.open(MemorySource(bytes), path: "x.wave")
    let problems = reader.verifyOutside()
    #expect(problems.map(\.offset) == [region - 5, other - 1])
    #expect(problems.allSatisfy { $0.kind == .damaged && $0.path == "x.wave" })
    #expect(throws: FormatError.self) { try reader.bytes(ofRegion: 3) }
    #expect(try reader.bytes(ofRegion: 0) == [1, 2, 3])
  }

  @Test func verificationTellsWhatItReadAndStops() throws {
    let bytes = try small()
    let reader = try WaveReader.open(MemorySource(bytes), path: "")
    var sizes: [UInt64] = []
    _ = reader.verifyOutside { byteCount in
      sizes.append(byteCount)
      return true
    }
    let regions = (0..<reader.regions.count).reduce(0) { $0 + reader.regions[$1].byteCount }
    // Behind the head and before the notes: regions, two times the 8 bytes of a part, zeros.
    #expect(sizes.reduce(0, +) + regions + 16 == UInt64(WaveBytes(bytes).notes - 4_096))
    var calls = 0
    _ = reader.verifyOutside { _ in
      calls += 1
      return false
    }
    #expect(calls == 1 && sizes.count > 1)
  }

  /// A file that becomes shorter, or cannot be read, after it was opened.
  @Test func whatCannotBeReadIsReported() throws {
    let bytes = try small()
    let reader = try WaveReader.open(MemorySource(bytes), path: "")
    #expect(reader.verifyOutside().isEmpty)
    let cut = ShrinkingSource(bytes: bytes, kept: 4_100)
    let opened = try WaveReader.open(cut, path: "x.wave")
    cut.shrink()
    let problems = opened.verifyOutside()
    #expect(!problems.isEmpty && problems.allSatisfy { $0.kind == .truncated && $0.path == "x.wave" })
  }
}

/// Bytes in memory of which a part can go away.
private final class ShrinkingSource: RandomAccessSource {
  private let bytes: MemorySource
  private let kept: MemorySource
  private let count = Counter()

  init(bytes: [UInt8], kept: Int) {
    self.bytes = MemorySource(bytes)
    self.kept = MemorySource(Array(bytes[..<kept]))
  }

  func shrink() { _ = count.next() }

  var byteCount: UInt64 { bytes.byteCount }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
    (count.value == 0 ? bytes : kept).read(into: buffer, at: offset)
  }
}
