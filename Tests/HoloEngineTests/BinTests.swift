import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import Testing

/// Chunks whose components are in bins.
@Suite struct BinTests {
  private static func methods(_ bytes: [UInt8], region: Int = 0) throws -> [Coding.Method] {
    try ContainerReader.open(MemorySource(bytes), path: "").index().chunk(0, ofRegion: region).coding.methods
  }

  private static func isBins(_ method: Coding.Method) -> Bool { if case .bins = method { true } else { false } }

  @Test(arguments: [ElementType.u16, .i32, .i64, .f32, .f64, .c64, .c128], TestBackend.available)
  func numbersThatAreNearlyAlikeAreInBins(type: ElementType, backend: TestBackend) throws {
    let state = TestState()
    for count in [ChunkGeometry.chunkByteCount / type.byteCount, 3 * ChunkGeometry.chunkByteCount / type.byteCount + 7]
    {
      state.add(type, count: count, .walk, seed: UInt64(count))
    }
    let (bytes, _) = try capture(state, backend: backend)
    #expect(try Self.methods(bytes).allSatisfy(Self.isBins))
    try expectRoundTrip(state, backend: backend)
  }

  @Test(arguments: [ElementType.c64, .c128], TestBackend.available)
  func theOtherComponentMayBeCodedOtherwise(type: ElementType, backend: TestBackend) throws {
    let state = TestState()
    for filling in [TestState.Filling.walkAndZeros, .noiseAndWalk] { state.add(type, count: 20_000, filling) }
    let (bytes, _) = try capture(state, backend: backend)
    #expect(try Self.methods(bytes).map(Self.isBins) == [true, false])
    #expect(try Self.methods(bytes, region: 1).map(Self.isBins) == [false, true])
    try expectRoundTrip(state, backend: backend)
  }

  @Test func aFieldIsTakenByItsNeighbours() throws {
    let state = TestState()
    state.add(.i32, count: 60_000, .plane, shape: [200, 300])
    let (bytes, report) = try capture(state, backend: .host)
    guard case .bins(let bins)? = try Self.methods(bytes).first else {
      Issue.record("not in bins")
      return
    }
    #expect(bins.lags.contains(300))
    #expect(report.regions[0].storedByteCount < 40_000, "a sixth of what it was")
    try expectRoundTrip(state, backend: .host)
  }

  @Test func textAndNoiseAreNot() throws {
    let state = TestState()
    state.add(.bytes, count: 100_000, .text)
    state.add(.f32, count: 100_000, .noise)
    let (bytes, _) = try capture(state, backend: .host)
    #expect(try !Self.methods(bytes).contains(where: Self.isBins))
    #expect(try !Self.methods(bytes, region: 1).contains(where: Self.isBins))
  }
}
