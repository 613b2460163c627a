import Glibc
import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Files that become several regions: what is found in them, and how they come back.
@Suite struct ManyRegionFileTests {
  private typealias Tensor = ManyRegionState.Tensor
  private let state = ManyRegionState()

  private func names() throws -> [String] {
    try StateScan.describe([state.scratch.path("state")]).regions.map(\.name)
  }

  private func expectRoundTrip(_ files: [String], backend: BackendChoice = .host) throws {
    var options = CaptureOptions()
    options.backend = backend
    try state.create(options)
    #expect(try state.verify() == [])
    try state.restore(backend: backend)
    for file in files {
      #expect(try state.scratch.read("back/\(file)") == state.scratch.read("state/\(file)"), "\(file)")
    }
  }

  @Test(arguments: TestBackend.available) func lengthsAroundAChunkComeBack(backend: TestBackend) throws {
    let chunk = ChunkGeometry.chunkByteCount
    let lengths = [chunk, 0, 1, chunk - 1, chunk + 1, 2 * chunk, 0, 4_095]
    try state.write(lengths.enumerated().map { Tensor(name: "t\(lengths.count - $0)", byteCount: $1) })
    try expectRoundTrip(["m.safetensors"], backend: backend == .host ? .host : .opencl)
    #expect(try state.restore(["m.safetensors/*"], to: "single").regions.count == lengths.count)
    let file = try state.scratch.read("state/m.safetensors")
    var offset = file.count - lengths.reduce(0, +)
    for (index, length) in lengths.enumerated() {
      let bytes = Array(file[offset..<(offset + length)])
      #expect(try state.scratch.read("single/m.safetensors/t\(lengths.count - index)") == bytes)
      #expect(try state.extract("m.safetensors/t\(lengths.count - index)") == bytes)
      offset += length
    }
  }

