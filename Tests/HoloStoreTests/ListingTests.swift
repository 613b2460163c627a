import Glibc
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import TestSupport
import Testing

@Suite("What a store holds, and how it is named")
struct ListingTests {
  let scratch = ScratchDirectory()
  var store: SnapshotStore { SnapshotStore(path: scratch.path("store")) }

  /// Three containers, an hour apart, of two series.
  func fill() throws {
    for (hours, series) in [(0, "a"), (1, "b"), (2, "a")] as [(Int64, String)] {
      try SampleContainer.publish(
        in: store, created: SampleContainer.created + hours * 3_600_000_000_000, series: series)
    }
  }

  @Test("Newest first, whatever the file names are")
  func order() throws {
    try fill()
    rename(scratch.path("store/snapshot_20261123T221305.hwp"), scratch.path("store/a name of mine.hwp"))
    let entries = try store.entries()
    #expect(
      entries.map(\.fileName) == [
        "a name of mine.hwp", "snapshot_20261123T211305.hwp", "snapshot_20261123T201305.hwp",
      ])
    #expect(entries.map { $0.snapshot?.summary.series } == ["a", "b", "a"])
    let sizes = try entries.map { UInt64(try scratch.read("store/" + $0.fileName).count) }
    #expect(entries.map(\.byteCount) == sizes)
  }

  @Test("A damaged container is listed as such and hides no other")
  func damaged() throws {
    try fill()
    try scratch.write("not a container", to: "store/broken.hwp")
    try scratch.write([], to: "store/empty.hwp")
    try scratch.write("of no interest", to: "store/notes.txt")
    try scratch.makeDirectory("store/directory.hwp")
    let entries = try store.entries()
    #expect(entries.count == 5)
    #expect(entries.count { $0.snapshot == nil } == 2)
    #expect(try store.resolve("latest:b").path == scratch.path("store/snapshot_20261123T211305.hwp"))
  }

  @Test("A container that cannot be read is listed as such")
  func unreadable() throws {
    try fill()
    let injector = FaultInjector { _, call in
      call.call == .pread && call.path.contains("T211305") ? .fail(EIO) : .proceed
    }
    let entries = try SnapshotStore(path: store.path, syscalls: injector.syscalls).entries()
    #expect(entries.count == 3)
    #expect(entries.count { $0.snapshot == nil } == 1)
  }

  @Test("latest, and latest of a series")
  func latest() throws {
    try fill()
    #expect(try store.resolve("latest").path.hasSuffix("T221305.hwp"))
    #expect(try store.resolve("latest:a").path.hasSuffix("T221305.hwp"))
    #expect(try store.resolve("latest:b").path.hasSuffix("T211305.hwp"))
    expectNotFound("latest:c")
  }

  @Test("latest passes over what is damaged, and says so")
  func latestPassesOver() throws {
    try fill()
    let newest = try store.resolve("latest").path
    truncate(newest, 100)
    let resolved = try store.resolve("latest")
    #expect(resolved.path.hasSuffix("T211305.hwp"))
    #expect(resolved.notices.count == 1 && resolved.notices[0].contains("T221305.hwp"))
  }

  @Test("What cannot be opened is passed over with a notice, whatever its age")
  func latestTellsOfWhatCannotBeOpened() throws {
    try fill()
    let injector = FaultInjector { _, call in
      call.call == .openat && call.path.contains("T221305") ? .fail(EACCES) : .proceed
    }
    let resolved = try SnapshotStore(path: store.path, syscalls: injector.syscalls).resolve("latest")
    #expect(resolved.path.hasSuffix("T211305.hwp"))
    #expect(resolved.notices.count == 1 && resolved.notices[0].contains("T221305.hwp"))
  }

  @Test("A series with a slash in its name is one")
  func seriesWithASlash() throws {
    try fill()
    #expect(throws: StoreError.self) { try store.resolve("latest:a/b") }
    do { _ = try store.resolve("latest:a/b") } catch { #expect(error.message.contains("series a/b")) }
  }

  @Test("An id is given by eight digits and more, in either case")
  func byID() throws {
    try fill()
    for entry in try store.entries() {
      let id = try #require(entry.snapshot).id.hexadecimal
      for count in [8, 9, 64] { #expect(try store.resolve(String(id.prefix(count))).path == entry.path) }
      #expect(try store.resolve(id.prefix(12).uppercased()).path == entry.path)
      expectNotFound(String(id.prefix(7)))
    }
    expectNotFound("00000000")
  }

  @Test("Copies of one container are one snapshot")
  func copies() throws {
    try fill()
    let entry = try #require(try store.entries().first)
    try scratch.write(try scratch.read("store/" + entry.fileName), to: "store/copy.hwp")
    let id = try #require(entry.snapshot).id.hexadecimal
    #expect([entry.path, scratch.path("store/copy.hwp")].contains(try store.resolve(id).path))
  }

  @Test("A prefix that two snapshots have is refused, with both named")
  func ambiguous() throws {
    try fill()
    let entries = try store.entries().enumerated().map { index, entry in
      var entry = entry
      var snapshot = try #require(entry.snapshot)
      let digits = "0123abcd" + String(repeating: "\(index)", count: 56)
      snapshot.id = try #require(Digest256(hexadecimal: digits))
      entry.content = .snapshot(snapshot)
      return entry
    }
    let error = #expect(throws: StoreError.self) { try store.find(idPrefix: "0123abcd", in: entries) }
    #expect(error?.kind == .ambiguous)
    #expect(error?.kind.exitStatus == 64)
    for entry in entries { #expect(error?.message.contains(entry.fileName) == true) }
    #expect(try store.find(idPrefix: "0123ABCD1", in: entries)?.path == entries[1].path)
    #expect(try store.find(idPrefix: "0123abcd7", in: entries)?.path == nil)
  }

  @Test("A file name in the store, and a path")
  func byName() throws {
    try fill()
    let name = "snapshot_20261123T201305.hwp"
    #expect(try store.resolve(name).path == scratch.path("store/" + name))
    #expect(try store.resolve(scratch.path("store/" + name)).path == scratch.path("store/" + name))
    expectNotFound("snapshot_20261123T201306.hwp")
    expectNotFound(scratch.path("store/other.hwp"))
    expectNotFound(scratch.path("store"))
    expectNotFound("")
  }

  @Test("A path needs no store")
  func withoutStore() throws {
    try scratch.write("x", to: "x.hwp")
    #expect(try SnapshotStore(path: "/no/such/store").resolve(scratch.path("x.hwp")).path == scratch.path("x.hwp"))
    let error = #expect(throws: StoreError.self) { try SnapshotStore(path: "/no/such/store").entries() }
    #expect(error?.kind == .noSuchStore)
  }

  private func expectNotFound(_ reference: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) { try store.resolve(reference) }
    #expect(error?.kind == .noSuchSnapshot, sourceLocation: sourceLocation)
    #expect(error?.kind.exitStatus == 66, sourceLocation: sourceLocation)
  }

  @Test("What was taken later than a moment is found among the names, of one series")
  func later() throws {
    try fill()
    try scratch.write("damaged", to: "store/snapshot_99991231T235959.hwp")
    func name(_ series: String, _ hours: Int64) throws -> String? {
      try store.snapshot(of: series, after: SampleContainer.created + hours * 3_600_000_000_000)?.fileName
    }
    #expect(try name("a", 0) == "snapshot_20261123T221305.hwp")
    #expect(try name("b", 0) == "snapshot_20261123T211305.hwp")
    #expect(try name("b", 1) == nil && name("a", 2) == nil && name("c", -9) == nil)
  }
}
