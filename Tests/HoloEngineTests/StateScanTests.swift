import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite("What a state is")
struct StateScanTests {
  let scratch = ScratchDirectory()

  func describe(_ names: String..., leavingOut: [FileStatus.Identity] = []) throws -> StateDescription {
    try StateScan.describe(names.map(scratch.path(_:)), leavingOut: leavingOut)
  }

  @Test("Every file of a directory is a region, in the order of the names' bytes")
  func order() throws {
    for name in ["s/b", "s/a/z", "s/a.b", "s/B", "s/a/y/x"] { try scratch.write("1", to: name) }
    let state = try describe("s")
    #expect(state.regions.map(\.name) == ["B", "a.b", "a/y/x", "a/z", "b"])
    #expect(state.directories.map(\.name) == ["a", "a/y"])
    #expect(state.notices == [])
    #expect(state.series == "s")
    #expect(state.byteCount == 5)
  }

  @Test("Names of any bytes are taken, escaped where they are not UTF-8")
  func oddNames() throws {
    let names: [[UInt8]] = [
      Array("two words".utf8), Array("a\nline".utf8), [0x66, 0xFC, 0x72], Array("back\\slash".utf8), Array("é".utf8),
    ]
    for (index, name) in names.enumerated() {
      try scratch.write([UInt8](repeating: 1, count: index + 1), to: Array("s/".utf8) + name)
    }
    let state = try describe("s")
    for (index, name) in names.enumerated() {
      let region = try #require(state.regions.first { $0.name.utf8.elementsEqual(RegionName.escape(name).utf8) })
      let file = try region.open(Syscalls())
      #expect(try file.bytes(at: 0, count: 100).count == index + 1)
      #expect(try !region.hasChanged(file))
    }
    #expect(state.regions.map(\.name).contains("f\\xFCr"))
  }

