import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Damaged blobs are found, never given out, and the other regions come back.
@Suite struct BlobDamageTests {
  private let scratch = ScratchDirectory()

  private func problems(_ name: String, quick: Bool) throws -> [Problem] {
    try Snapshots().verify(snapshots: [scratch.reference(name)], store: "", quick: quick).problems
  }

  @discardableResult
  private func restore(_ name: String, to directory: String) throws -> RestoreReport {
    try Snapshots().restore(
      snapshot: scratch.reference(name), to: scratch.path(directory), options: RestoreOptions())
  }

  /// What is whole of it.
  private func restoreSome(_ name: String, to directory: String) throws -> RestoreReport {
    var options = RestoreOptions()
    options.regions = ["**"]
    return try Snapshots().restore(snapshot: scratch.reference(name), to: scratch.path(directory), options: options)
  }

  @Test("A flipped byte of a frame names its chunk", arguments: [0, 3, 7])
  func flip(chunk: Int) throws {
    var generator = SeededGenerator(seed: 77)
    let state = TestState()
    state.add(.u8, count: 1_000, .noise)
    state.add(blob: "b", generator.bytes(400_000))
    state.add(blob: "other", generator.bytes(400_000))
    var (bytes, _) = try capture(state, backend: .host)
    let map = try ContainerReader.open(MemorySource(bytes), path: "").index()
    #expect(map.regions.chunkCount(ofRegion: 1) > 8)
    let frame = try #require(try map.chunk(UInt64(chunk), ofRegion: 1).frame)
    bytes[Int(frame.offset) + frame.byteCount / 2] ^= 1
    try scratch.write(bytes, to: "x.hwp")
    for quick in [true, false] {
      let found = try problems("x.hwp", quick: quick)
      #expect(found.map(\.region) == ["b"] && found.map(\.chunk) == [UInt64(chunk)])
      #expect(found.map(\.code) == [.damaged])
    }
    let error = #expect(throws: HoloError.self) { try restore("x.hwp", to: "out") }
    #expect(error?.code == .damaged && !scratch.exists("out"))
    let report = try restoreSome("x.hwp", to: "some")
    #expect(report.regions.map(\.name) == [state.regions[0].name, "other"])
    #expect(report.problems.map(\.region) == ["b"] && !scratch.exists("some/b"))
    #expect(try scratch.read("some/other") == state.bytes(of: 2))
  }

