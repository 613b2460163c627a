import Glibc
import HoloEngine
import HoloFormat
import HoloSystem
import TestSupport
import Testing

/// Every system call of a whole command fails once, one after the other: what was there stays, and what is new is whole or
/// not there.
@Suite struct FaultMatrixTests {
  enum Verb: String, CaseIterable, Sendable {
    case create, createWave, restore, verify, extract, toWave, toHWP, toLegacy, difference
  }

  private static let container = "in.hwp"
  private static let field = [UInt8](repeating: 7, count: 32)

  /// A state, and a snapshot of it in both formats.
  private func prepared() throws -> ScratchDirectory {
    let scratch = ScratchDirectory()
    try scratch.write(Self.field, to: "state/d/psi.c128")
    try scratch.write([1, 2, 3], to: "state/x.bin")
    for (name, format) in [("in.hwp", ContainerFormat.hwp), ("in.wave", .wave)] {
      _ = try Snapshots().create(
        states: [scratch.path("state")], destination: .file(path: scratch.path(name)), format: format,
        options: Self.capturing)
    }
    try scratch.makeDirectory("store")
    return scratch
  }

  private static let capturing = {
    var options = CaptureOptions()
    options.backend = .host
    // One worker: the calls have one order.
    options.workers = 1
    return options
  }()

  private static let restoring = {
    var options = RestoreOptions()
    options.backend = .host
    options.workers = 1
    return options
  }()

  private func run(_ verb: Verb, in scratch: ScratchDirectory, _ syscalls: Syscalls) throws {
    let snapshots = Snapshots(syscalls: syscalls)
    func reference(_ name: String) -> SnapshotReference { .init(scratch.path(name), store: scratch.path("store")) }
    switch verb {
    case .create, .createWave:
      _ = try snapshots.create(
        states: [scratch.path("state")], destination: .store(path: scratch.path("store")),
        format: verb == .create ? .hwp : .wave, options: Self.capturing)
    case .restore:
      _ = try snapshots.restore(snapshot: reference("in.hwp"), to: scratch.path("out"), options: Self.restoring)
    case .verify:
      let report = try snapshots.verify(
        snapshots: [reference("in.hwp"), reference("in.wave")], store: scratch.path("store"), quick: false,
        options: Self.restoring)
      if let problem = report.problems.first { throw HoloError(.inputOutput, problem.message) }
    case .extract:
      _ = try snapshots.extract(
        snapshot: reference("in.hwp"), region: "d/psi.c128", to: .file(path: scratch.path("out")),
        options: Self.restoring)
    case .toWave, .toHWP, .toLegacy:
      let (name, format): (String, ConversionFormat) =
        verb == .toWave ? ("in.hwp", .wave) : ("in.wave", verb == .toHWP ? .hwp : .legacy)
      _ = try snapshots.convert(
        reference(name), to: scratch.path("out"), as: format, options: Self.capturing)
    case .difference:
      _ = try snapshots.difference(from: reference("in.hwp"), to: reference("in.wave"), options: Self.restoring)
    }
  }

  /// What the verb was to make is there and whole.
  private func expectWhole(_ verb: Verb, in scratch: ScratchDirectory, _ comment: Comment) throws {
    func expectSnapshot(_ path: String) throws {
      let report = try Snapshots().verify(
        snapshots: [.init(path, store: scratch.path("store"))], store: scratch.path("store"), quick: false,
        options: Self.restoring)
      #expect(report.problems == [], comment)
    }
    switch verb {
    case .create, .createWave:
      let names = try scratch.names(in: "store")
      #expect(names.count == 1, comment)
      for name in names { try expectSnapshot(scratch.path("store/\(name)")) }
    case .restore:
      #expect(try scratch.read("out/d/psi.c128") == Self.field, comment)
      #expect(try scratch.read("out/x.bin") == [1, 2, 3], comment)
    case .extract: #expect(try scratch.read("out") == Self.field, comment)
    case .toWave, .toHWP: try expectSnapshot(scratch.path("out"))
    case .toLegacy: #expect(try scratch.read("out").suffix(Self.field.count) == Self.field[...], comment)
    case .verify, .difference: break
    }
  }

  /// A close that fails, and what is only a courtesy, may go unseen; the result is whole then.
  @Test(arguments: Verb.allCases, [EIO, ENOSPC, EACCES, EMFILE])
  func atEveryCall(verb: Verb, code: Int32) throws {
    let counter = FaultInjector()
    try run(verb, in: prepared(), counter.syscalls)
    for (number, call) in counter.calls.enumerated() {
      let scratch = try prepared()
      let before = try ["in.hwp", "in.wave", "state/d/psi.c128", "state/x.bin"].map { try scratch.read($0) }
      let comment: Comment = "call \(number), \(call.call) \(call.path), errno \(code)"
      do {
        try run(verb, in: scratch, FaultInjector(failing: number, with: code).syscalls)
        try expectWhole(verb, in: scratch, comment)
      } catch let error as HoloError {
        #expect(error.code.name != "internal", "\(comment): \(error)")
        #expect((64...77).contains(error.code.exitStatus), "\(comment): \(error)")
        #expect(!scratch.exists("out"), "\(comment): \(error)")
        // Its removal may be what failed; then it is garbage that the next capture clears.
        let left = try scratch.names(in: "store")
        #expect(left.allSatisfy { $0.hasSuffix(".partial") }, "\(comment): \(left)")
      }
      #expect(
        try ["in.hwp", "in.wave", "state/d/psi.c128", "state/x.bin"].map { try scratch.read($0) } == before, comment)
      #expect(try scratch.openDescriptorCount() == 0, comment)
    }
  }

  @Test(arguments: Verb.allCases) func shortReadsAndWrites(verb: Verb) throws {
    let scratch = try prepared()
    let injector = FaultInjector { _, call in
      [.pread, .pwrite, .write].contains(call.call) ? .atMost(3) : .proceed
    }
    try run(verb, in: scratch, injector.syscalls)
    try expectWhole(verb, in: scratch, "\(verb)")
  }

  @Test(arguments: Verb.allCases) func interruptionsAreSurvived(verb: Verb) throws {
    let counter = FaultInjector()
    try run(verb, in: prepared(), counter.syscalls)
    for number in counter.calls.indices {
      let scratch = try prepared()
      // By the call that comes, not by the one that was counted: a summary's length, and so a pad byte, may differ.
      let injector = FaultInjector { index, call in
        index == number && call.call != .fsync && call.call != .close ? .fail(EINTR) : .proceed
      }
      try run(verb, in: scratch, injector.syscalls)
      try expectWhole(verb, in: scratch, "call \(number)")
    }
  }
}
