import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Bit flips and truncations: always found, never a wrong byte, and what is intact comes back.
@Suite struct DamageTests {
  private static func smallState() -> TestState {
    let state = TestState()
    state.add(.f32, count: 60, .smooth)
    state.add(.f64, count: 20, .ratios)
    state.add(.bytes, count: 50, .text)
    state.add(.c64, count: 9, .zeros)
    state.add(.u8, count: 0, .zeros)
    return state
  }

  private func verify(_ bytes: [UInt8], quick: Bool) throws -> [Problem] {
    try Verification(options: Self.oneWorker).run(
      MemorySource(bytes), path: "memory", quick: quick, backend: TestBackend.host.make()
    ).problems
  }

  private static let oneWorker = {
    var options = RestoreOptions()
    options.workers = 1
    return options
  }()

  @Test func everySingleBitFlipIsFound() throws {
    let (bytes, _) = try capture(Self.smallState(), backend: .host)
    let missed = try (0..<bytes.count * 8).filter { bit in
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      return try verify(flipped, quick: true).isEmpty || verify(flipped, quick: false).isEmpty
    }
    #expect(missed == [], "of \(bytes.count * 8) bits")
  }

  @Test func everyTruncationIsFound() throws {
    let (bytes, _) = try capture(Self.smallState(), backend: .host)
    let missed = try (0..<bytes.count).filter { length in
      let cut = Array(bytes[..<length])
      return try verify(cut, quick: true).isEmpty || verify(cut, quick: false).isEmpty
    }
    #expect(missed == [])
  }

  @Test func bytesPastTheEndAreFound() throws {
    let (bytes, _) = try capture(Self.smallState(), backend: .host)
    #expect(try !verify(bytes + [0], quick: true).isEmpty)
  }

  @Test func aFlippedContainerNeverRestoresAWrongByte() throws {
    let state = Self.smallState()
    let (bytes, _) = try capture(state, backend: .host)
    for position in bytes.indices {
      var flipped = bytes
      flipped[position] ^= UInt8(1 << (position % 8))
      let source = MemorySource(flipped)
      for open in [
        { try StoredContainer(opening: source, path: "memory") },
        { try StoredContainer(salvaging: source, path: "memory") },
      ] {
        guard let container = try? open() else { continue }
        try expectNoWrongByte(container, state, "byte \(position)")
      }
    }
  }

