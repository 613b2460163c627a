import HoloEngine
import HoloFormat
import HoloModel
import Testing

/// Containers whose hashes all hold, made by someone who knows the format, and that still break a rule of it.
@Suite struct HostileContainerTests {
  private static let words = 9

  /// A region of zeros, and what proves its one chunk.
  private static func zeros(_ words: Int) throws -> (descriptor: RegionDescriptor, chainingValue: Digest256) {
    let state = TestState()
    state.add(.f32, count: words, .zeros)
    let reader = try ContainerReader.open(MemorySource(capture(state, backend: .host).bytes), path: "")
    let chunks = try reader.index()
    return (chunks.regions[0], try chunks.chunk(0, ofRegion: 0).chainingValue)
  }

  private static func frame(of stream: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: LZ4FrameEncoder.frameBound(streamByteCount: stream.count)) { target, count in
      count = stream.withUnsafeBytes {
        LZ4FrameEncoder(level: .fast).encode(
          $0, stripes: [.plain(stream.count)], into: UnsafeMutableRawBufferPointer(target))
      }
    }
  }

  /// A container of the zeros, in each of these frames anew: only the last one counts.
  private static func container(_ coding: Coding, frames: [[UInt8]], words: Int = words) throws -> [UInt8] {
    let (descriptor, chainingValue) = try zeros(words)
    let sink = MemorySink()
    let writer = try ContainerWriter(sink: sink, containerID: Digest128(), createdNanoseconds: 0)
    try writer.beginRegion(name: descriptor.name, elementType: descriptor.elementType)
    for (index, frame) in frames.enumerated() {
      if index > 0 { try writer.restartRegion() }
      try frame.withUnsafeBytes {
        try writer.append(chunk: chainingValue, coding: coding, frame: ($0, BLAKE3.hash(frame).short))
      }
    }
    try writer.endRegion(descriptor)
    _ = try writer.finish(directories: []) { totals in
      Summary(
        creator: "test", createdNanoseconds: 0, type: "full", series: "", reason: "test", host: "", priority: 0,
        parent: nil, totals: totals, seconds: 0, backend: "host", device: "")
    }
    return sink.bytes
  }

  private static func verify(_ bytes: [UInt8], quick: Bool = false, _ backend: TestBackend = .host) throws -> [Problem]
  {
    try Verification(options: RestoreOptions()).run(
      MemorySource(bytes), path: "memory", quick: quick, backend: backend.make()
    ).problems
  }

  /// Words 0 to count − 1, of which word 0 is zero; then the indices.
  private static func stream(_ indices: [Int], count: Int, isRatio: Bool) -> [UInt8] {
    let bits = Coding.indexBits(count: count)
    var packed = [UInt8](repeating: 0, count: (words * bits + 7) / 8)
    for (place, index) in indices.enumerated() { packed[place * bits / 8] |= UInt8(index << (place * bits % 8)) }
    let dictionary = [UInt8](repeating: 0, count: 3 * count) + (0..<count).map { UInt8($0) }
    return (isRatio ? [] : dictionary) + packed
  }

  @Test(arguments: TestBackend.available, [true, false])
  func anIndexThatNamesNoWordIsDamage(backend: TestBackend, isRatio: Bool) throws {
    for (count, bad) in [(1, 1), (3, 3), (5, 5), (5, 15), (17, 17), (255, 255)] {
      let method = isRatio ? Coding.Method.ratioPalette(count: count, divisor: 255) : .palette(count: count)
      let coding = Coding(width: 4, methods: [method])
      for place in 0..<Self.words {
        var indices = [Int](repeating: 0, count: Self.words)
        indices[place] = bad
        // A decoder that takes the unknown index for 0 finds the checksum right.
        let bytes = try Self.container(
          coding, frames: [Self.frame(of: Self.stream(indices, count: count, isRatio: isRatio))])
        let problems = try Self.verify(bytes, backend)
        #expect(problems.map(\.kind) == ["damaged"], "\(count), \(place)")
        #expect(problems.first?.message.contains("names no word") == true)
        let container = try StoredContainer(opening: MemorySource(bytes), path: "memory")
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * Self.words, alignment: 64)
        defer { memory.deallocate() }
        let outcome = try Restore(options: RestoreOptions()).run(
          container.regions, of: container, into: MemoryTarget([memory]), stopsAtDamage: false, backend: backend.make())
        #expect(outcome.complete == [])
      }
    }
  }

  @Test(arguments: TestBackend.available)
  func bitsAfterTheLastIndexMayBeAnything(backend: TestBackend) throws {
    for count in [1, 3, 5] {
      var stream = Self.stream([], count: count, isRatio: true)
      let used = Self.words * Coding.indexBits(count: count) % 8
      stream[stream.count - 1] = UInt8(truncatingIfNeeded: 0xFF << used)
      let coding = Coding(width: 4, methods: [.ratioPalette(count: count, divisor: 255)])
      #expect(try Self.verify(Self.container(coding, frames: [Self.frame(of: stream)]), backend) == [])
    }
  }

  @Test(arguments: TestBackend.available)
  func bentBinsAreDamage(backend: TestBackend) throws {
    // One bin of one value, which all words have: 4,096 slots, 32 states as they begin, no words.
    let states = [UInt8](repeating: 0, count: 128).indices.map { UInt8($0 % 4 == 2 ? 1 : 0) }
    let sound: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0x10, 0] + states
    func problems(_ stream: [UInt8], words: Int) throws -> [Problem] {
      let coding = Coding(width: 4, methods: [.bins(Bins(mapping: .unsigned, streamByteCount: stream.count))])
      return try Self.verify(Self.container(coding, frames: [Self.frame(of: stream)], words: words), backend)
    }
    let words = 100
    #expect(try problems(sound, words: words) == [])
    for (place, byte) in [(0, 2), (0, 0), (2, 1), (6, 33), (7, 0x0F), (8, 1), (11, 0), (12, 1)] as [(Int, UInt8)] {
      var bent = sound
      bent[place] = byte
      #expect(try problems(bent, words: words).map(\.kind) == ["damaged"], "\(place)")
    }
    for stream in [sound + [0, 0], sound + [0], Array(sound.dropLast()), Array(sound.prefix(2))] {
      #expect(try problems(stream, words: words).map(\.kind) == ["damaged"], "\(stream.count) bytes")
    }
  }

  @Test func framesThatNoChunkNamesAreCheckedToo() throws {
    let zeros = [UInt8](repeating: 0, count: 4 * Self.words)
    let good = Self.frame(of: zeros)
    #expect(try Self.verify(Self.container(.stored, frames: [good, good])) == [])
    for place in [0, 5, 14, good.count - 5, good.count - 1] {
      var bad = good
      bad[place] ^= 0x80
      // The magic is proved with the stored bytes.
      let bytes = try Self.container(.stored, frames: [good, bad, good])
      let problems = try Self.verify(bytes)
      #expect(problems.count == 1, "\(place)")
      #expect(problems.first?.offset == UInt64(64 + good.count))
      #expect(problems.first?.length == UInt64(good.count))
      #expect(try Self.verify(bytes, quick: true).isEmpty == (place != 0))
    }
  }
}
