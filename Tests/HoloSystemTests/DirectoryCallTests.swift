import Glibc
import HoloSystem
import TestSupport
import Testing

@Suite("Directories")
struct DirectoryCallTests {
  let scratch = ScratchDirectory()

  @Test("Names are bytes, in byte order")
  func listsNames() throws {
    let names: [[UInt8]] = [Array("b c".utf8), Array("a\nb".utf8), [0xFF, 0x41], Array("é".utf8), Array("a.b".utf8)]
    for name in names { try scratch.write([], to: name) }
    #expect(
      try Syscalls().names(in: try scratch.open()) == names.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test("A directory can be listed again from the same handle")
  func listsTwice() throws {
    try scratch.write([], to: "a")
    let directory = try scratch.open()
    #expect(try Syscalls().names(in: directory) == Syscalls().names(in: directory))
    withExtendedLifetime(directory) {}
  }

  @Test("A failing call of a listing is an error, and leaks nothing", arguments: [Syscalls.Call.opendir, .readdir])
  func listingFails(call: Syscalls.Call) throws {
    let directory = try scratch.open()
    let injector = FaultInjector(failingEvery: call, with: EIO)
    #expect(throws: SystemError(call: call, path: directory.path, code: EIO)) {
      try injector.syscalls.names(in: directory)
    }
    #expect(try scratch.openDescriptorCount() == 1)
    try directory.close()
  }

  @Test("A rename that must not replace does not", arguments: [0, EINVAL, ENOSYS])
  func renamesWithoutReplacing(unsupported: Int32) throws {
    let injector = FaultInjector { _, call in
      call.call == .renameat2 && unsupported != 0 ? .fail(unsupported) : .proceed
    }
    try scratch.write("old", to: "a")
    try scratch.write("kept", to: "b")
    let directory = try scratch.open()
    #expect(throws: (any Error).self) {
      try injector.syscalls.rename("a", to: "b", in: directory, replacing: false)
    }
    #expect(try scratch.read("b") == Array("kept".utf8))
    #expect(try scratch.read("a") == Array("old".utf8))
    try injector.syscalls.rename("a", to: "c", in: directory, replacing: false)
    #expect(try scratch.names() == ["b", "c"])
    #expect(try scratch.read("c") == Array("old".utf8))
  }

  @Test("A name that is taken is EEXIST, with and without the kernel's help", arguments: [0, EINVAL])
  func takenNameIsExists(unsupported: Int32) throws {
    let injector = FaultInjector { _, call in
      call.call == .renameat2 && unsupported != 0 ? .fail(unsupported) : .proceed
    }
    try scratch.write("old", to: "a")
    try scratch.write("kept", to: "b")
    let directory = try scratch.open()
    let error = #expect(throws: SystemError.self) {
      try injector.syscalls.rename("a", to: "b", in: directory, replacing: false)
    }
    #expect(error?.code == EEXIST)
  }

  @Test("A rename that may replace does")
  func renamesReplacing() throws {
    try scratch.write("new", to: "a")
    try scratch.write("old", to: "b")
    try Syscalls().rename("a", to: "b", in: try scratch.open(), replacing: true)
    #expect(try scratch.names() == ["b"])
    #expect(try scratch.read("b") == Array("new".utf8))
  }

  @Test("A name with a NUL is refused before the kernel would cut it short")
  func refusesNUL() throws {
    try scratch.write([], to: "a")
    let directory = try scratch.open()
    let name = Array("a\0b".utf8)
    #expect(throws: SystemError(call: .openat, path: directory.path, code: EINVAL)) {
      try Syscalls().open(name, in: directory, O_RDONLY)
    }
    #expect(throws: SystemError(call: .unlinkat, path: directory.path, code: EINVAL)) {
      try Syscalls().remove(name, in: directory)
    }
    #expect(try scratch.names() == ["a"])
  }

  @Test("A symbolic link is told from what it leads to")
  func statusOfLinks() throws {
    try scratch.makeDirectory("d")
    try scratch.link(to: "d", at: "l")
    #expect(try Syscalls().status(scratch.path("l")).kind == .directory)
    #expect(try Syscalls().status("l", in: try scratch.open()).kind == .symbolicLink)
    #expect(try Syscalls().resolve(scratch.path("l/../l")) == scratch.path("d"))
  }
}

@Suite("Names of unfinished files")
struct PartialNameTests {
  static let token = "0123456789abcdef0123456789abcdef"

  @Test("A name is told by its form alone")
  func matches() {
    let form = PartialName(end: ".hwp", tokenByteCount: 32)
    #expect(form.name(token: Self.token) == Array(".\(Self.token).hwp.partial".utf8))
    #expect(form.matches(form.name(token: Self.token)))
    #expect(!form.matches(Array(".\(Self.token.dropLast())x.hwp.partial".utf8)))
    #expect(!form.matches(Array(".\(Self.token.dropLast()).hwp.partial".utf8)))
    #expect(!form.matches(Array("snapshot_20260101T000000.hwp".utf8)))
    #expect(!form.matches([]))
  }

  @Test("Only files beside the same base match")
  func matchesBase() {
    let form = PartialName(base: Array("a.hwp".utf8), tokenByteCount: 32)
    #expect(form.name(token: Self.token) == Array(".a.hwp.\(Self.token).partial".utf8))
    #expect(!form.matches(PartialName(base: Array("b.hwp".utf8), tokenByteCount: 32).name(token: Self.token)))
  }

  @Test("A base of any length gives a name that a file system can hold", arguments: [0, 1, 213, 214, 255, 4_096])
  func cutsBase(count: Int) {
    let form = PartialName(base: [UInt8](repeating: 0x61, count: count), tokenByteCount: 32)
    #expect(form.name(token: Self.token).count <= 255)
    #expect(form.matches(form.name(token: Self.token)))
  }
}
