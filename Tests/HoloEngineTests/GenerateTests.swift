import Glibc
import HoloEngine
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite("Generated states")
struct GenerateTests {
  let scratch = ScratchDirectory()

  @discardableResult
  func generate(
    _ profile: StateGenerator.Profile, _ name: String, byteCount: UInt64 = 1 << 20, seed: UInt64 = 1,
    syscalls: Syscalls = Syscalls()
  ) throws -> StateGenerator.Report {
    try StateGenerator(profile: profile, byteCount: byteCount, seed: seed, syscalls: syscalls)
      .write(to: scratch.path(name))
  }

  /// Every region's name and hash.
  func hashes(_ name: String) throws -> [String: Digest256] {
    var hashes: [String: Digest256] = [:]
    for region in try StateScan.describe([scratch.path(name)]).regions {
      hashes[region.name] = BLAKE3.hash(try scratch.read("\(name)/\(region.name)"))
    }
    return hashes
  }

  @Test("A seed gives the same state again, another seed another", arguments: StateGenerator.Profile.allCases)
  func deterministic(profile: StateGenerator.Profile) throws {
    try generate(profile, "a")
    try generate(profile, "b")
    try generate(profile, "c", seed: 2)
    let first = try hashes("a")
    #expect(try hashes("b") == first)
    #expect(try hashes("c") != first)
  }

  @Test(
    "The bytes of a seed never change",
    arguments: [
      (StateGenerator.Profile.field3d, "psi.c128", "13ab9fc81aa2dc0976859ce66fe66f9c"),
      (.hrr, "memory_matrix.npy", "b75ee32f102ecf06c7fbb0114078a6d2"),
      (.phasor, "phasors.c64", "167c43d402c9ee3f68a08dff9c98e0ba"),
      (.wavefield, "waves.npy", "c3bde465209f061c699dad828ae2f614"),
    ])
  func golden(profile: StateGenerator.Profile, name: String, expected: String) throws {
    try generate(profile, "a", byteCount: 100_000, seed: 42)
    #expect(try hashes("a")[name]?.short.hexadecimal == expected)
  }

  @Test("A state is as large as was asked for", arguments: StateGenerator.Profile.allCases, [1 << 18, 3 << 20])
  func sizes(profile: StateGenerator.Profile, byteCount: UInt64) throws {
    let report = try generate(profile, "a", byteCount: byteCount)
    let state = try StateScan.describe([scratch.path("a")])
    let total = state.regions.reduce(UInt64(0)) { $0 + $1.byteCount + UInt64($1.headerByteCount + $1.tailByteCount) }
    #expect(report.fileCount == state.regions.count)
    #expect(report.byteCount == total)
    #expect(total > byteCount / 10 * 8 && total < byteCount / 10 * 14)
  }

  @Test("Any size makes a state", arguments: StateGenerator.Profile.allCases, [0, 1, 15, 16, 1_000])
  func smallSizes(profile: StateGenerator.Profile, byteCount: UInt64) throws {
    #expect(try generate(profile, "a", byteCount: byteCount).fileCount >= 4)
  }

  @Test("The grid holds byte / 255.0 in its real parts, +0 in the others, and a tail of zeros")
  func field() throws {
    try generate(.field3d, "a")
    let region = try #require(try StateScan.describe([scratch.path("a")]).regions.first { $0.name == "psi.c128" })
    #expect(region.elementType == .c128)
    #expect(region.shape == [40 * 40 * 40])
    let bytes = try scratch.read("a/psi.c128")
    let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    let levels = Set((0..<256).map { (Double($0) / 255).bitPattern })
    let real = stride(from: 0, to: words.count, by: 2).map { words[$0] }
    #expect(real.allSatisfy(levels.contains))
    #expect(stride(from: 1, to: words.count, by: 2).allSatisfy { words[$0] == 0 })
    let zeros = Double(words.count { $0 == 0 }) / Double(words.count)
    #expect(zeros > 0.54 && zeros < 0.60)
    #expect(real.suffix(real.count / 10).allSatisfy { $0 == 0 })
  }

