import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import TestSupport
import Testing

/// Every system call of a publication fails once, one after the other.
@Suite("Publication when system calls fail")
struct PublicationFaultTests {
  /// A store with one container and the garbage of one crash.
  private struct Ground {
    let scratch = ScratchDirectory()
    let before: [String: [UInt8]]

    init() throws {
      try SampleContainer.publish(in: SnapshotStore(path: scratch.path("store")), created: 0)
      before = try Self.contents(scratch)
    }

    static func contents(_ scratch: ScratchDirectory) throws -> [String: [UInt8]] {
      var contents: [String: [UInt8]] = [:]
      for name in try scratch.names(in: "store") { contents[name] = try scratch.read("store/" + name) }
      return contents
    }

    func publish(_ syscalls: Syscalls) throws -> String {
      try SampleContainer.publish(in: SnapshotStore(path: scratch.path("store"), syscalls: syscalls))
    }
  }

  private static let callCount: Int = {
    let injector = FaultInjector()
    guard let ground = try? Ground(), (try? ground.publish(injector.syscalls)) != nil else { return 0 }
    return injector.calls.count
  }()

  @Test("There is something to fail")
  func hasCalls() throws {
    let injector = FaultInjector()
    let ground = try Ground()
    _ = try ground.publish(injector.syscalls)
    let kinds = Set(injector.calls.map(\.call))
    #expect(kinds.isSuperset(of: [.mkdir, .open, .openat, .flock, .fstat, .fstatat, .fsync, .renameat2]))
  }

  @Test("The store is as it was, or has the whole container", arguments: [EIO, ENOSPC, EROFS, EACCES])
  func failsAtEveryCall(code: Int32) throws {
    for number in 0..<Self.callCount {
      let ground = try Ground()
      let injector = FaultInjector(failing: number, with: code)
      do {
        let path = try ground.publish(injector.syscalls)
        // A failure that does not matter: that of a close, or of the look for garbage.
        let entries = try SnapshotStore(path: ground.scratch.path("store")).entries()
        #expect(entries.count == 2 && entries.allSatisfy { $0.snapshot != nil } && entries[0].path == path)
      } catch let error where error is StoreError || error is FormatError {
        let left = try Ground.contents(ground.scratch)
        #expect(left == ground.before, "call \(number): \(injector.calls[number]): \(error)")
        if let error = error as? StoreError { #expect([66, 73, 74, 77].contains(error.kind.exitStatus)) }
      }
      #expect(try ground.scratch.openDescriptorCount() == 0, "call \(number): \(injector.calls[number])")
    }
  }

  @Test("An interruption at any call is survived, but for those of fsync and close")
  func interruptedAtEveryCall() throws {
    for number in 0..<Self.callCount {
      let ground = try Ground()
      let injector = FaultInjector(failing: number, with: EINTR)
      do {
        _ = try ground.publish(injector.syscalls)
        #expect(try ground.scratch.names(in: "store").count == 2)
      } catch let error as StoreError {
        #expect(injector.calls[number].call == .fsync, "\(injector.calls[number]): \(error)")
        #expect(try Ground.contents(ground.scratch) == ground.before)
      }
    }
  }

  @Test("Short writes give the same container", arguments: [1, 13])
  func shortWrites(most: Int) throws {
    let injector = FaultInjector { _, call in
      call.call == .write || call.call == .pwrite ? .atMost(most) : .proceed
    }
    let ground = try Ground()
    _ = try ground.publish(injector.syscalls)
    let entries = try SnapshotStore(path: ground.scratch.path("store")).entries()
    #expect(entries.count == 2 && entries.allSatisfy { $0.snapshot != nil })
  }

  @Test("A failed fsync of the file is not repeated, and says that the container was abandoned")
  func failedSync() throws {
    let ground = try Ground()
    let injector = FaultInjector { _, call in
      call.call == .fsync && call.path.hasSuffix(".partial") ? .fail(EIO) : .proceed
    }
    let error = #expect(throws: StoreError.self) { try ground.publish(injector.syscalls) }
    #expect(error?.kind == .inputOutput)
    #expect(error?.message.contains("abandoned") == true)
    #expect(injector.calls.count { $0.call == .fsync && $0.path.hasSuffix(".partial") } == 1)
    #expect(try Ground.contents(ground.scratch) == ground.before)
  }

  @Test("A full disk that fsync tells of is no room, not a failed device", arguments: [ENOSPC, EDQUOT])
  func fullDiskAtSync(code: Int32) throws {
    for suffix in [".partial", "store"] {
      let ground = try Ground()
      let injector = FaultInjector { _, call in
        call.call == .fsync && call.path.hasSuffix(suffix) ? .fail(code) : .proceed
      }
      let error = #expect(throws: StoreError.self) { try ground.publish(injector.syscalls) }
      #expect(error?.kind == .cannotCreate && error?.kind.exitStatus == 73)
      #expect(try Ground.contents(ground.scratch) == ground.before)
    }
  }

  @Test("A failed fsync of the directory takes the container back")
  func failedDirectorySync() throws {
    let ground = try Ground()
    let injector = FaultInjector { _, call in
      call.call == .fsync && call.path.hasSuffix("store") ? .fail(EIO) : .proceed
    }
    let error = #expect(throws: StoreError.self) { try ground.publish(injector.syscalls) }
    #expect(error?.kind == .inputOutput)
    #expect(try Ground.contents(ground.scratch) == ground.before)
  }

  @Test("What cannot be removed is garbage that the next capture removes")
  func unremovable() throws {
    let ground = try Ground()
    let injector = FaultInjector { _, call in
      switch call.call {
      case .renameat2: .fail(EIO)
      case .unlinkat: .fail(EIO)
      default: .proceed
      }
    }
    #expect(throws: StoreError.self) { try ground.publish(injector.syscalls) }
    #expect(try ground.scratch.names(in: "store").count == 2)
    let next = try SnapshotStore(path: ground.scratch.path("store")).begin(
      containerID: .random(), createdNanoseconds: 0, creating: false)
    #expect(next.removedGarbageCount == 1)
  }
}
