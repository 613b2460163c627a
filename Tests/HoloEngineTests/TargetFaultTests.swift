import Glibc
import HoloEngine
import HoloFormat
import HoloSystem
import TestSupport
import Testing

/// Every system call of a small restore fails once, one after the other.
@Suite("A restore's target when system calls fail")
struct TargetFaultTests {
  private static let directories = [DirectoryEntry(name: "d", permissions: 0o750)]

  /// Restores two files; takes everything back after an error, as a restore does.
  private func restore(into scratch: ScratchDirectory, _ syscalls: Syscalls) throws {
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: true, syscalls: syscalls)
    do {
      try target.begin(Self.directories)
      try target.put(
        [1, 2, 3], as: "d/e/x", permissions: 0o600, modified: Timestamp(seconds: 1, nanoseconds: 1))
      try target.put([4], as: "y")
      try target.finish(Self.directories)
    } catch {
      _ = target.rollback()
      throw error
    }
  }

  private func calls() throws -> [FaultInjector.Call] {
    let injector = FaultInjector()
    try restore(into: ScratchDirectory(), injector.syscalls)
    return injector.calls
  }

  @Test("Everything is there, or nothing", arguments: [EIO, ENOSPC, EROFS, EACCES])
  func failsAtEveryCall(code: Int32) throws {
    for (number, call) in try calls().enumerated() {
      let scratch = ScratchDirectory()
      let injector = FaultInjector(failing: number, with: code)
      do {
        try restore(into: scratch, injector.syscalls)
        #expect(try scratch.read("t/d/e/x") == [1, 2, 3])
        #expect(call.call == .close, "\(call) failed unseen")
      } catch let error as HoloError {
        #expect(try scratch.names() == [], "\(call): \(error)")
        let expected: Int32 = code == EIO ? 74 : code == EACCES ? 77 : 73
        #expect(error.code.exitStatus == expected, "\(call): \(error)")
        if code != EIO { #expect(error.remedy != nil, "\(call): \(error)") }
      }
      #expect(try scratch.openDescriptorCount() == 0)
    }
  }

  @Test("An interruption is survived, but for those of fsync")
  func interruptedAtEveryCall() throws {
    for (number, call) in try calls().enumerated() {
      let scratch = ScratchDirectory()
      do {
        try restore(into: scratch, FaultInjector(failing: number, with: EINTR).syscalls)
        #expect(try scratch.read("t/y") == [4])
      } catch {
        #expect(call.call == .fsync, "\(call): \(error)")
        #expect(try scratch.names() == [])
      }
    }
  }

  @Test("Short writes give the same files")
  func shortWrites() throws {
    let scratch = ScratchDirectory()
    try restore(into: scratch, FaultInjector { _, call in call.call == .pwrite ? .atMost(1) : .proceed }.syscalls)
    #expect(try scratch.read("t/d/e/x") == [1, 2, 3])
  }

  @Test("File systems without RENAME_NOREPLACE are written too", arguments: [EINVAL, ENOSYS])
  func withoutNoReplace(code: Int32) throws {
    let scratch = ScratchDirectory()
    try restore(into: scratch, FaultInjector(failingEvery: .renameat2, with: code).syscalls)
    #expect(try scratch.names(in: "t") == ["d", "y"])
    #expect(try scratch.names(in: "t/d/e") == ["x"])
  }

  @Test("What cannot be taken back is named")
  func failedRollback() throws {
    let scratch = ScratchDirectory()
    let injector = FaultInjector { _, call in call.call == .unlinkat ? .fail(EIO) : .proceed }
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: false, syscalls: injector.syscalls)
    try target.put([1], as: "d/x")
    let notices = target.rollback()
    // The file, the mark of the restore, both directories.
    #expect(notices.count == 1 && notices[0].contains("t/d/.x.") && notices[0].contains("3 other things"), "\(notices)")
    #expect(try scratch.names(in: "t/d").count == 1)
  }
}