  @Test("A piece of which several regions are made is damage of each of them")
  func sharedPiece() throws {
    var generator = SeededGenerator(seed: 78)
    let bytes = generator.bytes(5_000)
    let state = TestState()
    for name in ["one", "two"] { state.add(blob: name, bytes) }
    state.add(blob: "three", generator.bytes(5_000))
    var (container, _) = try capture(state, backend: .host)
    let map = try ContainerReader.open(MemorySource(container), path: "").index()
    let frame = try #require(try map.chunk(0, ofRegion: 1).frame)
    container[Int(frame.offset) + 100] ^= 1
    try scratch.write(container, to: "x.hwp")
    for quick in [true, false] { #expect(try problems("x.hwp", quick: quick).map(\.region) == ["one", "two"]) }
    let report = try restoreSome("x.hwp", to: "some")
    #expect(report.regions.map(\.name) == ["three"])
  }

  @Test("Without an ancestor what it was to give is missing, and what the snapshot has comes back")
  func missingAncestor() throws {
    var generator = SeededGenerator(seed: 79)
    let state = TestState()
    state.add(blob: "old", generator.bytes(300_000))
    state.add(blob: "new", generator.bytes(300_000))
    let chain = DeltaTests.Chain()
    try chain.take(state, over: nil)
    // The first blob has one chunk of its own, and the rest of the base; the second one is new.
    state.replace(0, by: generator.bytes(10) + state.bytes(of: 0))
    state.replace(1, by: generator.bytes(300_000))
    try chain.take(state, over: 0)
    try scratch.write(chain.snapshots[1].bytes, to: "1.hwp")
    let found = try problems("1.hwp", quick: false)
    #expect(found.allSatisfy { $0.code == .missingAncestor } && found.contains { $0.region == "old" })
    #expect(!found.contains { $0.region == "new" })
    let error = #expect(throws: HoloError.self) { try restore("1.hwp", to: "out") }
    #expect(error?.code == .missingAncestor && !scratch.exists("out"))
    let report = try restoreSome("1.hwp", to: "some")
    #expect(report.regions.map(\.name) == ["new"])
    #expect(try scratch.read("some/new") == state.bytes(of: 1))
    #expect(report.problems.map(\.region) == ["old"])
  }

  // MARK: Chunks in the wrong order

  private static let id = [UInt8](1...16).withUnsafeBytes { Digest128($0) }

  /// Writes `base.hwp`, of a blob of two chunks, and `next.hwp`, which says that the same blob is these chunks the other way round, and
  /// has two regions more. Every hash holds but the root.
  private func writeSwapped() throws -> (blob: [UInt8], others: [[UInt8]]) {
    var generator = SeededGenerator(seed: 80)
    let pieces = [generator.bytes(20_000), generator.bytes(20_000)]
    let others = [generator.bytes(100), generator.bytes(30_000)]
    func descriptor(_ name: String, _ bytes: [UInt8]) -> RegionDescriptor {
      RegionDescriptor(
        name: name, component: .memory, elementType: .bytes, shape: [], byteCount: UInt64(bytes.count),
        root: BLAKE3.hash(bytes), chunking: .content, blobVersion: 1)
    }
    func append(_ bytes: [UInt8], to writer: ContainerWriter) throws {
      let encoder = LZ4FrameEncoder(level: .fast)
      let frame = [UInt8](unsafeUninitializedCapacity: LZ4FrameEncoder.frameBound(streamByteCount: bytes.count)) {
        target, count in
        count = bytes.withUnsafeBytes {
          encoder.encode($0, stripes: [.plain($0.count)], into: UnsafeMutableRawBufferPointer(target))
        }
      }
      _ = try frame.withUnsafeBytes {
        try writer.append(
          chunk: BLAKE3.hash(bytes), length: bytes.count, coding: .stored, frame: ($0, BLAKE3.hash($0).short))
      }
    }
    func write(_ name: String, id: Digest128, features: UInt64, _ body: (ContainerWriter) throws -> Void) throws {
      let sink = MemorySink()
      let writer = try ContainerWriter(sink: sink, containerID: id, createdNanoseconds: 1, requiredFeatures: features)
      try body(writer)
      _ = try writer.finish(directories: []) { totals in
        Summary(
          creator: "test", createdNanoseconds: 1, type: "full", series: "s", reason: "test", host: "", priority: 0,
          parent: nil, totals: totals, seconds: 0, backend: "host", device: "")
      }
      try scratch.write(sink.bytes, to: name)
    }
    try write("base.hwp", id: Self.id, features: HWP.Feature.content) { writer in
      try writer.beginRegion(name: "blob", elementType: .bytes, chunking: .content)
      for piece in pieces { try append(piece, to: writer) }
      try writer.endRegion(descriptor("blob", pieces[0] + pieces[1]))
    }
    let features = HWP.Feature.content | HWP.Feature.layers
    try write("next.hwp", id: .random(), features: features) { writer in
      try writer.beginRegion(name: "a", elementType: .bytes, chunking: .content)
      try append(others[0], to: writer)
      try writer.endRegion(descriptor("a", others[0]))
      try writer.beginRegion(name: "blob", elementType: .bytes, chunking: .content)
      for (index, piece) in pieces.enumerated().reversed() {
        try writer.append(
          chunk: BLAKE3.hash(piece), length: piece.count,
          layer: SegmentLayer(coding: .stored, containerID: Self.id, frame: UInt32(1 + index)))
      }
      try writer.endRegion(descriptor("blob", pieces[0] + pieces[1]))
      try writer.beginRegion(name: "z", elementType: .bytes, chunking: .content)
      try append(others[1], to: writer)
      try writer.endRegion(descriptor("z", others[1]))
    }
    return (pieces[0] + pieces[1], others)
  }

  private func expectDamaged(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: HoloError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == .damaged && error?.place.region == "blob", sourceLocation: sourceLocation)
    #expect(error?.message.contains("do not give its checksum") == true, sourceLocation: sourceLocation)
  }

