import Glibc
import HoloEngine
import HoloFormat
import HoloSystem
import TestSupport
import Testing

/// Directories so deep that a walk from the root to each would be felt.
@Suite struct DeepTargetTests {
  private static let depth = 300
  private static let directories = (1...depth).map {
    DirectoryEntry(name: name($0), permissions: 0o700, modified: Timestamp(seconds: Int64($0), nanoseconds: 0))
  }

  private static func name(_ depth: Int) -> String { Array(repeating: "d", count: depth).joined(separator: "/") }

  private func restore(
    into scratch: ScratchDirectory, _ syscalls: Syscalls, cancellation: Cancellation = Cancellation()
  ) throws -> RestoreTarget {
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: false, syscalls: syscalls)
    try target.begin(Self.directories)
    for entry in Self.directories { try target.put([1], as: entry.name + "/x") }
    try target.finish(Self.directories, cancellation: cancellation)
    return target
  }

  @Test func eachDirectoryIsOpenedAFewTimesOnly() throws {
    let scratch = ScratchDirectory()
    let injector = FaultInjector()
    let target = try restore(into: scratch, injector.syscalls)
    #expect(injector.calls.count { $0.call == .openat } < 20 * Self.depth)
    #expect(try scratch.openDescriptorCount() < 100)
    for depth in [1, 100, Self.depth] {
      let path = "t/" + Self.name(depth)
      #expect(try Syscalls().status(scratch.path(path)).modifiedSeconds == Int64(depth))
      #expect(try scratch.read(path + "/x") == [1])
    }
    #expect(target.rollback() == [])
    #expect(try scratch.names() == [])
    #expect(injector.calls.count { $0.call == .openat } < 30 * Self.depth)
  }

  @Test func aDeepStateIsReadWithAFewOpeningsOfEachDirectory() throws {
    let scratch = ScratchDirectory()
    _ = try restore(into: scratch, Syscalls())
    let injector = FaultInjector()
    let report = try Snapshots(syscalls: injector.syscalls).create(
      states: [scratch.path("t")], destination: .file(path: scratch.path("deep.hwp")), options: CaptureOptions())
    #expect(report.regions.count == Self.depth)
    #expect(injector.calls.count { $0.call == .openat } < 20 * Self.depth)
  }

  @Test func finishingStopsOnRequest() throws {
    let scratch = ScratchDirectory()
    let cancellation = Cancellation()
    let injector = FaultInjector { _, call in
      if call.call == .futimens { cancellation.cancel() }
      return .proceed
    }
    let error = #expect(throws: HoloError.self) {
      _ = try restore(into: scratch, injector.syscalls, cancellation: cancellation)
    }
    #expect(error?.code == .cancelled)
    #expect(injector.calls.count { $0.call == .futimens } == 1)
  }

  @Test func aDirectoryIsMovedBetweenAtAnyDepth() throws {
    let scratch = ScratchDirectory()
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: false)
    for depth in [90, 3, 80, 1, 200, 0, 66] {
      try target.put([UInt8(depth)], as: (depth == 0 ? "" : Self.name(depth) + "/") + "f\(depth)")
    }
    try target.finish([])
    for depth in [90, 3, 80, 1, 200, 0, 66] {
      #expect(try scratch.read("t/" + (depth == 0 ? "" : Self.name(depth) + "/") + "f\(depth)") == [UInt8(depth)])
    }
  }
}
