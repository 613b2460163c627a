import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

extension RestoreTarget {
  /// Writes a whole file.
  func put(
    _ bytes: [UInt8], as name: String, permissions: UInt32? = nil, modified: Timestamp? = nil
  ) throws {
    let file = try beginFile(
      named: name, byteCount: UInt64(bytes.count), permissions: permissions, modified: modified)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    try file.complete()
  }

  /// The same, as all that is restored.
  func putAlone(_ bytes: [UInt8], as name: String, permissions: UInt32? = nil) throws {
    try put(bytes, as: name, permissions: permissions)
    try finish([])
  }
}

@Suite("A restore's target")
struct TargetTests {
  let scratch = ScratchDirectory()

  func target(_ name: String = "t", overwrite: Bool = false) throws -> RestoreTarget {
    try RestoreTarget(path: scratch.path(name), overwrite: overwrite)
  }

  func expectCode(
    _ exitStatus: Int32, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let error = #expect(throws: HoloError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code.exitStatus == exitStatus, sourceLocation: sourceLocation)
  }

  @Test("Files and directories come with their modes and times")
  func writesFiles() throws {
    let target = try target()
    let directories = [
      DirectoryEntry(name: "d", permissions: 0o500, modified: Timestamp(seconds: 10, nanoseconds: 1)),
      DirectoryEntry(name: "d/empty", permissions: 0o711, modified: Timestamp(seconds: 20, nanoseconds: 2)),
    ]
    try target.begin(directories)
    try target.put([1, 2, 3], as: "d/x", permissions: 0o640, modified: Timestamp(seconds: -7, nanoseconds: 3))
    try target.put([], as: "implied/y")
    try target.finish(directories)

    #expect(try scratch.read("t/d/x") == [1, 2, 3])
    #expect(try scratch.read("t/implied/y") == [])
    for (name, permissions, seconds, nanoseconds) in [
      ("t/d", 0o500, 10, 1), ("t/d/empty", 0o711, 20, 2), ("t/d/x", 0o640, -7, 3),
    ] as [(String, UInt32, Int64, UInt32)] {
      let status = try Syscalls().status(scratch.path(name))
      #expect(status.permissions == permissions)
      #expect(status.modifiedSeconds == seconds && status.modifiedNanoseconds == nanoseconds, "\(name)")
    }
    #expect(try scratch.names(in: "t") == ["d", "implied"])
  }

  @Test("A directory that is not listed gets the mode of any new one")
  func impliedParents() throws {
    try scratch.makeDirectory("new")
    let usual = try Syscalls().status(scratch.path("new")).permissions
    let target = try target()
    let directories = [DirectoryEntry(name: "a/b", permissions: 0o700)]
    try target.begin(directories)
    try target.put([1], as: "c/d/x")
    try target.finish(directories)
    for name in ["t/a", "t/c", "t/c/d"] {
      #expect(try Syscalls().status(scratch.path(name)).permissions == usual, "\(name)")
    }
    #expect(try Syscalls().status(scratch.path("t/a/b")).permissions == 0o700)
  }

  @Test("A target that exists must be empty, or overwriting allowed")
  func existingTargets() throws {
    try scratch.makeDirectory("t")
    try target().putAlone([1], as: "x")
    expectCode(73) { _ = try target() }
    try scratch.write([9], to: "t/other")
    let overwriting = try target(overwrite: true)
    try overwriting.putAlone([2], as: "x")
    #expect(try scratch.read("t/x") == [2])
    #expect(try scratch.read("t/other") == [9])

    try scratch.write([], to: "file")
    expectCode(73) { _ = try target("file") }
    expectCode(73) { _ = try target("file", overwrite: true) }
    expectCode(73) { _ = try target("no/such/parent") }
    #expect(!scratch.exists("no"))
  }

  @Test("A target that cannot be made is told from a disk that fails, with what helps")
  func impossibleTargets() throws {
    try scratch.write([], to: "file")
    try scratch.link(to: "nowhere", at: "dangling")
    try scratch.link(to: "circle", at: "circle")
    for (name, place, part) in [
      ("file/x", "file/x", "not a directory"), ("file/x/y", "file/x/y", "not a directory"),
      ("no/such", "no", "does not exist"), ("no/such/place//", "no/such", "does not exist"),
      ("dangling", "dangling", "leads nowhere"), ("circle", "circle", "symbolic links"),
    ] {
      let error = #expect(throws: HoloError.self) { _ = try target(name) }
      #expect(error?.code == .cannotCreate, "\(name)")
      #expect(error?.message.contains(part) == true, "\(name): \(error?.message ?? "")")
      #expect(error?.place.path == scratch.path(place))
      #expect(error?.remedy != nil)
    }
    #expect(try scratch.names() == ["circle", "dangling", "file"])
  }

