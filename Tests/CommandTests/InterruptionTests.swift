import Glibc
import TestSupport
import Testing

@Suite struct InterruptionTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    try directory.write([1], to: "small.u8")
    // Nothing here waits for it to be read: it is far too large for that.
    try directory.writeSparse(byteCount: 1 << 40, to: "endless.bin")
    mkdir("\(directory.path)/store", 0o755)
  }

  private func startEndlessCreate(ignoring ignored: [Int32] = [], _ options: String...) throws -> Recording {
    let watch = try DirectoryWatch("\(directory.path)/store")
    var command = directory.command(["create", "endless.bin", "--store", "store"] + options)
    command.ignoredSignals = ignored
    let recording = try command.start()
    try watch.wait(endingIn: ".partial")
    return recording
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func `a signal ends a capture cleanly`(signal: Int32, status: Int32) throws {
    let recording = try startEndlessCreate("--json")
    recording.process.send(signal)
    let outcome = recording.finish().failed(status, saying: "stopped")
    #expect(try JSONDocument(outcome).object("error")?.text("code") == "cancelled")
    #expect(try directory.names(in: "store").isEmpty)
  }

  @Test func `signals that come together count as one`() throws {
    let recording = try startEndlessCreate()
    for signal in [SIGTERM, SIGTERM, SIGINT, SIGTERM] { recording.process.send(signal) }
    let status = recording.process.wait()
    #expect(status == 143 || status == 130)
    #expect(try directory.names(in: "store").isEmpty)
  }

  @Test func `a quit ends a capture at once and says nothing`() throws {
    let recording = try startEndlessCreate()
    recording.process.send(SIGQUIT)
    let outcome = recording.finish()
    #expect(outcome.status == 128 + SIGQUIT)
    #expect(outcome.error == "" && outcome.output == [])
    #expect(try directory.names(in: "store").count == 1)
  }

  @Test(arguments: [[SIGHUP], [SIGINT, SIGQUIT], [SIGINT, SIGTERM, SIGQUIT]])
  func `ignored signals stay ignored`(ignored: [Int32]) throws {
    let recording = try startEndlessCreate(ignoring: ignored)
    for signal in ignored { recording.process.send(signal) }
    let last = ignored.contains(SIGTERM) ? SIGHUP : SIGTERM
    recording.process.send(last)
    let outcome = recording.finish().failed(128 + last, saying: "stopped")
    #expect(outcome.error.split(separator: "\n").count == 1)
  }

  @Test func `a killed capture leaves a partial file, which the next one removes and reports`() throws {
    let recording = try startEndlessCreate()
    recording.process.send(SIGKILL)
    #expect(recording.finish().status == 128 + SIGKILL)
    let left = try directory.names(in: "store")
    #expect(left.count == 1 && left[0].hasSuffix(".partial"))
    #expect(try directory.holosnap("list", "--store", "store").succeeded().text == "no snapshots in store\n")

    let next = try directory.holosnap("create", "small.u8", "--store", "store").succeeded()
    #expect(next.error.contains("holosnap: notice: "), "\(next.error)")
    let names = try directory.names(in: "store")
    #expect(names.count == 1 && names[0].hasSuffix(".hwp"))
  }

  @Test func `a running capture is left alone by the next one`() throws {
    let recording = try startEndlessCreate()
    let next = try directory.holosnap("create", "small.u8", "--store", "store").succeeded()
    #expect(next.error.isEmpty)
    #expect(try directory.names(in: "store").filter { $0.hasSuffix(".partial") }.count == 1)
    recording.process.send(SIGINT)
    #expect(recording.finish().status == 130)
  }

  @Test func `a signal ends a command whose reader is stuck`() throws {
    var pipe: [Int32] = [0, 0]
    #expect(Glibc.pipe(&pipe) == 0)
    defer { close(pipe[0]) }
    // Full before the command begins.
    _ = fcntl(pipe[1], F_SETFL, O_NONBLOCK)
    let filling = [UInt8](repeating: 32, count: 4096)
    while write(pipe[1], filling, filling.count) > 0 {}
    _ = fcntl(pipe[1], F_SETFL, 0)

    let watch = try DirectoryWatch("\(directory.path)/store")
    let error = open("\(directory.path)/error", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(error) }
    let process = try directory.command(["create", "small.u8", "--store", "store"]).start(output: pipe[1], error: error)
    close(pipe[1])
    try watch.wait(endingIn: ".hwp")
    // The first may still meet the work; the second counts when that is done, at the latest.
    process.send(SIGINT)
    process.send(SIGTERM)
    // The snapshot is there, and that is what the command was for.
    #expect(process.wait() == 0)
    let names = try directory.names(in: "store")
    let message = String(decoding: try directory.read("error"), as: UTF8.self)
    #expect(
      names.count == 1 && message == "holosnap: stopped when it was done: the snapshot is there, store/\(names[0])\n")
  }

  @Test func `a killed restore leaves a partial file, which the next one removes and reports`() throws {
    try directory.writeSparse(byteCount: 512 << 20, to: "huge.bin")
    try directory.holosnap("create", "huge.bin", "--output", "huge.hwp").succeeded()
    mkdir("\(directory.path)/again", 0o755)
    let watch = try DirectoryWatch("\(directory.path)/again")
    let recording = try directory.command(["restore", "huge.hwp", "again"]).start()
    try watch.wait(forNameBeginningWith: ".huge.bin.", endingIn: ".partial")
    recording.process.send(SIGKILL)
    #expect(recording.finish().status == 128 + SIGKILL)
    #expect(try directory.names(in: "again").map { $0.prefix(6) } == [".huge.", ".resto"])

    try directory.holosnap("create", "small.u8", "--output", "small.hwp").succeeded()
    let next = try directory.holosnap("restore", "small.hwp", "again").succeeded()
    #expect(next.error.contains("removed 1 unfinished file of restores"), "\(next.error)")
    #expect(try directory.names(in: "again") == ["small.u8"])
  }

  @Test func `a signal ends a restore cleanly`() throws {
    try directory.writeSparse(byteCount: 512 << 20, to: "huge.bin")
    try directory.holosnap("create", "huge.bin", "--output", "huge.hwp").succeeded()
    mkdir("\(directory.path)/again", 0o755)
    let watch = try DirectoryWatch("\(directory.path)/again")
    let recording = try directory.command(["restore", "huge.hwp", "again"]).start()
    try watch.wait(forNameBeginningWith: ".huge.bin.", endingIn: ".partial")
    recording.process.send(SIGINT)
    recording.finish().failed(130, saying: "stopped")
    #expect(try directory.names(in: "again").isEmpty)
  }
}