  @Test("Phasors lie on the unit circle, in every direction")
  func phasors() throws {
    try generate(.phasor, "a", byteCount: 80_000)
    let bytes = try scratch.read("a/phasors.c64")
    let points = bytes.withUnsafeBytes { Array($0.bindMemory(to: SIMD2<Float>.self)) }
    #expect(points.count == 10_000)
    #expect(points.allSatisfy { abs(($0 * $0).sum() - 1) < 1e-6 })
    let mean = points.reduce(SIMD2<Float>.zero, +) / Float(points.count)
    #expect(abs(mean.x) < 0.05 && abs(mean.y) < 0.05)
    #expect(Set(points).count > 9_900)
  }

  @Test("Waves are smooth and finite; matrices are finite")
  func waves() throws {
    try generate(.wavefield, "a")
    let file = try scratch.read("a/waves.npy")
    let header = try #require(NumPyHeader(file))
    #expect(header.elementType == .f32 && header.shape == [64, 64, 64])
    let values = file.dropFirst(header.byteCount).withUnsafeBytes { raw in
      (0..<(raw.count / 4)).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    #expect(values.allSatisfy { $0.isFinite && abs($0) < 3 })
    let jumps = (1..<64).filter { abs(values[$0] - values[$0 - 1]) > 0.25 }
    #expect(jumps == [])

    try generate(.hrr, "b")
    let matrix = try scratch.read("b/memory_matrix.npy")
    #expect(NumPyHeader(matrix)?.shape == [64, 1_024])
    #expect(NumPyHeader(matrix)?.byteCount == 128)
  }

  @Test("The mixture has a file of every type, an empty file and an empty directory")
  func mixture() throws {
    try generate(.mixed, "a")
    let state = try StateScan.describe([scratch.path("a")])
    #expect(Set(state.regions.map(\.elementType)) == Set(ElementType.allCases))
    #expect(Set(state.regions.map(\.component)) == Set(Component.allCases))
    #expect(state.regions.contains { $0.headerByteCount > 0 } && state.regions.contains { $0.tailByteCount > 0 })
    #expect(state.regions.contains { $0.byteCount == 0 })
    #expect(state.directories.contains { $0.name == "small/nothing here" && $0.permissions == 0o755 })
  }

  @Test("A directory that holds anything is left alone")
  func existing() throws {
    try scratch.write("mine", to: "a/x")
    let error = #expect(throws: HoloError.self) { try generate(.hrr, "a") }
    #expect(error?.code.exitStatus == 73)
    #expect(try scratch.names(in: "a") == ["x"])
  }

  @Test("A disk that is full leaves nothing of a state")
  func fullDisk() throws {
    let injector = FaultInjector { index, call in
      call.call == .pwrite && call.path.contains("documents") ? .fail(ENOSPC) : .proceed
    }
    let error = #expect(throws: HoloError.self) { try generate(.field3d, "a", syscalls: injector.syscalls) }
    #expect(error?.code.exitStatus == 73)
    #expect(try scratch.names() == [])
  }

  @Test("What no disk has room for is refused before anything is written")
  func noSpace() throws {
    let injector = FaultInjector()
    let generator = StateGenerator(profile: .field3d, byteCount: 1 << 62, seed: 1, syscalls: injector.syscalls)
    let error = #expect(throws: HoloError.self) { try generator.write(to: scratch.path("a")) }
    #expect(error?.code == .cannotCreate && error?.message.contains("no space") == true)
    #expect(!injector.calls.contains { $0.call == .pwrite })
    #expect(try scratch.names() == [])
  }

  @Test("A request to stop is heard, and leaves nothing")
  func cancelled() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let error = #expect(throws: HoloError.self) {
      try StateGenerator(profile: .mixed, byteCount: 1 << 20).write(to: scratch.path("a"), cancellation: cancellation)
    }
    #expect(error?.code == .cancelled)
    #expect(try scratch.names() == [])
  }

  @Test("Numbers are those of the published generators")
  func generator() {
    // xoshiro256** of SplitMix64(0), as the Rust crates rand_xoshiro 0.6 (`seed_from_u64(0)`) gives them.
    var random = Xoshiro256(seed: 0)
    #expect(random.next() == 0x99EC_5F36_CB75_F2B4)
    #expect(random.next() == 0xBF6E_1F78_4956_452A)
  }
}