  /// Restores what is offered, and compares what is completed with the original of that name.
  private func expectNoWrongByte(_ container: StoredContainer, _ state: TestState, _ comment: Comment) throws {
    let buffers = container.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.descriptor.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let outcome = try Restore(options: Self.oneWorker).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: false,
      backend: TestBackend.host.make())
    for index in outcome.complete {
      let name = container.regions[index].descriptor.name
      let original = try #require(state.regions.firstIndex { $0.name == name }, comment)
      #expect(Array(buffers[index]) == state.bytes(of: original), comment)
    }
    #expect(outcome.complete.count + Set(outcome.problems.map(\.region)).count == container.regions.count, comment)
  }

  @Test func damagedChunksAreNamedAndTheOthersComeBack() throws {
    let state = TestState()
    let chunk = ChunkGeometry.chunkByteCount
    state.add(.u8, count: 5 * chunk + 7, .noise)
    state.add(.f32, count: chunk, .smooth)
    let (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "memory")
    // Frame 4 holds chunk 3 of the first region: frame 0 is the header.
    let extent = reader.frames.extent(of: 4)
    var damaged = bytes
    damaged[Int(extent.offset) + extent.byteCount / 2] ^= 1

    for quick in [true, false] {
      let problems = try verify(damaged, quick: quick)
      #expect(problems.map(\.region) == [state.regions[0].name])
      #expect(problems.map(\.chunk) == [3])
      #expect(problems.map(\.offset) == [extent.offset])
      #expect(problems.map(\.length) == [UInt64(extent.byteCount)])
    }
    let container = try StoredContainer(opening: MemorySource(damaged), path: "memory")
    try expectNoWrongByte(container, state, "one damaged chunk")
    let buffers = [5 * chunk + 7, 4 * chunk].map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let error = #expect(throws: HoloError.self) {
      try Restore(options: RestoreOptions()).run(
        container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true,
        backend: TestBackend.host.make())
    }
    #expect(error?.code == .damaged)
    #expect(error?.place.chunk == 3)
  }

  @Test func regionsBeforeALostTailAreSalvaged() throws {
    let state = TestState()
    for index in 0..<6000 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    let (bytes, _) = try capture(state, backend: .host)
    let reader = try ContainerReader.open(MemorySource(bytes), path: "memory")
    // Cut inside the second segment: the first one's 4,096 regions are whole.
    let second = reader.frames.extent(of: reader.segmentReferences[1].frame)
    let cut = Array(bytes[..<Int(second.offset + 100)])
    let salvaged = try StoredContainer(salvaging: MemorySource(cut), path: "memory")
    #expect(salvaged.regions.count == 4096)
    #expect(!salvaged.problems.isEmpty)
    try expectNoWrongByte(salvaged, state, "salvaged")
  }

  @Test func placesPastTheLargestNumberArePrinted() {
    let place = HoloError.Place(path: "x", offset: .max, length: .max)
    #expect("\(place)" == "x, \(UInt64.max) bytes at offset \(UInt64.max)")
  }

  @Test func longNamesArePrintedCutInTheMiddle() {
    let name = String(repeating: "a", count: 70) + String(repeating: "é", count: 70)
    let cut = String(repeating: "a", count: 59) + "…" + String(repeating: "é", count: 60)
    #expect("\(HoloError.Place(region: name))" == "region " + cut)
    #expect("\(HoloError.Place(region: String(name.prefix(120))))" == "region " + name.prefix(120))
  }

  @Test func aNameBelowAnotherRegionIsRefusedBeforeAnythingIsWrittenAndIsNotSound() throws {
    let sink = MemorySink()
    let writer = try ContainerWriter(sink: sink, containerID: Digest128(), createdNanoseconds: 0)
    for name in ["a", "a!", "a/b", "a/c", "b/c"] {
      try writer.beginRegion(name: name, elementType: .bytes)
      try writer.endRegion(
        RegionDescriptor(
          name: name, component: .memory, elementType: .bytes, shape: [], byteCount: 0, root: BLAKE3.hash([])))
    }
    _ = try writer.finish(directories: []) { totals in
      Summary(
        creator: "test", createdNanoseconds: 0, type: "full", series: "", reason: "test", host: "", priority: 0,
        parent: nil,
        totals: totals, seconds: 0, backend: "host", device: "")
    }
    let directory = ScratchDirectory()
    try directory.write(sink.bytes, to: "x.hwp")
    let error = #expect(throws: HoloError.self) {
      try Snapshots().restore(
        snapshot: SnapshotReference(directory.path("x.hwp"), store: ""), to: directory.path("back"),
        options: RestoreOptions())
    }
    #expect(error?.code == .refused)
    #expect(!directory.exists("back"))
    for quick in [true, false] {
      let problems = try verify(sink.bytes, quick: quick)
      #expect(problems.map(\.kind) == ["refused"])
      #expect(problems.first?.message == error?.message)
      #expect(problems.first?.region == "a/b")
    }
  }

  @Test func anotherFileIsNotAContainer() throws {
    for bytes in [[], [1, 2, 3], Array(repeating: UInt8(0), count: 1000)] as [[UInt8]] {
      let problems = try verify(bytes, quick: false)
      #expect(problems.map(\.kind) == ["notAContainer"])
    }
  }

  @Test func aNewerVersionIsSaidToBeNewer() throws {
    var (bytes, _) = try capture(Self.smallState(), backend: .host)
    bytes[16] = 2
    #expect(try verify(bytes, quick: false).map(\.kind) == ["unsupportedVersion"])
  }
}
