import Foundation
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Many regions, and large ones: what is small goes together, and nothing counts in 32 bits.
@Suite struct ScaleTests {
  private static func segmentCount(of path: String) throws -> Int {
    let file = try Syscalls().open(path, O_RDONLY)
    return try ContainerReader.open(FileSource(file), path: path).segmentReferences.count
  }

  @Test(arguments: [ContainerFormat.hwp, .wave]) func tenThousandSmallFilesComeBack(format: ContainerFormat) throws {
    let scratch = ScratchDirectory()
    let fileCount = 10_000
    func name(_ index: Int) -> String { "state/\(index / 100)/\(index).u8" }
    func content(_ index: Int) -> [UInt8] { (0..<(index % 97)).map { UInt8(truncatingIfNeeded: $0 &* index) } }
    for index in 0..<fileCount { try scratch.write(content(index), to: name(index)) }
    let path = scratch.path("out.\(format)")
    let report = try Snapshots().create(
      states: [scratch.path("state")], destination: .file(path: path), format: format, options: CaptureOptions())
    #expect(report.regions.count == fileCount)
    // 4,096 parts a segment are the most (HWP-Format.md, section 12).
    if format == .hwp { #expect(try Self.segmentCount(of: path) == 3) }
    let reference = SnapshotReference(path, store: "")
    #expect(try Snapshots().verify(snapshots: [reference], store: "", quick: false).isSound)
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("back"), options: RestoreOptions())
    for index in 0..<fileCount {
      #expect(try scratch.read(name(index).replacing("state", with: "back", maxReplacements: 1)) == content(index))
    }
  }

  @Test func aThousandRegionsOfMixedTypesComeBack() throws {
    let state = TestState()
    for index in 0..<1_000 {
      let type = ElementType.allCases[index % ElementType.allCases.count]
      let filling = TestState.Filling.allCases[index / ElementType.allCases.count % TestState.Filling.allCases.count]
      state.add(type, count: index % 200, filling, seed: UInt64(index))
    }
    let (bytes, report) = try capture(state, backend: .host)
    #expect(report.regions.count == 1_000)
    #expect(try ContainerReader.open(MemorySource(bytes), path: "").segmentReferences.count == 1)
    try expectRestored(state, bytes, backend: .host)
  }

  /// Zeros that take no memory, captured and verified.
  @Test func aRegionOfMoreThan32BitsIsCapturedAndVerified() throws {
    let count = (4 << 30) + ChunkGeometry.chunkByteCount + 8
    let memory = try #require(
      mmap(nil, count, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), "no address space")
    try #require(memory != MAP_FAILED)
    defer { munmap(memory, count) }
    let region = RegionSource(
      name: "zeros", elementType: .f64, shape: [UInt64(count / 8)],
      memory: UnsafeRawBufferPointer(start: memory, count: count))
    let sink = MemorySink()
    let report = try Capture(options: CaptureOptions()).run(
      StateDescription(regions: [region], series: "test"), into: sink, backend: TestBackend.host.make())
    #expect(report.totals.byteCount == UInt64(count))
    #expect(report.regions[0].storedByteCount == 0)
    // 16,386 chunks.
    #expect(try ContainerReader.open(MemorySource(sink.bytes), path: "").segmentReferences.count == 5)
    let outcome = try Verification(options: RestoreOptions()).run(
      MemorySource(sink.bytes), path: "", quick: false, backend: TestBackend.host.make())
    #expect(outcome.problems == [] && outcome.checkedByteCount == UInt64(count))
  }

  /// Holes are read like anything else, which takes a minute: `make test-large` asks for it.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["HOLOSNAP_TEST_LARGE"] != nil))
  func aSparseFileOf64GiBIsCapturedAndVerified() throws {
    let scratch = ScratchDirectory()
    try scratch.write([], to: "sparse.f32")
    let file = try Syscalls().open(scratch.path("sparse.f32"), O_RDWR)
    try file.truncate(to: 64 << 30)
    try file.close()
    let path = scratch.path("out.hwp")
    let report = try Snapshots().create(
      states: [scratch.path("sparse.f32")], destination: .file(path: path), options: CaptureOptions())
    #expect(report.totals.byteCount == 64 << 30 && report.totals.chunkCount == 262_144)
    #expect(report.storedByteCount < 16 << 20)
    #expect(try Self.segmentCount(of: path) == 64)
    let reference = SnapshotReference(path, store: "")
    #expect(try Snapshots().verify(snapshots: [reference], store: "", quick: false).isSound)
  }
}
