import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// Files that are written, cut or removed while they are captured.
@Suite struct ChangingFileTests {
  /// What a writer does at the n-th read of the file, and how often it goes on.
  private final class Writer: Sendable {
    private let reads = Mutex(0)
    let times: Int
    let change: @Sendable (String) -> Void

    init(times: Int, _ change: @escaping @Sendable (String) -> Void) {
      self.times = times
      self.change = change
    }

    /// Acts after the first read of each reading of the file.
    func syscalls(watching path: String, readsPerPass: Int) -> Syscalls {
      Syscalls { [self] call, name in
        guard call == .pread, name.hasSuffix("/victim.u8") else { return .proceed }
        let count = reads.withLock { reads in
          reads += 1
          return reads
        }
        if count % readsPerPass == 2, count / readsPerPass < times { change(path) }
        return .proceed
      }
    }
  }

  /// What may take the place of a file, and what it must not do: lead elsewhere, or make the capture wait.
  private enum Replacement: String, CaseIterable {
    case link, pipe, socket, directory

    func put(at path: String, linkTo other: String) throws {
      try Syscalls().remove(path)
      switch self {
      case .link: #expect(symlink(other, path) == 0)
      case .pipe: #expect(mkfifo(path, 0o600) == 0)
      case .socket: #expect(mknod(path, S_IFSOCK | 0o600, 0) == 0)
      case .directory: try Syscalls().makeDirectory(path)
      }
    }
  }