  @Test(
    "Names that lead out of the target are refused",
    arguments: ["", "/etc/x", "../x", "a/../../x", "a//b", ".", "a/.", "a\0b", "\\x2E\\x2E/x", "\\xZZ"])
  func unsafeNames(name: String) throws {
    let target = try target()
    expectCode(77) { _ = try target.beginFile(named: name, byteCount: 1) }
    expectCode(77) { try target.begin([DirectoryEntry(name: name)]) }
    try target.finish([])
    #expect(try scratch.names() == ["t"])
    #expect(try scratch.names(in: "t") == [])
  }

  @Test("Names of any bytes are written as they were")
  func oddNames() throws {
    let paths: [[UInt8]] = [
      Array("a b".utf8), Array("a\nb".utf8), [0x66, 0xFC], Array("a\\b".utf8), [UInt8](repeating: 0x61, count: 255),
    ]
    let target = try target()
    for path in paths { try target.put([1], as: RegionName.escape(path)) }
    expectCode(73) { _ = try target.beginFile(named: String(repeating: "a", count: 256), byteCount: 0) }
    try target.finish([])
    let names = try Syscalls().names(in: try scratch.open("t"))
    #expect(names == paths.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test("A link inside the target is never followed", arguments: ["d/x", "d/e/x"])
  func linksInside(name: String) throws {
    try scratch.makeDirectory("outside")
    try scratch.makeDirectory("t")
    try scratch.link(to: "../outside", at: "t/d")
    let target = try target(overwrite: true)
    expectCode(73) { _ = try target.beginFile(named: name, byteCount: 1) }
    expectCode(73) { try target.begin([DirectoryEntry(name: "d/e")]) }
    expectCode(73) { try target.finish([DirectoryEntry(name: "d", permissions: 0o700)]) }
    #expect(try scratch.names(in: "outside") == [])
  }

  @Test("A link where a file goes is replaced, not written through")
  func linkAsFile() throws {
    try scratch.write("theirs", to: "outside")
    try scratch.makeDirectory("t")
    try scratch.link(to: "../outside", at: "t/x")
    try target(overwrite: true).putAlone([1], as: "x")
    #expect(try scratch.read("outside") == Array("theirs".utf8))
    #expect(try scratch.read("t/x") == [1])
  }

  @Test("A directory that is swapped for a link while files are written leads nowhere")
  func swappedDirectory() throws {
    try scratch.makeDirectory("outside")
    let target = try target()
    try target.put([1], as: "d/x")
    try target.put([1], as: "e/x")
    rename(scratch.path("t/d"), scratch.path("t/old"))
    try scratch.link(to: "../outside", at: "t/d")
    expectCode(73) { try target.put([1], as: "d/y") }
    #expect(try scratch.names(in: "outside") == [])
  }

  @Test("A directory where a file goes, and a file where a directory goes, are errors")
  func kindsCollide() throws {
    try scratch.write([1], to: "t/a")
    try scratch.write([1], to: "t/d/x")
    let target = try target(overwrite: true)
    expectCode(73) { try target.put([1], as: "a/b") }
    expectCode(73) { try target.put([1], as: "d") }
    // A directory that comes later is met when the files get their names.
    try target.put([1], as: "a")
    try target.put([1], as: "late")
    try scratch.makeDirectory("t/late")
    expectCode(73) { try target.finish([]) }
    #expect(target.rollback() == [])
    #expect(try scratch.names(in: "t") == ["a", "d", "late"])
    #expect(try scratch.read("t/a") == [1])
  }

  @Test("A file that appears meanwhile is not replaced, unless that is allowed")
  func appearsMeanwhile() throws {
    let target = try target()
    let file = try target.beginFile(named: "x", byteCount: 1)
    try scratch.write("theirs", to: "t/x")
    try file.complete()
    expectCode(73) { try target.finish([]) }
    #expect(target.rollback().count == 1)
    #expect(try scratch.names(in: "t") == ["x"])
    #expect(try scratch.read("t/x") == Array("theirs".utf8))
  }

  @Test("The set-id bits and the sticky bit of a mode are not restored; a directory keeps those that it has")
  func dropsSpecialBits() throws {
    try scratch.makeDirectory("t")
    try scratch.makeDirectory("t/shared")
    try scratch.open("t/shared").setPermissions(0o3770)
    let target = try target(overwrite: true)
    let directories = [
      DirectoryEntry(name: "new", permissions: 0o7750), DirectoryEntry(name: "shared", permissions: 0o4755),
    ]
    try target.begin(directories)
    try target.put([1], as: "x", permissions: 0o7755)
    try target.finish(directories)
    #expect(try Syscalls().status(scratch.path("t/x")).permissions == 0o755)
    #expect(try Syscalls().status(scratch.path("t/new")).permissions == 0o750)
    #expect(try Syscalls().status(scratch.path("t/shared")).permissions == 0o3755)
  }

  @Test("A file has no name before all are complete, and leaves nothing when it is discarded")
  func discards() throws {
    let target = try target()
    let file = try target.beginFile(named: "x", byteCount: 100)
    let names = try scratch.names(in: "t")
    #expect(names.count == 2 && names.allSatisfy { $0.hasSuffix(".partial") })
    #expect(names[0].hasPrefix(".restore.") && names[1].hasPrefix(".x."))
    #expect(try scratch.read("t/" + names[1]).count == 100)
    file.discard()
    #expect(try scratch.names(in: "t") == [names[0]])
    do { _ = try target.beginFile(named: "y", byteCount: 1) }
    try target.put([1], as: "z")
    #expect(try scratch.names(in: "t").map { $0.prefix(3) } == [".re", ".z."])
    try target.finish([])
    #expect(try scratch.names(in: "t") == ["z"])
  }

  @Test("A rollback takes away what the run created, and nothing else")
  func rollsBack() throws {
    try scratch.write("kept", to: "t/kept/k")
    try scratch.write("old", to: "t/old")
    let target = try target(overwrite: true)
    try target.begin([DirectoryEntry(name: "new"), DirectoryEntry(name: "new/empty"), DirectoryEntry(name: "kept")])
    try target.put([1], as: "new/deep/x")
    try target.put([1], as: "kept/y")
    try target.put([2], as: "old")
    let unfinished = try target.beginFile(named: "kept/z", byteCount: 1)
    #expect(target.rollback() == [])
    #expect(try scratch.names(in: "t") == ["kept", "old"])
    #expect(try scratch.names(in: "t/kept") == ["k"])
    #expect(try scratch.read("t/old") == Array("old".utf8))
    unfinished.discard()
  }

  @Test("A rollback leaves a file that has taken the name of one of ours")
  func rollsBackBesideOthers() throws {
    let target = try target()
    try target.put([1], as: "ours")
    try target.put([1], as: "taken")
    try target.finish([])
    try scratch.write("theirs", to: "theirs")
    rename(scratch.path("theirs"), scratch.path("t/taken"))
    let notices = target.rollback()
    #expect(notices.count == 1 && notices[0].contains("could not be removed"))
    #expect(try scratch.names(in: "t") == ["taken"])
    #expect(try scratch.read("t/taken") == Array("theirs".utf8))
  }

  @Test("A rollback removes a target that the run created, but not one that was there")
  func rollsBackTarget() throws {
    let created = try target("new")
    try created.putAlone([1], as: "a/b/c")
    #expect(created.rollback() == [])
    #expect(!scratch.exists("new"))
    try scratch.makeDirectory("old")
    let found = try target("old")
    try found.putAlone([1], as: "a/b/c")
    #expect(found.rollback() == [])
    #expect(try scratch.names(in: "old") == [])
  }

  @Test("Many threads write many files at once")
  func concurrently() throws {
    let target = try target()
    let failures = Mutex<[String]>([])
    let shared = try target.beginFile(named: "shared", byteCount: 8 * 4_096)
    let workers = try (0..<8).map { worker in
      try WorkerThread {
        do {
          let bytes = [UInt8](repeating: UInt8(worker), count: 4_096)
          try bytes.withUnsafeBytes { try shared.write($0, at: UInt64(worker) * 4_096) }
          for number in 0..<20 { try target.put(bytes, as: "d\(number % 3)/e/\(worker)-\(number)") }
        } catch { failures.withLock { $0.append("\(error)") } }
      }
    }
    for worker in workers { worker.join() }
    try shared.complete()
    try target.finish([])
    let failed = failures.withLock { $0 }
    #expect(failed == [])
    #expect(try (0..<3).reduce(0) { $0 + (try scratch.names(in: "t/d\($1)/e").count) } == 160)
    let bytes = try scratch.read("t/shared")
    #expect(bytes == (0..<8).flatMap { [UInt8](repeating: UInt8($0), count: 4_096) })
  }
}
