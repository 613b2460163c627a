import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import Synchronization
import TestSupport
import Testing

@Suite("Publication")
struct PublicationTests {
  let scratch = ScratchDirectory()
  var store: SnapshotStore { SnapshotStore(path: scratch.path("store")) }

  @Test("A container is named by the second of its creation, in UTC; the next in that second is _2")
  func names() throws {
    #expect(try SampleContainer.publish(in: store) == scratch.path("store/snapshot_20261123T201305.hwp"))
    #expect(try SampleContainer.publish(in: store) == scratch.path("store/snapshot_20261123T201305_2.hwp"))
    #expect(try SampleContainer.publish(in: store) == scratch.path("store/snapshot_20261123T201305_3.hwp"))
    #expect(
      try SampleContainer.publish(in: store, created: 951_782_399_999_999_999)
        == scratch.path("store/snapshot_20000228T235959.hwp"))
    #expect(
      try SampleContainer.publish(in: store, created: 951_782_400_000_000_000)
        == scratch.path("store/snapshot_20000229T000000.hwp"))
  }

  @Test("Nothing has a name before it is published, and nothing is left of what is abandoned")
  func abandons() throws {
    let pending = try store.begin(containerID: .random(), createdNanoseconds: SampleContainer.created, creating: true)
    #expect(try scratch.names(in: "store").allSatisfy { $0.hasPrefix(".") && $0.hasSuffix(".hwp.partial") })
    #expect(try store.entries().isEmpty)
    pending.abandon()
    #expect(try scratch.names(in: "store") == [])
    #expect(throws: StoreError.self) { try pending.publish() }
  }

  @Test("A container that is dropped is abandoned")
  func dropping() throws {
    do {
      _ = try store.begin(containerID: .random(), createdNanoseconds: SampleContainer.created, creating: true)
    }
    #expect(try scratch.names(in: "store") == [])
    #expect(try scratch.openDescriptorCount() == 0)
  }

  @Test("A store is created with the directories above it, or not at all")
  func createsStore() throws {
    let deep = SnapshotStore(path: scratch.path("a/b/c"))
    let error = #expect(throws: StoreError.self) {
      _ = try deep.begin(containerID: .random(), createdNanoseconds: 0, creating: false)
    }
    #expect(error?.kind == .noSuchStore)
    #expect(error?.kind.exitStatus == 66)
    #expect(!scratch.exists("a"))
    try SampleContainer.publish(in: deep)
    #expect(try scratch.names(in: "a/b/c") == ["snapshot_20261123T201305.hwp"])
  }

  @Test("An output file gets the name that was asked for, once")
  func output() throws {
    let path = scratch.path("my own.hwp")
    let id = Digest128.random()
    let pending = try SnapshotStore.begin(outputPath: path, containerID: id)
    #expect(try scratch.names() == [".my own.hwp.\(id.hexadecimal).partial"])
    try SampleContainer.write(to: pending.file, id: id)
    #expect(try pending.publish() == path)
    #expect(try scratch.names() == ["my own.hwp"])
    let error = #expect(throws: StoreError.self) {
      _ = try SnapshotStore.begin(outputPath: path, containerID: .random())
    }
    #expect(error?.kind == .exists)
    #expect(error?.kind.exitStatus == 73)
  }

  @Test("An output that appears meanwhile is not replaced")
  func outputAppears() throws {
    let pending = try SnapshotStore.begin(outputPath: scratch.path("o.hwp"), containerID: .random())
    try scratch.write("theirs", to: "o.hwp")
    let error = #expect(throws: StoreError.self) { try pending.publish() }
    #expect(error?.kind == .exists)
    #expect(try scratch.names() == ["o.hwp"])
    #expect(try scratch.read("o.hwp") == Array("theirs".utf8))
  }

  @Test("An output that cannot be a file is refused", arguments: ["", ".", "..", "no/such/directory/o.hwp"])
  func outputWithoutName(path: String) throws {
    let error = #expect(throws: StoreError.self) {
      _ = try SnapshotStore.begin(outputPath: scratch.path("x/") + path, containerID: .random())
    }
    #expect(error?.kind.exitStatus == 73)
  }

  @Test("File systems without RENAME_NOREPLACE publish too", arguments: [EINVAL, ENOSYS])
  func publishesByLink(code: Int32) throws {
    let injector = FaultInjector(failingEvery: .renameat2, with: code)
    let store = SnapshotStore(path: scratch.path("store"), syscalls: injector.syscalls)
    try SampleContainer.publish(in: store)
    try SampleContainer.publish(in: store)
    #expect(
      try scratch.names(in: "store") == ["snapshot_20261123T201305.hwp", "snapshot_20261123T201305_2.hwp"])
  }

  @Test("Captures of many threads in one second each get a name, and every container is whole")
  func concurrently() throws {
    let store = store
    let paths = Mutex<[String]>([])
    let failures = Mutex<[String]>([])
    let workers = try (0..<8).map { worker in
      try WorkerThread {
        for _ in 0..<10 {
          do {
            let path = try SampleContainer.publish(in: store, series: "worker \(worker)")
            paths.withLock { $0.append(path) }
          } catch { failures.withLock { $0.append("\(error)") } }
        }
      }
    }
    for worker in workers { worker.join() }
    let failed = failures.withLock { $0 }
    #expect(failed == [])
    let published = paths.withLock { Set($0) }
    let entries = try store.entries()
    #expect(published.count == 80)
    #expect(Set(entries.map(\.path)) == published)
    #expect(entries.allSatisfy { $0.snapshot != nil })
    #expect(Set(entries.compactMap { $0.snapshot?.containerID }).count == 80)
  }
}