  /// Between the listing of a state and its reading.
  @Test(arguments: Replacement.allCases, ["state", "state/victim.u8"])
  private func aFileThatBecomesSomethingElseIsGone(replacement: Replacement, named: String) throws {
    try withState { directory, victim in
      try directory.write("secret", to: "elsewhere")
      let state = try StateScan.describe([directory.path(named)])
      try replacement.put(at: victim, linkTo: directory.path("elsewhere"))
      let error = #expect(throws: HoloError.self) {
        try Capture(options: CaptureOptions()).run(state, into: MemorySink())
      }
      #expect(error?.code == .changed && error?.place.region == "victim.u8")
      var options = CaptureOptions()
      options.allowChanging = true
      let report = try Capture(options: options).run(state, into: MemorySink())
      #expect(report.regions.map(\.descriptor.name) == (named == "state" ? ["before.txt"] : []))
      #expect(report.notices == ["victim.u8 vanished and was left out"])
    }
  }

  /// While it is listed, between a look at its name and one at its header.
  @Test(arguments: Replacement.allCases)
  private func aFileThatBecomesSomethingElseWhileItIsListedIsLeftOut(replacement: Replacement) throws {
    let directory = ScratchDirectory()
    try directory.write("secret", to: "elsewhere")
    try directory.write([1], to: "state/x.npy")
    let path = directory.path("state/x.npy")
    let isPut = Mutex(false)
    let elsewhere = directory.path("elsewhere")
    let syscalls = Syscalls { call, name in
      let isFirst = call == .openat && name.hasSuffix("/x.npy") && isPut.withLock { !$0 }
      if isFirst {
        isPut.withLock { $0 = true }
        try? replacement.put(at: path, linkTo: elsewhere)
      }
      return .proceed
    }
    let state = try StateScan.describe([directory.path("state")], syscalls: syscalls)
    #expect(state.regions.isEmpty && state.notices == ["\(path) vanished and was left out"])
  }

  /// Such as the kernel's own, which tell no size and have content.
  @Test func aFileThatHidesItsSizeIsNotTakenForAnEmptyOne() throws {
    let error = #expect(throws: HoloError.self) { try StateScan.describe(["/proc/self/status"]) }
    #expect(error?.code == .noInput && error?.place.path == "/proc/self/status")
    let state = try StateScan.describe(["/proc/sys/kernel/random"])
    #expect(state.regions.allSatisfy { $0.name != "boot_id" })
    #expect(
      state.notices.contains(
        "/proc/sys/kernel/random/boot_id does not tell its size, as special files do not, and was left out"))
    let directory = ScratchDirectory()
    try directory.write([], to: "state/empty")
    #expect(try StateScan.describe([directory.path("state")]).regions.map(\.name) == ["empty"])
  }

  private static let byteCount = 3 * ChunkGeometry.chunkByteCount

  private func withState(_ body: (_ directory: ScratchDirectory, _ victim: String) throws -> Void) throws {
    let directory = ScratchDirectory()
    try directory.write("before", to: "state/before.txt")
    try directory.write([UInt8](repeating: 1, count: Self.byteCount), to: "state/victim.u8")
    try body(directory, directory.path("state/victim.u8"))
  }

  private func create(
    _ directory: ScratchDirectory, _ syscalls: Syscalls, allowChanging: Bool = false
  ) throws -> CaptureReport {
    var options = CaptureOptions()
    options.allowChanging = allowChanging
    options.workers = 1
    return try Snapshots(syscalls: syscalls).create(
      states: [directory.path("state")], destination: .file(path: directory.path("out.hwp")), options: options)
  }

  private func restored(_ directory: ScratchDirectory) throws -> [UInt8] {
    _ = try Snapshots().restore(
      snapshot: SnapshotReference(directory.path("out.hwp"), store: directory.path), to: directory.path("back"),
      options: RestoreOptions())
    return try directory.read("back/victim.u8")
  }

  @Test func aFileThatChangesOnceIsReadAgain() throws {
    try withState { directory, victim in
      let writer = Writer(times: 1) { overwrite($0, at: 5, with: 2) }
      let report = try create(directory, writer.syscalls(watching: victim, readsPerPass: 3))
      #expect(report.notices == [])
      #expect(try restored(directory) == directory.read("state/victim.u8"))
      let verification = try Snapshots().verify(
        snapshots: [SnapshotReference(directory.path("out.hwp"), store: directory.path)], store: directory.path,
        quick: false)
      #expect(verification.problems == [])
    }
  }

  @Test func whatOfTheFirstReadingStaysStoredIsSaid() throws {
    try withState { directory, victim in
      var generator = SeededGenerator(seed: 20)
      // Three chunks that do not compress.
      try directory.write(generator.bytes(Self.byteCount), to: "state/victim.u8")
      let writer = Writer(times: 1) { overwrite($0, at: 5, with: 2) }
      let report = try create(directory, writer.syscalls(watching: victim, readsPerPass: 3))
      let used = report.regions.reduce(0) { $0 + $1.storedByteCount }
      let unused = report.totals.payloadByteCount - used
      #expect(unused >= UInt64(Self.byteCount))
      #expect(
        report.notices == [
          "victim.u8 changed while it was read and was read again: of the first reading \(unused) bytes stay stored"
            + " without use"
        ])
    }
  }

  @Test func aWaveFileKeepsNothingOfTheFirstReading() throws {
    try withState { directory, victim in
      let writer = Writer(times: 1) { overwrite($0, at: 5, with: 2) }
      let report = try Snapshots(syscalls: writer.syscalls(watching: victim, readsPerPass: 3)).create(
        states: [directory.path("state")], destination: .file(path: directory.path("out.wave")), format: .wave,
        options: CaptureOptions())
      #expect(report.notices == [])
    }
  }

  @Test func aFileThatKeepsChangingEndsTheCapture() throws {
    try withState { directory, victim in
      let writer = Writer(times: 9) { overwrite($0, at: 5, with: UInt8.random(in: 0...255)) }
      let error = #expect(throws: HoloError.self) {
        try create(directory, writer.syscalls(watching: victim, readsPerPass: 3))
      }
      #expect(error?.code.exitStatus == 75)
      #expect(error?.place.region == "victim.u8")
      #expect(!directory.exists("out.hwp"))
    }
  }

  @Test func aFileThatKeepsChangingIsTakenWhereThatIsAllowed() throws {
    try withState { directory, victim in
      let writer = Writer(times: 9) { overwrite($0, at: 5, with: 7) }
      let report = try create(
        directory, writer.syscalls(watching: victim, readsPerPass: 3), allowChanging: true)
      #expect(report.regions.map(\.descriptor.changedWhileRead) == [false, true])
      #expect(report.notices.count == 1)
      #expect(try restored(directory).count == Self.byteCount)
    }
  }

  @Test func aFileThatIsCutWhileItIsReadIsReadAgain() throws {
    try withState { directory, victim in
      let writer = Writer(times: 1) { truncate($0, ChunkGeometry.chunkByteCount + 10) }
      _ = try create(directory, writer.syscalls(watching: victim, readsPerPass: 3))
      #expect(try restored(directory) == directory.read("state/victim.u8"))
    }
  }

  @Test func aFileThatVanishesEndsTheCapture() throws {
    try withState { directory, victim in
      // Gone between the listing and the opening.
      let syscalls = Syscalls { call, name in
        if call == .openat && name.hasSuffix("/before.txt") { unlink(victim) }
        return .proceed
      }
      let error = #expect(throws: HoloError.self) { try create(directory, syscalls) }
      #expect(error?.code.exitStatus == 75)
    }
  }
}

/// Changes a byte, and the time of modification to another: the clock of file times may be coarser than two writes are apart.
private func overwrite(_ path: String, at offset: Int, with byte: UInt8) {
  let descriptor = open(path, O_WRONLY)
  var value = byte
  pwrite(descriptor, &value, 1, offset)
  let seconds = Int.random(in: 1...1 << 30)
  futimens(descriptor, [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)])
  close(descriptor)
}
