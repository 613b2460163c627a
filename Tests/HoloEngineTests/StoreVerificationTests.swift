import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Verification of files and stores: what weighs most, and what to do instead.
@Suite struct StoreVerificationTests {
  private let scratch = ScratchDirectory()
  private var store: String { scratch.path("store") }

  init() throws {
    try scratch.makeDirectory("store")
    for (series, names) in [("s", ["a", "b"]), ("t", ["c"])] {
      try scratch.write([UInt8](repeating: 7, count: 5_000), to: "\(series)/x.u8")
      for name in names {
        var options = CaptureOptions()
        options.backend = .host
        options.transform = .none
        _ = try Snapshots().create(
          states: [scratch.path(series)], destination: .file(path: store + "/\(name).hwp"), options: options)
      }
    }
  }

  private func damage(_ name: String) throws {
    var bytes = try scratch.read("store/\(name).hwp")
    bytes[80] ^= 1
    try scratch.write(bytes, to: "store/\(name).hwp")
  }

  private func verify(_ names: [String] = [], unreadable: String? = nil) throws -> VerificationReport {
    let injector = FaultInjector { _, call in
      call.call == .open && unreadable.map { call.path.hasSuffix($0) } == true ? .fail(EACCES) : .proceed
    }
    return try Snapshots(syscalls: injector.syscalls).verify(
      snapshots: names.map { SnapshotReference("\(store)/\($0).hwp", store: store) }, store: store, quick: false)
  }

  @Test(arguments: [[], ["a", "b", "c"]])
  func aFileThatCannotBeReadIsNamedAndTheOthersAreChecked(names: [String]) throws {
    let report = try verify(names, unreadable: "/b.hwp")
    #expect(report.problems.map(\.path) == ["\(store)/b.hwp"])
    #expect(report.problems.map(\.kind) == ["refused"])
    #expect(report.problems.exitStatus == 77)
    #expect(report.checkedByteCount == 10_000)
    #expect(try verify(["b"], unreadable: "/b.hwp").problems.exitStatus == 77)
  }

  @Test(arguments: [[], ["a", "b", "c"], ["b", "c"], ["c", "b"]])
  func damageWeighsMoreThanAFileThatCannotBeRead(names: [String]) throws {
    try damage("c")
    #expect(try verify(names, unreadable: "/b.hwp").problems.exitStatus == 65)
    #expect(try verify(["a"]).problems.exitStatus == 0)
  }

  @Test func anotherSnapshotIsNamedOnlyWhereThereIsASoundOneOfTheSeries() throws {
    try damage("a")
    try damage("c")
    let problems = try verify().problems
    let remedies = Dictionary(uniqueKeysWithValues: problems.map { ($0.path, $0.remedy ?? "") })
    #expect(remedies.count == 2)
    #expect(remedies["\(store)/a.hwp"]?.hasSuffix("\(store)/b.hwp is a sound snapshot of the same series") == true)
    #expect(remedies["\(store)/c.hwp"]?.contains("of the same series") == false)
    #expect(try verify(["a"]).problems.first?.remedy?.contains("of the same series") == false)
  }

  @Test(arguments: [ENOSPC, EDQUOT, EFBIG], [ContainerFormat.hwp, .wave])
  func noRoomIsCannotCreate(code: Int32, format: ContainerFormat) throws {
    let snapshots = Snapshots(syscalls: FaultInjector(failingEvery: .pwrite, with: code).syscalls)
    var options = RestoreOptions()
    options.backend = .host
    let reference = SnapshotReference("\(store)/a.hwp", store: store)
    let works: [() throws -> Void] = [
      {
        _ = try snapshots.create(
          states: [scratch.path("s")], destination: .file(path: scratch.path("new")), format: format,
          options: CaptureOptions())
      },
      { _ = try snapshots.restore(snapshot: reference, to: scratch.path("new"), options: options) },
      {
        _ = try snapshots.extract(
          snapshot: reference, region: "x.u8", to: .file(path: scratch.path("new")), options: options)
      },
    ]
    for work in works {
      let error = #expect(throws: HoloError.self) { try work() }
      #expect(error?.code == .cannotCreate)
      #expect(error?.remedy != nil)
      // The path stands in its place, once.
      #expect(error?.message.contains("/") == false)
      #expect(!scratch.exists("new"))
    }
  }

  @Test func tooLittleMemoryForTheBenchIsSaidSo() {
    let huge = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 4096), count: 1 << 62)
    let state = StateDescription(
      regions: [RegionSource(name: "x", elementType: .u8, shape: [1 << 62], memory: huge)], series: "x")
    let error = #expect(throws: HoloError.self) { _ = try MemoryState(loading: state) }
    #expect(error?.remedy == "take a smaller state (--size), or lower --memory-limit")
  }
}
