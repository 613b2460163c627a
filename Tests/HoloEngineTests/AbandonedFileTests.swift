import Glibc
import HoloEngine
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// What restores that were killed leave behind, and what only looks like it.
@Suite struct AbandonedFileTests {
  let scratch = ScratchDirectory()

  /// Leaves a file, and the mark of its restore, as a killed restore does: held by nobody. Returns their names.
  private func abandon(
    _ name: String, below directory: String, target: String = "t"
  ) throws -> (partial: String, mark: String) {
    let other = ScratchDirectory()
    let restore = try RestoreTarget(path: other.path("t"), overwrite: false)
    let mark = try #require(try other.names(in: "t").first)
    let file = try restore.beginFile(named: name, byteCount: 1)
    let partial = try #require(try other.names(in: "t").first { $0 != mark })
    file.discard()
    try scratch.write("left", to: "\(directory)/\(partial)")
    try scratch.write("", to: "\(target)/\(mark)")
    return (partial, mark)
  }

  private func makeTarget(overwrite: Bool = false, _ syscalls: Syscalls = Syscalls()) throws -> RestoreTarget {
    try RestoreTarget(path: scratch.path("t"), overwrite: overwrite, syscalls: syscalls)
  }

  @Test(arguments: ["x", String(repeating: "a", count: 255), "café", ".x.partial"])
  func aTargetThatHoldsNothingElseIsEmpty(name: String) throws {
    _ = try abandon(name, below: "t")
    let target = try makeTarget()
    try target.finish([])
    #expect(target.removedPartialCount == 1)
    #expect(try scratch.names(in: "t") == [])
  }

  @Test func theyAreRemovedWhereARestoreComes() throws {
    for directory in ["t", "t/d", "t/d/e", "t/other"] { _ = try abandon("x", below: directory) }
    try scratch.write("mine", to: "t/d/mine")
    #expect(throws: HoloError.self) { _ = try makeTarget() }
    // A file, two directories, four marks.
    #expect(try scratch.names(in: "t").count == 7)

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
    let ours = try abandon("x", below: "elsewhere", target: "elsewhere").partial
    let digits = String(repeating: "0123456789abcdef", count: 2)
    for name in [".x.\(digits).partial", ".y" + ours.dropFirst(2), ours + "x", ".partial"] {
      let scratch = ScratchDirectory()
      try scratch.write("theirs", to: "t/\(name)")
      #expect(throws: HoloError.self) { _ = try RestoreTarget(path: scratch.path("t"), overwrite: false) }
      let target = try RestoreTarget(path: scratch.path("t"), overwrite: true)
      try target.finish([])
      #expect(target.removedPartialCount == 0)
      #expect(try scratch.names(in: "t") == [name])
    }
    try scratch.makeDirectory("t")
    try scratch.link(to: "../elsewhere/\(ours)", at: "t/\(ours)")
    try makeTarget(overwrite: true).finish([])
    #expect(try scratch.names(in: "t") == [ours])
  }

  @Test func theFilesOfARunningRestoreStay() throws {
    let running = try makeTarget()
    let file = try running.beginFile(named: "d/x", byteCount: 1)
    try running.put([8], as: "d/whole")
    #expect(throws: HoloError.self) { _ = try makeTarget() }
    // Others that come to the same directory: from the target itself, from above, and from below.
    for (path, name) in [("t", "d/y"), (".", "t/d/y"), ("t/d", "y")] {
      let other = try RestoreTarget(path: scratch.path(path), overwrite: true)
      try other.putAlone([1], as: name)
      #expect(other.removedPartialCount == 0)
      #expect(try scratch.names(in: "t/d").count == 3)
    }
    try [9].withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<1]), at: 0) }
    try file.complete()
    try running.finish([])
    #expect(try scratch.read("t/d/x") == [9])
    #expect(try scratch.read("t/d/whole") == [8])
    #expect(try scratch.names(in: "t") == ["d"])
  }

  @Test func aMarkThatIsTakenForGarbageBeforeItIsLockedComesBackUnderAnotherName() throws {
    let taken = Mutex<String?>(nil)
    let injector = FaultInjector { _, call in
      let isFirst = taken.withLock { taken in
        guard call.call == .flock, taken == nil else { return false }
        taken = call.path
        return true
      }
      if isFirst { unlink(call.path) }
      return .proceed
    }
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: false, syscalls: injector.syscalls)
    let names = try scratch.names(in: "t")
    #expect(names.count == 1 && taken.withLock { $0 } != scratch.path("t/" + names[0]))
    try target.putAlone([1], as: "x")
    #expect(try scratch.names(in: "t") == ["x"])
  }

  @Test func theFilesOfARestoreThatHasLeftNoMarkAreRemoved() throws {
    let left = try abandon("x", below: "t/d")
    try Syscalls().remove(scratch.path("t/\(left.mark)"))
    let target = try RestoreTarget(path: scratch.path("t/d"), overwrite: false)
    #expect(target.removedPartialCount == 1)
  }

  @Test(arguments: [ENOSYS, EOPNOTSUPP])
  func withoutLocksNothingIsRemovedAndARestoreWorks(code: Int32) throws {
    let left = try abandon("x", below: "t")
    let target = try makeTarget(overwrite: true, FaultInjector(failingEvery: .flock, with: code).syscalls)
    try target.putAlone([1], as: "y")
    #expect(target.removedPartialCount == 0)
    #expect(try scratch.names(in: "t") == [left.mark, left.partial, "y"])
  }

  @Test(arguments: [EACCES, EROFS])
  func aDirectoryThatCannotBeWrittenMayHoldOneThatCan(code: Int32) throws {
    try scratch.write("old", to: "t/d/x")
    let hidden = scratch.path("t/.")
    let injector = FaultInjector { _, call in
      call.call == .openat && call.path.hasPrefix(hidden) ? .fail(code) : .proceed
    }
    try makeTarget(overwrite: true, injector.syscalls).putAlone([1], as: "d/x")
    #expect(try scratch.read("t/d/x") == [1])
    let target = try makeTarget(overwrite: true, injector.syscalls)
    let error = #expect(throws: HoloError.self) { try target.put([1], as: "x") }
    #expect(error?.code == (code == EACCES ? .refused : .cannotCreate))
  }

  @Test func directoriesThatNothingCameIntoAreTakenAway() throws {
    let target = try makeTarget()
    try target.beginFile(named: "a/b/x", byteCount: 1).discard()
    try target.put([1], as: "c/y")
    try target.beginFile(named: "c/d/z", byteCount: 1).discard()
    try target.removeEmptyDirectories()
    try target.finish([])
    #expect(try scratch.names(in: "t") == ["c"])
    #expect(try scratch.names(in: "t/c") == ["y"])

    try scratch.makeDirectory("found")
    for name in ["found", "made"] {
      let target = try RestoreTarget(path: scratch.path(name), overwrite: false)
      try target.beginFile(named: "a/x", byteCount: 1).discard()
      try target.removeEmptyDirectories()
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
