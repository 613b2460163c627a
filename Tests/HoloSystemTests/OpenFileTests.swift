import Glibc
import HoloSystem
import Synchronization
import TestSupport
import Testing

@Suite("Files")
struct OpenFileTests {
  let scratch = ScratchDirectory()

  @Test("A call that a signal interrupts is made again", arguments: [Syscalls.Call.pwrite, .pread, .openat, .fstat])
  func repeatsInterruptedCalls(call: Syscalls.Call) throws {
    let interruptions = Atomic<Int>(3)
    let syscalls = Syscalls { current, _ in
      guard current == call, interruptions.load(ordering: .relaxed) > 0 else { return .proceed }
      interruptions.subtract(1, ordering: .relaxed)
      return .fail(EINTR)
    }
    let file = try syscalls.open("a", in: scratch.open(syscalls), O_RDWR | O_CREAT)
    try write([1, 2, 3], to: file)
    #expect(try file.bytes(at: 0, count: 10) == [1, 2, 3])
    #expect(try file.status().byteCount == 3)
    let left = interruptions.load(ordering: .relaxed)
    #expect(left == 0)
  }

  @Test("fsync is tried once, whatever it says", arguments: [EIO, EINTR, ENOSPC])
  func neverRepeatsSync(code: Int32) throws {
    let injector = FaultInjector(failingEvery: .fsync, with: code)
    let file = try injector.syscalls.open(scratch.path("a"), O_RDWR | O_CREAT)
    #expect(throws: SystemError(call: .fsync, path: scratch.path("a"), code: code)) { try file.synchronize() }
    #expect(injector.calls.count { $0.call == .fsync } == 1)
  }

  @Test("A pipe that does not make its writers wait is waited for")
  func waitsForAFullPipe() throws {
    // In a file there is always room: that is asked for, and the write is made again.
    let refusals = Atomic<Int>(2)
    let polls = Atomic<Int>(0)
    let syscalls = Syscalls { call, _ in
      if call == .poll { polls.add(1, ordering: .relaxed) }
      guard call == .write else { return .proceed }
      guard refusals.load(ordering: .relaxed) > 0 else { return .atMost(2) }
      refusals.subtract(1, ordering: .relaxed)
      return .fail(EAGAIN)
    }
    let file = try syscalls.open(scratch.path("a"), O_RDWR | O_CREAT)
    try file.append([1, 2, 3, 4, 5])
    #expect(try file.bytes(at: 0, count: 10) == [1, 2, 3, 4, 5])
    let count = polls.load(ordering: .relaxed)
    #expect(count == 2)
  }

  @Test("A close that fails has given the descriptor back, and is not repeated")
  func closesOnce() throws {
    let injector = FaultInjector(failingEvery: .close, with: EIO)
    let file = try injector.syscalls.open(scratch.path("a"), O_RDWR | O_CREAT)
    #expect(throws: SystemError.self) { try file.close() }
    #expect(try scratch.openDescriptorCount() == 0)
    try file.close()
    #expect(injector.calls.count { $0.call == .close } == 1)
  }

  @Test("A file is closed when it is released")
  func closesOnRelease() throws {
    do {
      let file = try Syscalls().open(scratch.path("a"), O_RDWR | O_CREAT)
      #expect(try scratch.openDescriptorCount() == 1)
      withExtendedLifetime(file) {}
    }
    #expect(try scratch.openDescriptorCount() == 0)
  }

  @Test("Short writes and short reads are put together", arguments: [1, 7, 4_096])
  func joinsShortTransfers(most: Int) throws {
    let syscalls = Syscalls { call, _ in
      [.pread, .pwrite, .write].contains(call) ? .atMost(most) : .proceed
    }
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = try syscalls.open(scratch.path("a"), O_RDWR | O_CREAT)
    try write(bytes, to: file)
    #expect(try file.bytes(at: 0, count: 20_000) == bytes)
    #expect(try file.bytes(at: 9_990, count: 20) == Array(bytes[9_990...]))
    let other = try syscalls.open(scratch.path("b"), O_RDWR | O_CREAT)
    try other.append(bytes)
    #expect(try other.bytes(at: 0, count: 10_000) == bytes)
  }

  @Test("A lock is had by one open file at a time")
  func locksExclusively() throws {
    let first = try Syscalls().open(scratch.path("a"), O_RDWR | O_CREAT)
    let second = try Syscalls().open(scratch.path("a"), O_RDWR)
    #expect(try first.tryLock())
    #expect(try !second.tryLock())
    try first.close()
    #expect(try second.tryLock())
  }

  @Test("Mode and time are set to the nanosecond")
  func setsModeAndTime() throws {
    let file = try Syscalls().open(scratch.path("a"), O_RDWR | O_CREAT)
    try file.setPermissions(0o640)
    try file.setModified(seconds: 1_234_567_890, nanoseconds: 987_654_321)
    let status = try file.status()
    #expect(status.kind == .file)
    #expect(status.permissions == 0o640)
    #expect(status.modifiedSeconds == 1_234_567_890)
    #expect(status.modifiedNanoseconds == 987_654_321)
  }

  @Test("An error tells the call, the path and the reason")
  func describesErrors() {
    let path = scratch.path("missing")
    #expect(throws: SystemError(call: .open, path: path, code: ENOENT)) { try Syscalls().open(path, O_RDONLY) }
    #expect(SystemError(call: .open, path: "x", code: ENOENT).description == "open x: No such file or directory")
  }

  private func write(_ bytes: [UInt8], to file: OpenFile) throws {
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
  }
}

extension ScratchDirectory {
  fileprivate func open(_ syscalls: Syscalls) throws -> OpenFile { try syscalls.open(path, O_RDONLY | O_DIRECTORY) }
}