  @Test("Chunks in the wrong order are damage for whoever gives out the region")
  func wrongOrder() throws {
    let (_, others) = try writeSwapped()
    #expect(try problems("base.hwp", quick: false) == [] && problems("next.hwp", quick: true) == [])
    let found = try problems("next.hwp", quick: false)
    #expect(found.map(\.code) == [.damaged] && found.map(\.region) == ["blob"])
    let next = scratch.reference("next.hwp")
    expectDamaged { try restore("next.hwp", to: "out") }
    expectDamaged {
      _ = try Snapshots().convert(next, to: scratch.path("x.wave"), as: .wave, options: CaptureOptions())
    }
    expectDamaged {
      _ = try Snapshots().convert(next, to: scratch.path("x.hwp"), as: .hwp, options: CaptureOptions())
    }
    expectDamaged {
      _ = try Snapshots().merge(next, to: .file(path: scratch.path("x.hwp")), options: CaptureOptions())
    }
    expectDamaged {
      _ = try Snapshots().extract(
        snapshot: next, region: "blob", to: .file(path: scratch.path("x")), options: RestoreOptions())
    }
    #expect(try scratch.names() == ["base.hwp", "next.hwp"])
    let report = try restoreSome("next.hwp", to: "some")
    #expect(report.regions.map(\.name) == ["a", "z"] && report.problems.map(\.region) == ["blob"])
    #expect(report.problems.map(\.code) == [.damaged])
    #expect(try scratch.names(in: "some") == ["a", "z"])
    #expect(try scratch.read("some/a") == others[0] && scratch.read("some/z") == others[1])
  }

  @Test("In memory, too, such a region is not brought back", arguments: TestBackend.available)
  func wrongOrderInMemory(backend: TestBackend) throws {
    _ = try writeSwapped()
    let base = try scratch.read("base.hwp")
    let container = try StoredContainer(
      opening: MemorySource(scratch.read("next.hwp")), path: "next", ancestors: MemoryAncestors([Self.id: base]))
    let buffers = container.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.descriptor.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let outcome = try Restore(options: RestoreOptions()).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: false, backend: backend.make())
    #expect(outcome.complete == [0, 2])
    #expect(outcome.problems.map(\.region) == ["blob"])
    #expect(buffers[1].allSatisfy { $0 == 0 })
  }

  @Test("A region that is read from front to back is not read to its end where its chunks are in the wrong order")
  func regionReader() throws {
    let (blob, _) = try writeSwapped()
    let base = try scratch.read("base.hwp")
    func reader(_ name: String) throws -> RegionReader {
      let container = try StoredContainer(
        opening: MemorySource(scratch.read(name)), path: name, ancestors: MemoryAncestors([Self.id: base]))
      let region = try #require(container.regions.first { $0.descriptor.name == "blob" })
      return try RegionReader(region, of: container, backend: TestBackend.host.make())
    }
    var bytes = [UInt8](repeating: 0, count: 50_000)
    let sound = try reader("base.hwp")
    var count = 0
    while true {
      let end = min(count + 7_777, bytes.count)
      let got = try bytes.withUnsafeMutableBytes {
        try sound.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count..<end]))
      }
      guard got > 0 else { break }
      count += got
    }
    #expect(Array(bytes[..<count]) == blob)
    let wrong = try reader("next.hwp")
    expectDamaged { _ = try bytes.withUnsafeMutableBytes { try wrong.read(into: $0) } }
  }

  @Test("What is left of a container that is cut off is proved by its bytes")
  func salvage() throws {
    let (blob, others) = try writeSwapped()
    func cutOff(_ name: String) throws { try scratch.write(Array(try scratch.read(name).dropLast(10)), to: name) }
    try cutOff("next.hwp")
    let next = try restoreSome("next.hwp", to: "next")
    #expect(next.regions.map(\.name) == ["a", "z"])
    #expect(next.problems.contains { $0.region == "blob" && $0.code == .damaged })
    #expect(try scratch.names(in: "next") == ["a", "z"])
    #expect(try scratch.read("next/z") == others[1])
    try cutOff("base.hwp")
    let base = try restoreSome("base.hwp", to: "base")
    #expect(base.regions.map(\.name) == ["blob"])
    #expect(try scratch.read("base/blob") == blob)
  }
}