  @Test func aHostAndItsMembersStandTogetherByName() throws {
    try state.write([Tensor(name: "b", byteCount: 2), Tensor(name: "a/c", byteCount: 1)])
    for name in ["m.safetensors-old", "m.safetensors2", "m", "m.safetensor"] {
      try state.scratch.write(name, to: "state/\(name)")
    }
    #expect(
      try names() == [
        "m", "m.safetensor", "m.safetensors", "m.safetensors/a/c", "m.safetensors/b", "m.safetensors-old",
        "m.safetensors2",
      ])
    try expectRoundTrip(["m.safetensors", "m", "m.safetensors-old", "m.safetensors2"])
  }

  @Test func tensorsWhoseNamesAreNoFilesStayInTheHost() throws {
    let odd = [
      "", "/abs", "a//b", "..", "../x", "a/../b", ".", "a/.", "x/", "nul\\u0000", String(repeating: "n", count: 4_096),
    ]
    try state.write(odd.map { Tensor(name: $0, byteCount: 3) } + [Tensor(name: "w", byteCount: 5)])
    #expect(try names() == ["m.safetensors", "m.safetensors/w"])
    try expectRoundTrip(["m.safetensors"])
  }

  @Test func aTensorThatWouldNeedAnotherAsADirectoryStaysInTheHost() throws {
    let tensors = ["w/x/y", "w/x", "w!", "w", "v/w", "w/z", "back\\\\slash"]
    try state.write(tensors.map { Tensor(name: $0, byteCount: 3) })
    let found = try names()
    #expect(found == ["", "/back\\\\slash", "/v/w", "/w", "/w!"].map { "m.safetensors" + $0 })
    try expectRoundTrip(["m.safetensors"])
    #expect(try state.restore(["m.safetensors/**"], to: "single").regions.count == 4)
    #expect(state.scratch.exists("single/m.safetensors/back\\slash"))
  }

  @Test func whatIsMalformedOrHasNoMemberIsBytes() throws {
    let whole = ManyRegionState.safetensors([Tensor(name: "w", byteCount: 9)])
    try state.scratch.write(Array(whole.dropLast()), to: "state/cut.safetensors")
    try state.scratch.write([], to: "state/empty.safetensors")
    try state.write([], to: "none.safetensors")
    try state.scratch.write(whole, to: "state/named.otherwise")
    try state.scratch.write(Array("PK".utf8), to: "state/short.npz")
    try state.scratch.write(ZipArchive([.init(name: "a.txt", data: [1, 2])]).bytes, to: "state/text.npz")
    let regions = try StateScan.describe([state.scratch.path("state")]).regions
    #expect(regions.count == 6)
    #expect(regions.allSatisfy { $0.elementType == .bytes && $0.member == nil && $0.fileByteCount == nil })
  }

  @Test func onlyStoredArraysOfAnArchiveAreMembers() throws {
    let array = StateTypeTests.npy("<f4", "(2, 3)", data: 24)
    let members: [ZipArchive.Member] = [
      .init(name: "z.npy", data: array), .init(name: "text.txt", data: array), .init(name: ".npy", data: array),
      .init(name: "object.npy", data: StateTypeTests.npy("|O", "(2,)", data: 16)),
      .init(name: "short.npy", data: Array(array.dropLast())), .init(name: "long.npy", data: array + [1, 2, 3]),
      .init(name: "a/b.npy", data: array), .init(name: "empty.npy", data: StateTypeTests.npy("<f8", "(0,)", data: 0)),
      .init(
        name: "f.npy",
        data: StateTypeTests.npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3)}", data: 12)),
    ]
    try state.scratch.write(ZipArchive(members).bytes, to: "state/d.npz")
    let regions = try StateScan.describe([state.scratch.path("state")]).regions
    #expect(
      regions.map(\.name) == ["", "/a/b", "/empty", "/f", "/long", "/z"].map { "d.npz" + $0 })
    #expect(regions.map(\.elementType) == [.bytes, .f32, .f64, .i16, .f32, .f32])
    #expect(regions.map(\.shape) == [[], [2, 3], [0], [3, 2], [2, 3], [2, 3]])
    try expectRoundTrip(["d.npz"])
  }

  @Test func tenThousandTensorsComeBack() throws {
    // Their order in the file is not that of their names.
    try state.write((0..<10_000).map { Tensor(name: "t\($0 * 7_919 % 10_000)", byteCount: $0 % 9) })
    try expectRoundTrip(["m.safetensors"])
    let opened = try StoredContainer(opening: MemorySource(state.scratch.read("x.hwp")), path: "x")
    #expect(opened.regions.count == 10_001)
  }

  @Test func theFileIsOpenedOnceForAllOfIts10000Tensors() throws {
    try state.write((0..<10_000).map { Tensor(name: "t\($0)", byteCount: 1) })
    let calls = FaultInjector()
    try state.create(snapshots: Snapshots(syscalls: calls.syscalls))
    // Once for its header, once for its bytes.
    #expect(calls.calls.count { $0.call == .openat && $0.path.hasSuffix("/m.safetensors") } == 2)
  }

  @Test func aHostThatIsSelectedBringsItsMembersAndAMemberComesAlone() throws {
    try state.write([Tensor(name: "b", byteCount: 300_000), Tensor(name: "a", byteCount: 5)])
    try state.scratch.write("text", to: "state/other.txt")
    chmod(state.scratch.path("state/m.safetensors"), 0o640)
    try state.create()
    for glob in ["m.safetensors", "*.safetensors", "m.safetensors/", "**"] {
      let target = "back-\(glob.utf8.reduce(0) { $0 &* 31 &+ Int($1) })"
      try state.restore([glob], to: target)
      #expect(try state.scratch.read("\(target)/m.safetensors") == state.scratch.read("state/m.safetensors"), "\(glob)")
    }
    let report = try state.restore(["m.safetensors/a"], to: "single")
    #expect(report.regions.map(\.name) == ["m.safetensors/a"])
    #expect(report.byteCount == 5)
    #expect(try state.scratch.read("single/m.safetensors/a").count == 5)
    let (whole, alone) = (
      try Syscalls().status(state.scratch.path("state/m.safetensors")),
      try Syscalls().status(state.scratch.path("single/m.safetensors/a"))
    )
    #expect(alone.permissions == 0o640)
    #expect(
      alone.modifiedSeconds == whole.modifiedSeconds && alone.modifiedNanoseconds == whole.modifiedNanoseconds)
  }

  @Test func aDirectoryOfAnotherStateWithTheFilesNameIsRefused() throws {
    try state.write([Tensor(name: "w", byteCount: 1)])
    try state.scratch.write("x", to: "other/m.safetensors/w")
    let error = #expect(throws: HoloError.self) {
      try StateScan.describe([state.scratch.path("state"), state.scratch.path("other")])
    }
    #expect(error?.code == .usage)
    try state.scratch.write("x", to: "third/m.safetensors.d/w")
    #expect(try StateScan.describe([state.scratch.path("state"), state.scratch.path("third")]).regions.count == 3)
  }

  @Test func aFileNamedItselfAndAMemberOfASubdirectoryBearTheWholeName() throws {
    try state.write([Tensor(name: "w", byteCount: 1)], to: "index/m.safetensors")
    let below = try StateScan.describe([state.scratch.path("state")]).regions
    #expect(below.map(\.name) == ["index/m.safetensors", "index/m.safetensors/w"])
    #expect(below.allSatisfy { $0.component == .index })
    let named = try StateScan.describe([state.scratch.path("state/index/m.safetensors")]).regions
    #expect(named.map(\.name) == ["m.safetensors", "m.safetensors/w"])
  }

  @Test func aDifferenceShowsWhereAMemberMoved() throws {
    try state.write([Tensor(name: "a", byteCount: 3), Tensor(name: "w", byteCount: 4)])
    try state.create()
    try state.scratch.write(try state.scratch.read("x.hwp"), to: "old.hwp")
    unlink(state.container)
    try state.write([Tensor(name: "w", byteCount: 4), Tensor(name: "a", byteCount: 3)])
    try state.create()
    let difference = try Snapshots().difference(
      from: SnapshotReference(state.scratch.path("old.hwp"), store: ""), to: state.reference, options: RestoreOptions())
    #expect(!difference.isSameState)
    #expect(difference.regions.map { $0.attributes.contains("member") } == [false, true, true])
    #expect(difference.regions.allSatisfy { $0.kind == .changed })
  }

  @Test func theStateStaysTheSameInAWave() throws {
    try state.write([Tensor(name: "b", byteCount: 300_000), Tensor(name: "a", byteCount: 0)])
    try state.scratch.write(StateTypeTests.npy("<f4", "(500,)", data: 2_000), to: "state/n.npy")
    let whole = ZipArchive([.init(name: "z.npy", data: StateTypeTests.npy("<f4", "(2, 3)", data: 24))])
    try state.scratch.write(whole.bytes, to: "state/d.npz")
    let report = try Snapshots().create(
      states: [state.scratch.path("state")], destination: .file(path: state.scratch.path("x.wave")), format: .wave,
      options: CaptureOptions())
    _ = try Snapshots().convert(
      SnapshotReference(state.scratch.path("x.wave"), store: ""), to: state.container, as: .hwp,
      options: CaptureOptions())
    for name in ["x.wave", "x.hwp"] {
      let reference = SnapshotReference(state.scratch.path(name), store: "")
      let opened = try Snapshots().inspect(snapshot: reference)
      #expect(opened.totals.stateRoot.hexadecimal == report.stateRoot)
      #expect(try Snapshots().verify(snapshots: [reference], store: "", quick: false).problems == [])
      _ = try Snapshots().restore(
        snapshot: reference, to: state.scratch.path("back.\(name)"), options: RestoreOptions())
      for file in ["m.safetensors", "d.npz", "n.npy"] {
        #expect(try state.scratch.read("back.\(name)/\(file)") == state.scratch.read("state/\(file)"))
      }
    }
  }
}
