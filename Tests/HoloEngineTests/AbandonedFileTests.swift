import Glibc
import HoloEngine
import HoloSystem
import TestSupport
import Testing

/// What restores that were killed leave behind, and what only looks like it.
@Suite struct AbandonedFileTests {
  let scratch = ScratchDirectory()

  /// Leaves a file as a killed restore does: named by it, and held by nobody.
  private func abandon(_ name: String, below directory: String) throws -> String {
    let other = ScratchDirectory()
    let target = try RestoreTarget(path: other.path("t"), overwrite: false)
    let file = try target.beginFile(named: name, byteCount: 1)
    let partial = try #require(try other.names(in: "t").first)
    file.discard()
    try scratch.write("left", to: "\(directory)/\(partial)")
    return partial
  }

  private func makeTarget(overwrite: Bool = false, _ syscalls: Syscalls = Syscalls()) throws -> RestoreTarget {
    try RestoreTarget(path: scratch.path("t"), overwrite: overwrite, syscalls: syscalls)
  }

  @Test(arguments: ["x", String(repeating: "a", count: 255), "café", ".x.partial"])
  func aTargetThatHoldsNothingElseIsEmpty(name: String) throws {
    _ = try abandon(name, below: "t")
    let target = try makeTarget()
    #expect(target.removedPartialCount == 1)
    #expect(try scratch.names(in: "t") == [])
  }

  @Test func theyAreRemovedWhereARestoreComes() throws {
    for directory in ["t", "t/d", "t/d/e", "t/other"] { _ = try abandon("x", below: directory) }
    try scratch.write("mine", to: "t/d/mine")
    #expect(throws: HoloError.self) { _ = try makeTarget() }
    #expect(try scratch.names(in: "t").count == 3)

    let target = try makeTarget(overwrite: true)
    try target.put([1], as: "d/e/x")
    try target.put([2], as: "d/y")
    try target.finish([])
    #expect(target.removedPartialCount == 3)
    #expect(try scratch.names(in: "t") == ["d", "other"])
    #expect(try scratch.names(in: "t/d") == ["e", "mine", "y"])
    #expect(try scratch.names(in: "t/d/e") == ["x"])
    #expect(try scratch.names(in: "t/other").count == 1)
  }

  @Test func othersFilesStay() throws {
    let ours = try abandon("x", below: "elsewhere")
    let digits = String(repeating: "0123456789abcdef", count: 2)
    for name in [".x.\(digits).partial", ".y" + ours.dropFirst(2), ours + "x", ".partial"] {
      let scratch = ScratchDirectory()
      try scratch.write("theirs", to: "t/\(name)")
      #expect(throws: HoloError.self) { _ = try RestoreTarget(path: scratch.path("t"), overwrite: false) }
      let target = try RestoreTarget(path: scratch.path("t"), overwrite: true)
      #expect(target.removedPartialCount == 0)
      #expect(try scratch.names(in: "t") == [name])
    }
    try scratch.makeDirectory("t")
    try scratch.link(to: "../elsewhere/\(ours)", at: "t/\(ours)")
    _ = try makeTarget(overwrite: true)
    #expect(try scratch.names(in: "t") == [ours])
  }

  @Test func theFilesOfARunningRestoreStay() throws {
    let running = try makeTarget()
    let file = try running.beginFile(named: "x", byteCount: 1)
    #expect(throws: HoloError.self) { _ = try makeTarget() }
    let other = try makeTarget(overwrite: true)
    #expect(other.removedPartialCount == 0)
    try [9].withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<1]), at: 0) }
    try file.complete()
    #expect(try scratch.read("t/x") == [9])
  }

  @Test(arguments: [ENOSYS, EOPNOTSUPP])
  func withoutLocksNothingIsRemovedAndARestoreWorks(code: Int32) throws {
    let left = try abandon("x", below: "t")
    let target = try makeTarget(overwrite: true, FaultInjector(failingEvery: .flock, with: code).syscalls)
    try target.put([1], as: "y")
    #expect(target.removedPartialCount == 0)
    #expect(try scratch.names(in: "t") == [left, "y"])
  }

  @Test func directoriesThatNothingCameIntoAreTakenAway() throws {
    let target = try makeTarget()
    try target.beginFile(named: "a/b/x", byteCount: 1).discard()
    try target.put([1], as: "c/y")
    try target.beginFile(named: "c/d/z", byteCount: 1).discard()
    target.removeEmptyDirectories()
    try target.finish([])
    #expect(try scratch.names(in: "t") == ["c"])
    #expect(try scratch.names(in: "t/c") == ["y"])

    try scratch.makeDirectory("found")
    for name in ["found", "made"] {
      let target = try RestoreTarget(path: scratch.path(name), overwrite: false)
      try target.beginFile(named: "a/x", byteCount: 1).discard()
      target.removeEmptyDirectories()
      try target.finish([])
    }
    #expect(try scratch.names() == ["found", "t"])
    #expect(try scratch.names(in: "found") == [])
  }

  @Test func nothingIsMadeBeforeTheBackendIsThere() throws {
    try scratch.write([1, 2, 3], to: "state.u8")
    let file = scratch.path("x.hwp")
    _ = try Snapshots().create(
      states: [scratch.path("state.u8")], destination: .file(path: file), options: CaptureOptions())
    let injector = FaultInjector()
    let snapshots = Snapshots(syscalls: injector.syscalls)
    var capturing = CaptureOptions()
    (capturing.backend, capturing.device) = (.opencl, 9_999)
    var restoring = RestoreOptions()
    (restoring.backend, restoring.device) = (.opencl, 9_999)
    let errors = [
      #expect(throws: HoloError.self) {
        _ = try snapshots.create(
          states: [scratch.path("state.u8")], destination: .store(path: scratch.path("store")), options: capturing)
      },
      #expect(throws: HoloError.self) {
        _ = try snapshots.restore(
          snapshot: SnapshotReference(file, store: ""), to: scratch.path("t"), options: restoring)
      },
    ]
    #expect(errors.map { $0?.code } == [.noDevice, .noDevice])
    #expect(!injector.calls.contains { [.mkdir, .mkdirat].contains($0.call) || $0.path.contains(".partial") })
  }
}
