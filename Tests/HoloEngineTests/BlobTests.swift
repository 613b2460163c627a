import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

@testable import HoloEngine

/// Blobs: captured, verified, restored.
@Suite struct BlobTests {
  private static let sizes = [
    0, 1, 1_023, 1_024, 8_191, 8_192, 8_193, 32_768, 131_071, 131_072, 131_073, 262_144, 262_145, 3 << 20 + 5,
  ]

  /// Blobs of every size, of noise and of equal bytes, with a region on the grid between them.
  private static func state(_ generator: inout SeededGenerator) -> TestState {
    let state = TestState()
    for (index, size) in sizes.enumerated() {
      state.add(blob: "noise/\(size)", version: UInt32(index), generator.bytes(size))
      state.add(blob: "zeros/\(size)", version: .max, [UInt8](repeating: 0, count: size))
      if index % 4 == 1 { state.add(.f32, count: 70_000, .smooth) }
    }
    return state
  }

  @Test("They come back, whatever their size", arguments: TestBackend.available)
  func roundTrip(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = Self.state(&generator)
    let (bytes, report) = try capture(state, backend: backend)
    try expectRestored(state, bytes, backend: backend)
    for quick in [true, false] {
      let outcome = try Verification(options: RestoreOptions()).run(
        MemorySource(bytes), path: "memory", quick: quick, backend: backend.make())
      #expect(outcome.problems == [])
    }
    for (index, region) in report.regions.enumerated() {
      #expect(region.descriptor.root == BLAKE3.hash(state.bytes(of: index)))
      #expect(region.descriptor.blobVersion == state.regions[index].blobVersion)
      #expect(region.descriptor.chunking == (region.descriptor.name.contains("f32") ? .grid : .content))
    }
    #expect(try capture(state, backend: .host).report.stateRoot == report.stateRoot)
  }

  @Test("They are cut where the page says", arguments: TestBackend.available)
  func cuts(backend: TestBackend) throws {
    let state = TestState()
    state.add(blob: "b", (0..<400_000).map { UInt8($0 % 251) })
    let (bytes, _) = try capture(state, backend: backend)
    let map = try ContainerReader.open(MemorySource(bytes), path: "").index()
    #expect(try map.chunkByteCounts(ofRegion: 0) == [130_909, 131_022, 131_022, 7_047])
  }

  @Test("They come back as files, and one by one")
  func files() throws {
    var generator = SeededGenerator.announced()
    let state = Self.state(&generator)
    let scratch = ScratchDirectory()
    try scratch.write(try capture(state, backend: .host).bytes, to: "x.hwp")
    let reference = scratch.reference("x.hwp")
    let report = try Snapshots().restore(snapshot: reference, to: scratch.path("out"), options: RestoreOptions())
    #expect(report.problems == [] && report.regions.count == state.regions.count)
    for (index, region) in state.regions.enumerated() {
      #expect(try scratch.read("out/\(region.name)") == state.bytes(of: index), "\(region.name)")
    }
    for size in Self.sizes {
      let name = "noise/\(size)"
      let index = try #require(state.regions.firstIndex { $0.name == name })
      let extracted = try Snapshots().extract(
        snapshot: reference, region: name, to: .file(path: scratch.path("one.\(size)")), options: RestoreOptions())
      #expect(extracted.region.blobVersion == state.regions[index].blobVersion)
      #expect(try scratch.read("one.\(size)") == state.bytes(of: index), "\(name)")
    }
    var options = RestoreOptions()
    options.regions = ["noise/8193"]
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("some"), options: options)
    #expect(try scratch.names(in: "some/noise") == ["8193"])
    #expect(try scratch.read("some/noise/8193") == scratch.read("out/noise/8193"))
  }

  /// Batches of one chunk, more workers than processors: they finish in any order, and deliver in one.
  private static let scattered = {
    var options = RestoreOptions()
    options.workers = 8
    options.memoryLimit = 8 * PipelinePlan.leastMemoryLimit()
    return options
  }()

  @Test("Their roots are right whatever worker is done first", arguments: TestBackend.available)
  func manyWorkers(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(blob: "first", BlobRecords(3_000, &generator).bytes)
    state.add(.f32, count: 300_000, .noise)
    state.add(blob: "second", generator.bytes(2 << 20) + [UInt8](repeating: 1, count: 2 << 20))
    let (bytes, _) = try capture(state, backend: backend)
    let container = try StoredContainer(opening: MemorySource(bytes), path: "memory")
    let buffers = state.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    for _ in 0..<4 {
      for buffer in buffers { buffer.initializeMemory(as: UInt8.self, repeating: 0xEE) }
      let outcome = try Restore(options: Self.scattered).run(
        container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true, backend: backend.make())
      #expect(outcome.complete == [0, 1, 2])
      for (index, buffer) in buffers.enumerated() { #expect(buffer.elementsEqual(state.bytes(of: index))) }
      let verified = try Verification(options: Self.scattered).run(
        MemorySource(bytes), path: "memory", quick: false, backend: backend.make())
      #expect(verified.problems == [])
    }
  }

  /// Asks for a stop, or fails, at one of its reads, and the others go on.
  private final class StoppingSource: RandomAccessSource {
    private let bytes: MemorySource
    private let stop: Int
    private let fails: Bool
    private let reads = Mutex(0)
    let cancellation = Cancellation()

    init(_ bytes: [UInt8], stop: Int, fails: Bool) {
      self.bytes = MemorySource(bytes)
      self.stop = stop
      self.fails = fails
    }

    var readCount: Int { reads.withLock { $0 } }
    var byteCount: UInt64 { bytes.byteCount }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
      let number = reads.withLock { reads in
        reads += 1
        return reads - 1
      }
      if number == stop {
        if fails { throw SystemError(call: .pread, path: "memory", code: 5) }
        cancellation.cancel()
      }
      return bytes.read(into: buffer, at: offset)
    }
  }

  @Test("What stops one worker stops those that wait for it", arguments: [false, true])
  func stops(fails: Bool) throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(blob: "b", generator.bytes(3 << 20))
    let (bytes, _) = try capture(state, backend: .host)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 3 << 20, alignment: 64)
    defer { buffer.deallocate() }
    func restore(_ source: StoppingSource) throws {
      let container = try StoredContainer(opening: source, path: "memory")
      _ = try Restore(options: Self.scattered).run(
        container.regions, of: container, into: MemoryTarget([buffer]), stopsAtDamage: true,
        backend: TestBackend.host.make(), cancellation: source.cancellation)
    }
    let whole = StoppingSource(bytes, stop: .max, fails: false)
    _ = try StoredContainer(opening: whole, path: "memory")
    let first = whole.readCount
    try restore(whole)
    #expect(whole.readCount > 2 * first + 12)
    for stop in [first, first + 1, first + 5, first + 12] {
      let source = StoppingSource(bytes, stop: stop, fails: fails)
      let error = #expect(throws: HoloError.self) { try restore(source) }
      #expect(error?.code == (fails ? .inputOutput : .cancelled), "read \(stop)")
    }
  }
}
