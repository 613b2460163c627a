import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Testing

/// A state in memory becomes a container in memory and comes back.
@Suite struct RoundTripTests {
  private static let chunk = ChunkGeometry.chunkByteCount
  private static let block = ChunkGeometry.blockByteCount

  /// Element counts around every boundary of a type: none, one, block ± 1, chunk ± 1, batch ± 1.
  private static func counts(_ type: ElementType) -> [Int] {
    let size = type.byteCount
    return [0, 1, 7, 8, 9, block / size - 1, block / size + 1, chunk / size - 1, chunk / size, chunk / size + 1]
  }

  @Test(arguments: ElementType.allCases, TestBackend.available)
  func everyTypeAtEveryBoundary(type: ElementType, backend: TestBackend) throws {
    let state = TestState()
    for count in Self.counts(type) {
      for filling in TestState.Filling.allCases { state.add(type, count: count, filling, seed: UInt64(count + 1)) }
    }
    try expectRoundTrip(state, backend: backend)
  }

  @Test(arguments: TransformMode.allCases, CompressionLevel.allCases)
  func everyTransformAndLevel(transform: TransformMode, level: CompressionLevel) throws {
    let state = mixedState()
    var options = CaptureOptions()
    options.transform = transform
    options.level = level
    try expectRoundTrip(state, backend: .host, options: options)
  }

  @Test(arguments: [1, 2, 3])
  func regionsLargerThanABatch(workers: Int) throws {
    let state = TestState()
    state.add(.f32, count: 40 * Self.chunk / 4 + 1, .smooth)
    state.add(.u8, count: 40 * Self.chunk - 1, .noise)
    var options = CaptureOptions()
    options.workers = workers
    options.memoryLimit = 8 << 20
    try expectRoundTrip(state, backend: .host, options: options)
  }

  @Test func payloadAndTablesAreTheSameForEveryWorkerCountAndBackend() throws {
    let state = mixedState()
    var reference: [UInt8]?
    for backend in TestBackend.available {
      for workers in [1, 2, 3] {
        var options = CaptureOptions()
        options.workers = workers
        options.memoryLimit = workers << 22
        let (bytes, _) = try capture(state, backend: backend, options: options)
        let container = try ContainerReader.open(MemorySource(bytes), path: "memory")
        // From behind the header (which holds the time) to the manifest (which names the backend).
        let tables = Array(bytes[64..<Int(try #require(container.trailer).manifestOffset)])
        #expect(tables == reference ?? tables, "\(backend) with \(workers) workers")
        reference = tables
      }
    }
  }

  @Test func manySmallRegionsShareBatchesAndSegments() throws {
    let state = TestState()
    for index in 0..<5000 { state.add(.bytes, count: index % 50, .noise, seed: UInt64(index)) }
    let (bytes, report) = try capture(state, backend: .host)
    #expect(report.regions.count == 5000)
    let container = try ContainerReader.open(MemorySource(bytes), path: "memory")
    #expect(container.segmentReferences.count == 2)
    try expectRestored(state, bytes, backend: .host)
  }

  @Test func aStateWithoutRegions() throws {
    try expectRoundTrip(TestState(), backend: .host)
  }

  @Test func rootsAreBLAKE3OfTheBytes() throws {
    let state = mixedState()
    let (_, report) = try capture(state, backend: .host)
    for (index, region) in report.regions.enumerated() {
      #expect(region.descriptor.root == BLAKE3.hash(state.bytes(of: index)))
    }
  }

  @Test func ratiosAndZerosAreStoredSmall() throws {
    let state = TestState()
    state.add(.f64, count: Self.chunk / 2, .ratios)
    state.add(.c128, count: Self.chunk, .zeros)
    let (_, report) = try capture(state, backend: .host)
    // A byte a value, and nothing at all.
    #expect(report.regions[0].storedByteCount < UInt64(Self.chunk / 2 + 1000))
    #expect(report.regions[1].storedByteCount == 0)
  }

  @Test(arguments: [ElementType.f32, .f64, .c64, .c128])
  func wordsThatFillNoByteOfABitPlaneCostNothing(type: ElementType) throws {
    let state = TestState()
    for count in 1000...1008 { state.add(type, count: count, .smooth) }
    let (bytes, report) = try capture(state, backend: .host)
    for region in report.regions {
      #expect(region.storedByteCount <= report.regions[8].storedByteCount + 16, "\(region.descriptor.name)")
    }
    #expect(report.regions[8].storedByteCount * 2 < report.regions[8].descriptor.byteCount)
    try expectRestored(state, bytes, backend: .host)
  }

  @Test func aCancelledCaptureThrows() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let error = #expect(throws: HoloError.self) {
      try Capture(options: CaptureOptions()).run(
        mixedState().description, into: MemorySink(), backend: TestBackend.host.make(), cancellation: cancellation)
    }
    #expect(error?.code == .cancelled)
  }

  @Test func progressReachesTheWhole() throws {
    let state = mixedState()
    var last: Progress?
    _ = try Capture(options: CaptureOptions()).run(
      state.description, into: MemorySink(), backend: TestBackend.host.make()
    ) { last = $0 }
    #expect(last?.totalByteCount == state.description.byteCount)
    #expect(last?.doneByteCount == last?.totalByteCount)
  }
}