  @Test("Empty directories, modes and times are kept")
  func keepsDirectories() throws {
    try scratch.makeDirectory("s")
    try scratch.makeDirectory("s/empty")
    let directory = try scratch.open("s/empty")
    try directory.setPermissions(0o711)
    try directory.setModified(seconds: 1_000, nanoseconds: 7)
    try scratch.write("x", to: "s/file")
    let file = try Syscalls().open(scratch.path("s/file"), O_RDWR)
    try file.setPermissions(0o604)
    try file.setModified(seconds: -5, nanoseconds: 9)
    let state = try describe("s")
    #expect(
      state.directories == [
        DirectoryEntry(name: "empty", permissions: 0o711, modified: Timestamp(seconds: 1_000, nanoseconds: 7))
      ])
    #expect(state.regions[0].permissions == 0o604)
    #expect(state.regions[0].modified == Timestamp(seconds: -5, nanoseconds: 9))
  }

  @Test("Links and special files are left out and reported; nothing behind a link is read")
  func leavesOut() throws {
    try scratch.write("secret", to: "outside/secret")
    try scratch.write("x", to: "s/x")
    try scratch.link(to: "../outside", at: "s/directory link")
    try scratch.link(to: "../outside/secret", at: "s/file link")
    try scratch.link(to: "nowhere", at: "s/dangling")
    mkfifo(scratch.path("s/pipe"), 0o600)
    let state = try describe("s")
    #expect(state.regions.map(\.name) == ["x"])
    #expect(state.directories == [])
    #expect(state.notices.count == 4)
    #expect(state.notices.count { $0.contains("symbolic link") } == 3)
    #expect(state.notices.contains { $0.contains("s/pipe") && $0.contains("special file") })
  }

  @Test("The named path itself may be a link to a directory")
  func followsNamedLink() throws {
    try scratch.write("x", to: "real/x")
    try scratch.link(to: "real", at: "current")
    let state = try describe("current")
    #expect(state.regions.map(\.name) == ["x"])
    #expect(state.series == "current")
  }

  @Test("A directory that is swapped for a link after the scan is not followed")
  func swappedDirectory() throws {
    try scratch.write("secret", to: "outside/x")
    try scratch.write("mine", to: "s/d/x")
    let region = try #require(try describe("s").regions.first)
    rename(scratch.path("s/d"), scratch.path("s/old"))
    try scratch.link(to: "../outside", at: "s/d")
    let error = #expect(throws: SystemError.self) { try region.open(Syscalls()) }
    #expect(error?.code == ENOTDIR || error?.code == ELOOP)
  }

  @Test("A file that is swapped for a pipe does not hold the capture up")
  func swappedForPipe() throws {
    try scratch.write("mine", to: "s/x")
    let region = try #require(try describe("s").regions.first)
    unlink(scratch.path("s/x"))
    mkfifo(scratch.path("s/x"), 0o600)
    let error = #expect(throws: SystemError.self) { try region.open(Syscalls()) }
    #expect(error?.code == ENOENT)
  }

  @Test("A single file is a region of its base name")
  func singleFile() throws {
    try scratch.write([UInt8](repeating: 0, count: 32), to: "index/psi.c128")
    let state = try describe("index/psi.c128")
    #expect(state.regions.map(\.name) == ["psi.c128"])
    #expect(state.regions[0].component == .memory)
    #expect(state.regions[0].shape == [2])
    #expect(state.series == "psi.c128")
  }

  @Test(
    "The component comes from the first directory that says so",
    arguments: [
      ("index/a", Component.index), ("config/a", .configuration), ("configuration/b/a", .configuration),
      ("stats/a", .statistics), ("statistics/a", .statistics), ("meta/a", .metadata), ("metadata/a", .metadata),
      ("run7/index/a", .index), ("meta/index/a", .metadata), ("index", .memory), ("indexes/a", .memory),
      ("a/b", .memory),
    ])
  func components(name: String, component: Component) throws {
    try scratch.write("x", to: "s/" + name)
    #expect(try describe("s").regions.map(\.component) == [component])
  }

  @Test("Several states are one, unless their names collide")
  func severalStates() throws {
    try scratch.write("1", to: "s/d/a")
    try scratch.write("2", to: "t/d/b")
    try scratch.write("3", to: "c")
    let state = try describe("s", "t", "c")
    #expect(state.regions.map(\.name) == ["d/a", "d/b", "c"])
    #expect(state.directories.map(\.name) == ["d"])
    #expect(state.series == "s")

    try scratch.write("4", to: "u/d/a")
    expectUsage("s", "u")
    try scratch.write("5", to: "v/d")
    expectUsage("s", "v")
    try scratch.makeDirectory("w")
    try scratch.makeDirectory("w/c")
    expectUsage("c", "w")
    expectUsage("c", "c")
  }

  @Test("Composed and decomposed names are two files")
  func normalization() throws {
    try scratch.write("1", to: "s/\u{E9}")
    try scratch.write("2", to: "s/e\u{301}")
    #expect(try describe("s").regions.count == 2)
  }

  @Test("What is no state is no input", arguments: ["missing", "pipe", "x/below"])
  func noInput(name: String) throws {
    try scratch.write("x", to: "x")
    mkfifo(scratch.path("pipe"), 0o600)
    let error = #expect(throws: HoloError.self) { try describe(name) }
    #expect(error?.code.exitStatus == 66)
  }

  @Test("The store is no part of a state that it lies in")
  func leavesOutStore() throws {
    try scratch.write("x", to: "s/x")
    try scratch.write("container", to: "s/snapshots/snapshot.hwp")
    let store = try Syscalls().status(scratch.path("s/snapshots")).identity
    let state = try describe("s", leavingOut: [store])
    #expect(state.regions.map(\.name) == ["x"])
    #expect(state.directories == [])
    #expect(state.notices.count == 1)
  }

  @Test("A state that is the store is refused, by whatever path it is named", arguments: ["s", "s/", "s/.", "link"])
  func stateIsStore(path: String) throws {
    try scratch.write("container", to: "s/snapshot.hwp")
    try scratch.link(to: "s", at: "link")
    let store = try Syscalls().status(scratch.path("s")).identity
    let error = #expect(throws: HoloError.self) { try describe(path, leavingOut: [store]) }
    #expect(error?.code == .usage && error?.remedy?.contains("--store") == true)
  }

  @Test("A series is named by the last component, resolved and printable", arguments: ["s/.", "s/d/..", "s//", "./s"])
  func series(path: String) throws {
    try scratch.write("x", to: "s/d/x")
    #expect(try describe(path).series == "s")
    try scratch.write("x", to: "new\nline/x")
    #expect(try describe("new\nline").series == "new_line")
  }

  @Test("A call that fails during the scan is an error with a code", arguments: [EIO, EACCES, EMFILE])
  func scanFails(code: Int32) throws {
    try scratch.write("x", to: "s/d/x.npy")
    let count = FaultInjector()
    _ = try StateScan.describe([scratch.path("s")], syscalls: count.syscalls)
    for number in count.calls.indices {
      let injector = FaultInjector(failing: number, with: code)
      let error = #expect(throws: HoloError.self, "\(count.calls[number])") {
        try StateScan.describe([scratch.path("s")], syscalls: injector.syscalls)
      }
      #expect(error?.code.exitStatus == (code == EACCES ? 77 : 74))
      #expect(try scratch.openDescriptorCount() == 0)
    }
  }

  private func expectUsage(_ names: String..., sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: HoloError.self, sourceLocation: sourceLocation) {
      try StateScan.describe(names.map(scratch.path(_:)))
    }
    #expect(error?.code.exitStatus == 64, sourceLocation: sourceLocation)
  }
}
