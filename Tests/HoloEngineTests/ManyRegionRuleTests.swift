import Foundation
import FuzzSupport
import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Containers whose hosts and members do not go together (HWP-Format.md, section 7). Every reader says the same of them.
@Suite struct ManyRegionRuleTests {
  /// A region of zeros.
  struct Region: Sendable {
    var name: String
    var byteCount: Int
    var member: RegionMember?
    var fileByteCount: UInt64?
    var header: [UInt8] = []
    var tail: [UInt8] = []

    static func host(_ byteCount: Int, file: UInt64, name: String = "f") -> Region {
      Region(name: name, byteCount: byteCount, fileByteCount: file)
    }

    static func member(_ name: String, _ byteCount: Int, at offset: UInt64, host: String = "f") -> Region {
      Region(name: name, byteCount: byteCount, member: RegionMember(offset: offset, host: host))
    }

    static func plain(_ name: String) -> Region { Region(name: name, byteCount: 3) }

    /// The same without what makes it a host or a member: that stands in the header.
    var disguised: Region {
      var region = self
      region.member = nil
      region.fileByteCount = nil
      region.header = value
      return region
    }

    /// Of the attribute that makes it a host or a member.
    var value: [UInt8] {
      member.map { littleEndian($0.offset) + Array($0.host.utf8) } ?? fileByteCount.map(littleEndian) ?? []
    }
  }

