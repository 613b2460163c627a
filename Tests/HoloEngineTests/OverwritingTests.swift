import Glibc
import HoloEngine
import HoloFormat
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// A restore over files that are there: they are not touched before all of the new is written.
@Suite struct OverwritingTests {
  private static let old = ["a": "old a", "d/b": "old b", "d/other": "theirs", "z": "old z"]
  private static let new = ["a": "new a", "c": "new c", "d/b": "new b", "d/e/f": "new f", "z": "new z"]
  private static let replaced = ["a", "d/b", "z"]

  private func prepared() throws -> ScratchDirectory {
    let scratch = ScratchDirectory()
    for (name, text) in Self.old { try scratch.write(text, to: "t/\(name)") }
    return scratch
  }

  /// Every file below the target, partial ones too.
  private func contents(_ scratch: ScratchDirectory, of directory: String = "t") throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try scratch.names(in: directory) {
      let path = "\(directory)/\(name)"
      if try Syscalls().status(scratch.path(path)).kind == .directory {
        found.merge(try contents(scratch, of: path)) { $1 }
      } else {
        found[String(path.dropFirst(2))] = String(decoding: try scratch.read(path), as: UTF8.self)
      }
    }
    return found
  }

  /// Returns what a rollback left to say.
  private func restore(
    into scratch: ScratchDirectory, _ syscalls: Syscalls, cancellation: Cancellation = Cancellation()
  ) throws -> (error: HoloError?, left: [String]) {
    let target: RestoreTarget
    do { target = try RestoreTarget(path: scratch.path("t"), overwrite: true, syscalls: syscalls) } catch {
      return (error, [])
    }
    do {
      for (name, text) in Self.new.sorted(by: { $0.key < $1.key }) { try target.put(Array(text.utf8), as: name) }
      try target.finish([], cancellation: cancellation)
      return (nil, [])
    } catch { return (error as? HoloError, target.rollback()) }
  }

  @Test func aDirectoryOfAnotherUsersIsRefusedBeforeAnythingIsReplaced() throws {
    let scratch = try prepared()
    let syscalls = Syscalls { call, path in call == .fchmod && path.hasSuffix("t/d") ? .fail(EPERM) : .proceed }
    let target = try RestoreTarget(path: scratch.path("t"), overwrite: true, syscalls: syscalls)
    let error = #expect(throws: HoloError.self) { try target.begin([DirectoryEntry(name: "d", permissions: 0o755)]) }
    #expect(error?.code == .refused && error?.place.path == scratch.path("t/d"))
    #expect(target.rollback() == [])
    #expect(try contents(scratch) == Self.old)
  }

  @Test(arguments: [EIO, ENOSPC, EPERM])
  func whateverFailsTheFilesThatWereThereStayOrAreCounted(code: Int32) throws {
    let counter = FaultInjector()
    #expect(try restore(into: prepared(), counter.syscalls).error == nil)
    let all = Self.old.merging(Self.new) { $1 }
    var counts: Set<Int> = []
    for (number, call) in counter.calls.enumerated() {
      let comment: Comment = "call \(number), \(call.call) \(call.path)"
      let scratch = try prepared()
      let (error, left) = try restore(into: scratch, FaultInjector(failing: number, with: code).syscalls)
      let found = try contents(scratch)
      // What the fault did not let be removed is garbage that the next restore clears.
      let files = found.filter { !$0.key.hasSuffix(".partial") }
      let count = Self.replaced.count { files[$0] == all[$0] }
      counts.insert(count)
      if error == nil {
        #expect(files == all, comment)
      } else if count == 0 {
        #expect(found == Self.old && left == [], "\(comment): \(left)")
      } else {
        #expect(left.count == 1 && left[0].hasPrefix("\(count) of 3 files"), "\(comment): \(left)")
        #expect(left[0].contains("2 new files"), "\(comment): \(left)")
        #expect(files == all.merging(count == 3 ? [:] : Self.old.filter { files[$0.key] == $0.value }) { $1 }, comment)
        #expect(found.count == files.count, comment)
        #expect(error?.place.path != nil, comment)
      }
    }
    #expect(counts == [0, 1, 2, 3])
  }

  @Test func nothingIsReplacedBeforeAllIsWritten() throws {
    let scratch = try prepared()
    let seen = Mutex<[[String: String]]>([])
    let names = Self.replaced.map { scratch.path("t/\($0)") }
    nonisolated(unsafe) let look = { try? contents(scratch) }
    let injector = FaultInjector { _, call in
      if call.call == .renameat2, names.contains(call.path) { seen.withLock { $0.append(look() ?? [:]) } }
      return .proceed
    }
    #expect(try restore(into: scratch, injector.syscalls).error == nil)
    let seenContents = seen.withLock { $0 }
    // Each name is tried twice: not to replace, and to replace.
    #expect(seenContents.count == 6)
    for found in seenContents.prefix(4) {
      #expect(found.filter { Self.old[$0.key] != nil } == Self.old)
      #expect(Set(Self.new.values).isSubset(of: found.values))
    }
  }

  @Test func aStopIsHeardUntilTheFirstFileIsReplaced() throws {
    let counter = FaultInjector()
    _ = try restore(into: prepared(), counter.syscalls)
    let calls = counter.calls
    let last = try #require(calls.lastIndex { $0.call == .renameat2 })
    let renames = calls[...last].indices.filter { calls[$0].call == .renameat2 }
    // Two new names, three that are taken, and three replacements.
    #expect(renames.count == 8)
    for (order, number) in renames.enumerated() {
      let scratch = try prepared()
      let cancellation = Cancellation()
      let injector = FaultInjector { index, _ in
        if index == number { cancellation.cancel() }
        return .proceed
      }
      let (error, left) = try restore(into: scratch, injector.syscalls, cancellation: cancellation)
      #expect(left == [])
      if order < 5 {
        #expect(error?.code == .cancelled)
        #expect(try contents(scratch) == Self.old)
      } else {
        #expect(error == nil)
        #expect(try contents(scratch) == Self.old.merging(Self.new) { $1 })
      }
    }
  }

  @Test func manyFilesAreMadeDurableTogetherBeforeTheyGetTheirNames() throws {
    let scratch = try prepared()
    let count = 300
    func restore(_ syscalls: Syscalls) throws {
      let target = try RestoreTarget(path: scratch.path("t"), overwrite: true, syscalls: syscalls)
      do {
        for number in 0..<count { try target.put([1], as: "many/\(number % 100)/\(number)") }
        try target.finish([])
      } catch {
        #expect(target.rollback() == [])
        throw error
      }
    }
    let injector = FaultInjector()
    try restore(injector.syscalls)
    let calls = injector.calls.map(\.call)
    let first = try #require(calls.firstIndex(of: .syncfs))
    #expect(calls[..<first].contains(.renameat2) == false)
    #expect(calls.count { $0 == .syncfs } == 2)
    #expect(calls.count { $0 == .fsync } < count / 2)

    let before = try contents(scratch)
    let error = #expect(throws: HoloError.self) { try restore(FaultInjector(failing: first, with: EIO).syscalls) }
    #expect(error?.code == .inputOutput)
    #expect(try contents(scratch) == before)
  }

  @Test(arguments: [ENOSPC, EDQUOT])
  func aFullDiskIsToldOnce(code: Int32) throws {
    let scratch = try prepared()
    let injector = FaultInjector { _, call in
      call.call == .pwrite && call.path.contains("/.z.") ? .fail(code) : .proceed
    }
    let (error, left) = try restore(into: scratch, injector.syscalls)
    #expect(error?.code == .cannotCreate)
    #expect(error?.message == (code == ENOSPC ? "no space is left" : "the disk quota is used up"))
    #expect(error?.place.path == scratch.path("t/z"))
    #expect(left == [])
    #expect(try contents(scratch) == Self.old)
  }
}
