import HoloCompute
import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Blobs in the other format, which cuts nothing by its content.
@Suite struct BlobConvertTests {
  private let scratch = ScratchDirectory()

  private static func state(_ generator: inout SeededGenerator) -> TestState {
    let state = TestState()
    state.add(blob: "records", version: 3, BlobRecords(700, &generator).bytes)
    state.add(.c128, count: 40_000, .smooth)
    for size in [0, 1, 8_192, 262_145] { state.add(blob: "size/\(size)", version: 0, generator.bytes(size)) }
    state.add(.u8, count: 300_000, .noise)
    state.add(blob: "zeros", version: .max, [UInt8](repeating: 0, count: 600_000))
    return state
  }

  private func convert(
    _ name: String, to other: String, as format: ConversionFormat, _ backend: TestBackend, memoryLimit: Int? = nil
  ) throws -> ConvertReport {
    var options = CaptureOptions()
    options.backend = backend == .host ? .host : .opencl
    if let memoryLimit {
      options.memoryLimit = memoryLimit
      options.workers = 3
    }
    return try Snapshots().convert(scratch.reference(name), to: scratch.path(other), as: format, options: options)
  }

  private func chunkings(_ name: String) throws -> [Chunking] {
    try StoredContainer(opening: MemorySource(scratch.read(name)), path: name).regions.map(\.descriptor.chunking)
  }

  private func lengths(_ name: String) throws -> [[Int]] {
    let map = try ContainerReader.open(MemorySource(scratch.read(name)), path: name).index()
    return try map.regions.indices.map(map.chunkByteCounts(ofRegion:))
  }

  @Test(
    "There and back the state is the same, and cut as it was", arguments: TestBackend.available,
    [nil, PipelinePlan.leastMemoryLimit()])
  func thereAndBack(backend: TestBackend, memoryLimit: Int?) throws {
    var generator = SeededGenerator.announced()
    let state = Self.state(&generator)
    let (bytes, report) = try capture(state, backend: backend)
    try scratch.write(bytes, to: "a.hwp")
    let there = try convert("a.hwp", to: "b.wave", as: .wave, backend, memoryLimit: memoryLimit)
    let back = try convert("b.wave", to: "c.hwp", as: .hwp, backend, memoryLimit: memoryLimit)
    let again = try convert("c.hwp", to: "d.hwp", as: .hwp, backend, memoryLimit: memoryLimit)
    #expect([there, back, again].map(\.stateRoot) == Array(repeating: report.stateRoot, count: 3))
    #expect(try chunkings("b.wave").allSatisfy { $0 == .grid })
    let expected: [Chunking] = state.regions.map(\.chunking)
    for name in ["b.wave", "c.hwp", "d.hwp"] {
      let bytes = try scratch.read(name)
      try expectRestored(state, bytes, backend: backend)
      let container = try StoredContainer(opening: MemorySource(bytes), path: name)
      #expect(container.regions.map(\.descriptor.blobVersion) == state.regions.map(\.blobVersion))
      guard name != "b.wave" else { continue }
      #expect(try chunkings(name) == expected)
      #expect(try lengths(name) == lengths("a.hwp"))
    }
    #expect(try Snapshots().verify(snapshots: [scratch.reference("b.wave")], store: "", quick: false).problems == [])
  }

  @Test("A capture into a .wave has them on the grid", arguments: TestBackend.available)
  func captureIntoWave(backend: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let state = Self.state(&generator)
    let sink = MemorySink()
    let report = try Capture(options: CaptureOptions()).run(
      state.description, as: .wave, into: sink, createdNanoseconds: 1, backend: backend.make())
    #expect(try report.stateRoot == capture(state, backend: backend).report.stateRoot)
    #expect(report.regions.allSatisfy { $0.descriptor.chunking == .grid })
    try expectRestored(state, sink.bytes, backend: backend)
  }

  @Test("A blob that another writer left on the grid is cut by its content")
  func blobOnTheGrid() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(.bytes, named: "b", generator.bytes(500_000))
    let sink = MemorySink()
    var source = state.regions[0]
    source.blobVersion = 6
    let report = try Capture(options: CaptureOptions()).run(
      StateDescription(regions: [source], series: "test"), into: sink, backend: TestBackend.host.make())
    try scratch.write(sink.bytes, to: "a.hwp")
    #expect(try chunkings("a.hwp") == [.grid])
    let converted = try convert("a.hwp", to: "b.hwp", as: .hwp, .host)
    #expect(converted.stateRoot == report.stateRoot)
    #expect(try chunkings("b.hwp") == [.content])
    try expectRestored(state, try scratch.read("b.hwp"), backend: .host)
  }

  @Test("An incremental goes into a .wave whole")
  func incremental() throws {
    var generator = SeededGenerator.announced()
    var records = BlobRecords(400, &generator)
    let state = TestState()
    state.add(blob: "records", records.bytes)
    let chain = DeltaTests.Chain()
    try chain.take(state, over: nil)
    records.insert(at: 7, &generator)
    state.replace(0, by: records.bytes)
    let report = try chain.take(state, over: 0)
    try chain.write(to: scratch)
    #expect(try convert("1.hwp", to: "1.wave", as: .wave, .host).stateRoot == report.stateRoot)
    try expectRestored(state, try scratch.read("1.wave"), backend: .host)
  }
}