  private static func littleEndian(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// What no writer of ours writes: the attributes come in as headers, and get their tags afterwards.
  private static func unchecked(_ regions: [Region]) throws -> [UInt8] {
    var bytes = try container(regions.map(\.disguised))
    for region in regions where !region.value.isEmpty {
      try retag(1, region.value, as: region.member == nil ? 5 : 4, in: &bytes)
    }
    FuzzParser.hwp.seal(&bytes, repairing: true)
    return bytes
  }

  /// Gives the first attribute of this tag and value another tag; tags are named by their low bytes.
  private static func retag(_ tag: UInt8, _ value: [UInt8], as other: UInt8, in bytes: inout [UInt8]) throws {
    let record = [tag, 0x80] + littleEndian(UInt64(value.count)).prefix(4) + value
    bytes[try #require(bytes.firstRange(of: record)?.lowerBound)] = other
  }

  private static func container(_ regions: [Region]) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try ContainerWriter(sink: sink, containerID: Digest128(), createdNanoseconds: 0)
    for region in regions {
      try writer.beginRegion(name: region.name, elementType: .bytes)
      if region.byteCount > 0 {
        let state = TestState()
        state.add(.bytes, count: region.byteCount, .zeros)
        let chunks = try ContainerReader.open(MemorySource(capture(state, backend: .host).bytes), path: "").index()
        let chunk = try chunks.chunk(0, ofRegion: 0)
        try writer.append(chunk: chunk.chainingValue, coding: chunk.coding, frame: nil)
      }
      try writer.endRegion(
        RegionDescriptor(
          name: region.name, component: .memory, elementType: .bytes, shape: [], byteCount: UInt64(region.byteCount),
          root: BLAKE3.hash([UInt8](repeating: 0, count: region.byteCount)), header: region.header,
          tail: region.tail, member: region.member, fileByteCount: region.fileByteCount))
    }
    _ = try writer.finish(directories: []) { totals in
      Summary(
        creator: "test", createdNanoseconds: 0, type: "full", series: "", reason: "test", host: "", priority: 0,
        parent: nil, totals: totals, seconds: 0, backend: "host", device: "")
    }
    return sink.bytes
  }

  private func verify(_ bytes: [UInt8], quick: Bool) throws -> [Problem] {
    try Verification(options: RestoreOptions()).run(
      MemorySource(bytes), path: "memory", quick: quick, backend: TestBackend.host.make()
    ).problems
  }

  private static let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("HoloFormatTests/Reference/hwp_reader.py").path

  /// What the reader in Python makes of a container: its exit status.
  private func readInPython(_ scratch: ScratchDirectory) throws -> Int32 {
    let program =
      "import runpy, sys; sys.argv = ['', *sys.argv[1:]]; runpy.run_path('\(Self.reader)', run_name='__main__')"
    do { try PythonProgram.run(program, "restore", scratch.path("x.hwp"), scratch.path("python")) } catch let failure
      as PythonProgram.Failure
    { return failure.status }
    return 0
  }

  private func restore(_ scratch: ScratchDirectory) throws {
    _ = try Snapshots().restore(
      snapshot: scratch.reference("x.hwp"), to: scratch.path("back"), options: RestoreOptions()
    )
  }

  /// What a restore says of a malformed container; it and the reader in Python refuse it, and write nothing.
  private func refusal(of bytes: [UInt8]) throws -> HoloError? {
    let scratch = ScratchDirectory()
    try scratch.write(bytes, to: "x.hwp")
    let error = #expect(throws: HoloError.self) { try restore(scratch) }
    #expect(error?.code == .malformed && error?.place.path == scratch.path("x.hwp"))
    #expect(!scratch.exists("back"))
    if PythonProgram.path != nil { #expect(try readInPython(scratch) == 65) }
    return error
  }

  @Test(
    "Sound ones",
    arguments: [
      [.host(5, file: 5)], [.host(0, file: 0)], [.host(5, file: 9), .member("f/a", 4, at: 2)],
      [.member("f/b", 4, at: 9), .plain("f!"), .host(5, file: 13), .member("f/a/c", 4, at: 1)],
      [.host(0, file: 8), .member("f/a", 4, at: 0), .member("f/b", 4, at: 4)],
      [.host(4, file: 4), .member("f/a", 0, at: 0), .member("f/b", 0, at: 4), .member("f/c", 0, at: 4)],
      [.host(0, file: 4), .member("f/a", 0, at: 4), .member("f/b", 4, at: 0), .member("f/c", 0, at: 0)],
    ] as [[Region]])
  func sound(regions: [Region]) throws {
    let bytes = try Self.container(regions)
    for quick in [true, false] { #expect(try verify(bytes, quick: quick) == []) }
    let scratch = ScratchDirectory()
    try scratch.write(bytes, to: "x.hwp")
    try restore(scratch)
    #expect(try Self.unchecked(regions) == bytes)
    let host = try #require(regions.first { $0.fileByteCount != nil })
    #expect(try scratch.read("back/f").count == host.fileByteCount.map(Int.init))
    guard PythonProgram.path != nil else { return }
    #expect(try readInPython(scratch) == 0)
    #expect(try scratch.read("python/f") == scratch.read("back/f"))
  }

  @Test(
    "Malformed ones",
    arguments: [
      ([.member("f/a", 4, at: 2)], "f/a"), ([.plain("e"), .member("f/a", 0, at: 0)], "f/a"),
      ([.host(5, file: 9, name: "g"), .member("f/a", 4, at: 2)], nil),
      ([.host(5, file: 8)], "f"), ([.host(5, file: 10), .member("f/a", 4, at: 2)], "f"),
      ([.host(5, file: 8), .member("f/a", 4, at: 2)], "f"),
      ([.host(5, file: 13), .member("f/a", 4, at: 2), .member("f/b", 4, at: 5)], "f"),
      ([.host(5, file: 13), .member("f/a", 4, at: 2), .member("f/b", 4, at: 2)], "f"),
      ([.host(5, file: 9), .member("f/a", 4, at: 2), .member("f/b", 0, at: 3)], "f"),
      ([.host(5, file: 9), .member("f/a", 4, at: 6)], "f"), ([.host(5, file: 5), .member("f/a", 0, at: 6)], "f"),
      ([.host(5, file: 9), .member("f/a", 4, at: UInt64(Int64.max) - 4)], "f"),
    ] as [([Region], String?)])
  func malformed(regions: [Region], named: String?) throws {
    #expect(throws: FormatError.self) { try Self.container(regions) }
    let bytes = try Self.unchecked(regions)
    let error = try refusal(of: bytes)
    for quick in [true, false] {
      let problems = try verify(bytes, quick: quick)
      #expect(problems.first?.kind == "malformed")
      #expect(problems.first?.message == error?.message)
      if let named { #expect(problems.map(\.region) == [named]) }
    }
  }

  @Test(
    "What a descriptor may not say is not written",
    arguments: [
      .member("g/a", 1, at: 0), .member("f", 1, at: 0), .member("f/", 1, at: 0), .member("fa", 1, at: 0),
      .member("f/a", 1, at: .max), .member("f/a", 2, at: UInt64(Int64.max) - 1), .member("\\/a", 1, at: 0, host: "\\"),
      .member("/a", 1, at: 0, host: ""), .host(2, file: 1), .host(0, file: 1 << 63),
      Region(name: "f", byteCount: 1, fileByteCount: 2, header: [1]),
      Region(name: "f/a", byteCount: 1, member: RegionMember(offset: 0, host: "f"), header: [1]),
      Region(name: "f/a", byteCount: 1, member: RegionMember(offset: 0, host: "f"), fileByteCount: 1),
    ] as [Region])
  func descriptors(region: Region) throws {
    let error = #expect(throws: FormatError.self) { try Self.container([region]) }
    #expect(error?.kind == .invalidInput)
  }

  /// An attribute in the place of a header or a tail of the same value.
  struct Forgery: Sendable {
    var name = "f/a"
    var byteCount = 2
    /// The low bytes of the tags that the header and the tail get.
    var tags: [UInt8]
    var values: [[UInt8]]

    static func member(_ offset: UInt64, _ host: [UInt8], name: String = "f/a") -> Forgery {
      Forgery(name: name, tags: [4], values: [littleEndian(offset) + host])
    }

    static func file(_ value: [UInt8]) -> Forgery { Forgery(tags: [5], values: [value]) }
  }

  private static let f: [UInt8] = [UInt8(ascii: "f")]

  @Test(
    "What a descriptor may not say is not read",
    arguments: [
      .member(0, f, name: "g/a"), .member(0, f, name: "f"), .member(0, f, name: "f/"), .member(0, f, name: "fa"),
      .member(0, Array("f/a".utf8)), .member(0, Array("f/".utf8), name: "f/"), .member(0, []),
      .member(0, Array("f\\".utf8)), .member(0, [0]), .member(0, [0xFF]), .member(0, Array("f\u{1B}".utf8)),
      .member(0, [UInt8](repeating: f[0], count: 4_097)), .member(.max, f), .member(.max - 1, f),
      .member(UInt64(Int64.max) - 1, f), Forgery(tags: [4], values: [[0, 0, 0, 0, 0, 0, 0]]),
      .file([2]), .file([2, 0, 0, 0, 0, 0, 0]), .file(littleEndian(2) + [0]), .file(littleEndian(1)),
      .file(littleEndian(1 << 63)), .file(littleEndian(.max)),
      Forgery(tags: [4, 5], values: [littleEndian(0) + f, littleEndian(2)]),
      Forgery(tags: [1, 5], values: [[1], littleEndian(2)]),
      Forgery(tags: [2, 4], values: [[1], littleEndian(0) + f]),
    ] as [Forgery])
  func forgedDescriptors(forgery: Forgery) throws {
    var region = Region(name: forgery.name, byteCount: forgery.byteCount)
    region.header = forgery.values[0]
    if forgery.values.count > 1 { region.tail = forgery.values[1] }
    var bytes = try Self.container([region, .plain("z")])
    for (index, value) in forgery.values.enumerated() {
      try Self.retag(UInt8(index + 1), value, as: forgery.tags[index], in: &bytes)
    }
    FuzzParser.hwp.seal(&bytes, repairing: true)
    #expect(try refusal(of: bytes)?.place.offset != nil)
    // Neither it nor what is lost with it is said never to have been there.
    let salvage = try StoredContainer(salvaging: MemorySource(bytes), path: "")
    let whole = salvage.regions.map(\.descriptor.name)
    #expect(!whole.contains(forgery.name))
    for name in [forgery.name, "z"] where !whole.contains(name) {
      let lost = #expect(throws: HoloError.self) { try Snapshots.region(named: name, of: salvage) }
      #expect(lost?.code.exitStatus == 65)
    }
  }

  @Test(
    "No region's name leads through another's, except a member's through its host",
    arguments: [
      ([.host(5, file: 5), .plain("f/a")], "f/a"),
      ([.host(5, file: 9), .member("f/a", 4, at: 2), .plain("f/b")], "f/b"),
      ([.host(5, file: 10), .member("f/a", 4, at: 2), .member("f/a/b", 1, at: 0)], "f/a/b"),
      ([.plain("e"), .host(1, file: 2, name: "e/f"), .member("e/f/a", 1, at: 0, host: "e/f")], "e/f"),
    ] as [([Region], String)])
  func contradictions(regions: [Region], named: String) throws {
    let problems = try verify(Self.container(regions), quick: true)
    #expect(problems.map(\.kind) == ["refused"])
    #expect(problems.map(\.region) == [named])
  }

  @Test("A state's root tells where a member lies, and of which host it is")
  func stateRoots() throws {
    let roots = try [
      [.host(5, file: 9), .member("f/a", 4, at: 2)], [.host(5, file: 9), .member("f/a", 4, at: 3)],
      [.plain("f"), .plain("f/a")], [.plain("f")],
      [.host(5, file: 9, name: "f/a"), .member("f/a/b", 4, at: 0, host: "f/a")],
      [.host(5, file: 9), .member("f/a/b", 4, at: 0)], [.host(3, file: 3)],
    ].map { (regions: [Region]) in
      try StoredContainer(opening: MemorySource(Self.container(regions)), path: "").totals.stateRoot
    }
    #expect(Set(roots).count == roots.count)
  }
}