@Suite("Garbage")
struct GarbageTests {
  let scratch = ScratchDirectory()
  var store: SnapshotStore { SnapshotStore(path: scratch.path("store")) }

  func begin() throws -> PendingContainer {
    try store.begin(containerID: .random(), createdNanoseconds: SampleContainer.created, creating: true)
  }

  @Test("What crashed captures left is removed by the next, and counted; running captures are left alone")
  func removes() throws {
    let running = try begin()
    for digit in ["a", "b", "c"] {
      try scratch.write("left", to: "store/.\(String(repeating: digit, count: 32)).hwp.partial")
    }
    let next = try begin()
    #expect(next.removedGarbageCount == 3)
    #expect(running.removedGarbageCount == 0)
    #expect(try scratch.names(in: "store").count == 2)
    next.abandon()
    try SampleContainer.write(to: running.file, id: .random())
    _ = try running.publish()
  }

  @Test("Files of any other name are not garbage")
  func sparesOthers() throws {
    let names = [
      ".0123.hwp.partial", "\(String(repeating: "a", count: 32)).hwp.partial", ".hidden", "notes.partial",
      ".\(String(repeating: "z", count: 32)).hwp.partial",
    ]
    for name in names { try scratch.write([], to: "store/" + name) }
    let pending = try begin()
    #expect(pending.removedGarbageCount == 0)
    pending.abandon()
    #expect(try scratch.names(in: "store") == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test("A link or a directory of that name is not removed")
  func sparesLinks() throws {
    try scratch.write("precious", to: "precious")
    try scratch.makeDirectory("store")
    try scratch.link(to: "../precious", at: "store/.\(String(repeating: "a", count: 32)).hwp.partial")
    try scratch.makeDirectory("store/.\(String(repeating: "b", count: 32)).hwp.partial")
    let pending = try begin()
    #expect(pending.removedGarbageCount == 0)
    pending.abandon()
    #expect(try scratch.names(in: "store").count == 2)
    #expect(try scratch.read("precious") == Array("precious".utf8))
  }

  @Test("Garbage beside an output is that of the same output alone")
  func besideOutput() throws {
    let token = String(repeating: "a", count: 32)
    try scratch.write([], to: ".a.hwp.\(token).partial")
    try scratch.write([], to: ".b.hwp.\(token).partial")
    let pending = try SnapshotStore.begin(outputPath: scratch.path("a.hwp"), containerID: .random())
    #expect(pending.removedGarbageCount == 1)
    pending.abandon()
    #expect(try scratch.names() == [".b.hwp.\(token).partial"])
  }

  @Test("A cleaner that comes between creating and locking makes the creator begin again")
  func cleanerIsFaster() throws {
    try scratch.makeDirectory("store")
    let directory = scratch.path("store")
    let cleaned = Atomic<Bool>(false)
    // At the creator's first flock, another process has just removed the file that has no lock yet.
    let injector = FaultInjector { _, call in
      if call.call == .flock, !cleaned.exchange(true, ordering: .relaxed) { try? Syscalls().remove(call.path) }
      return .proceed
    }
    let store = SnapshotStore(path: directory, syscalls: injector.syscalls)
    let id = Digest128.random()
    let pending = try store.begin(containerID: id, createdNanoseconds: SampleContainer.created, creating: false)
    #expect(try scratch.names(in: "store") == [".\(id.hexadecimal).hwp.partial"])
    try SampleContainer.write(to: pending.file, id: id)
    _ = try pending.publish()
    #expect(try store.entries().count == 1)
  }

  @Test("A cleaner that opened a file before it was published removes nothing")
  func publishedMeanwhile() throws {
    try scratch.makeDirectory("store")
    let name = ".\(String(repeating: "a", count: 32)).hwp.partial"
    try scratch.write("whole", to: "store/" + name)
    let injector = FaultInjector { [scratch = scratch.path] _, call in
      if call.call == .flock, call.path.hasSuffix(name) {
        rename("\(scratch)/store/\(name)", "\(scratch)/store/snapshot_x.hwp")
      }
      return .proceed
    }
    let store = SnapshotStore(path: scratch.path("store"), syscalls: injector.syscalls)
    let pending = try store.begin(containerID: .random(), createdNanoseconds: 0, creating: false)
    #expect(pending.removedGarbageCount == 0)
    pending.abandon()
    #expect(try scratch.names(in: "store") == ["snapshot_x.hwp"])
  }
}
