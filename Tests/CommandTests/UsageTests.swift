import Glibc
import TestSupport
import Testing

@Suite struct UsageTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    try directory.write([1, 2, 3], to: "x.u8")
  }

  static let wrong: [[String]] = [
    ["create"],
    ["create", ""],
    ["create", "x.u8", "--bogus"],
    ["create", "x.u8", "--store", "a", "--output", "b"],
    ["create", "x.u8", "--store", ""],
    ["create", "x.u8", "--output", ""],
    ["create", "x.u8", "--reason", "boredom"],
    ["create", "x.u8", "--priority", "high"],
    ["create", "x.u8", "--priority", "9007199254740992"],
    ["create", "x.u8", "--series", ""],
    ["create", "x.u8", "--transform", "magic"],
    ["create", "x.u8", "--level", "11"],
    ["create", "x.u8", "--format", "wave", "--level", "fast"],
    ["create", "x.u8", "--format", "wave", "--transform", "none"],
    ["create", "x.u8", "--output", "y.wave", "--level", "high"],
    ["create", "x.u8", "--output", "-"],
    ["create", "x.u8", "--series", String(repeating: "s", count: 1_025)],
    ["convert", "x.hwp", "y.wave", "--level", "high"],
    ["convert", "x.hwp", "old", "--format", "legacy", "--transform", "none"],
    ["convert", "x.hwp", "-", "--format", "hwp"],
    ["create", "x.u8", "--backend", "abacus"],
    ["create", "x.u8", "--device", "-1"],
    ["create", "x.u8", "--memory-limit", "64MB"],
    ["create", "x.u8", "--memory-limit", "0"],
    ["create", "x.u8", "--memory-limit", "1"],
    ["restore", "x.hwp", "again", "--memory-limit", "2303KiB"],
    ["verify", "--quick", "--memory-limit", "1"],
    ["create", "x.u8", "--memory-limit", "1.5GiB"],
    ["create", "x.u8", "--memory-limit", " 64MiB"],
    ["create", "x.u8", "--memory-limit", "MiB"],
    ["create", "x.u8", "--memory-limit", "-1"],
    ["create", "x.u8", "--memory-limit", "9999999999GiB"],
    ["create", "x.u8", "--quantize", "*=abs:1e-3"],
    ["create", "x.u8", "--base", "latest"],
    ["create", "x.u8", "--quiet", "--verbose"],
    ["restore"],
    ["restore", "x.hwp"],
    ["restore", "x.hwp", ""],
    ["restore", "x.hwp", "again", "--region", ""],
    ["inspect", "latest:"],
    ["verify", "--fast"],
    ["list", "superfluous"],
    ["inspect"],
    ["generate"],
    ["generate", "again", "--size", "64kb"],
    ["generate", "again", "--profile", "noise"],
    ["bench", "--stage", "lunch"],
    ["bench", "--size", "0"],
    ["unheard-of"],
    ["help", "unheard-of"],
    ["help", "list", "create"],
  ]

  @Test(arguments: wrong)
  func `a wrong word ends with 64 and one message`(arguments: [String]) throws {
    let outcome = try directory.command(arguments).run()
    outcome.failed(64)
    #expect(outcome.output.isEmpty)
    #expect(try directory.names(in: ".") == ["x.u8"])
  }

  @Test(arguments: wrong)
  func `a wrong word with --json ends with 64 and a document`(arguments: [String]) throws {
    let outcome = try directory.command(arguments + ["--json"]).run()
    outcome.failed(64)
    let error = try #require(try JSONDocument(outcome).object("error"))
    #expect(error.text("code") == "usage")
    #expect(error.text("message")?.isEmpty == false)
    #expect(error.keys.isSuperset(of: ["path", "region", "chunk", "offset", "remedy"]))
  }

  @Test(arguments: [
    (["--type", "incremental", "--format", "wave"], 64, "a whole state"), (["--base", "latest"], 64, "has no base"),
    (["--type", "sometimes"], 64, "sometimes"), (["--type", "incremental", "--base", ""], 64, "names no snapshot"),
    (["--type", "incremental"], 66, "take a full one first"), (["--type", "differential"], 66, "no full snapshot"),
    (["--type", "incremental", "--base", "x.u8"], 65, "not a HoloSnap container"),
    (["--type", "incremental", "--base", "absent.hwp"], 66, "absent.hwp"),
  ])
  func `what no snapshot can be relative to is refused plainly`(options: [String], status: Int32, words: String) throws
  {
    try directory.command(["create", "x.u8"] + options).run().failed(status, saying: words)
    #expect(try directory.names(in: ".") == ["x.u8"])
  }

  @Test(arguments: [
    ["--memory-limit", "-5"], ["--device", "-1"],
  ])
  func `a negative number is taken for the option's value`(option: [String]) throws {
    let outcome = try directory.command(["create", "x.u8"] + option).run()
    outcome.failed(64, saying: option[0])
    #expect(!outcome.error.contains("Missing value"))
  }

  @Test func `a negative priority is recorded`() throws {
    try directory.holosnap("create", "x.u8", "--priority", "-3", "--output", "x.hwp").succeeded()
    let inspected = try JSONDocument(directory.holosnap("inspect", "x.hwp", "--json").succeeded())
    #expect(inspected.integer("priority") == -3)
  }

  @Test func `the longest name of a series is taken`() throws {
    try directory.holosnap("create", "x.u8", "--series", String(repeating: "s", count: 1_024)).succeeded()
  }

  @Test func `a path of doubled slashes is written with one`() throws {
    try directory.holosnap("create", "x.u8", "--store", "s//").succeeded()
    let created = try JSONDocument(directory.holosnap("inspect", "latest", "--store", "s//", "--json").succeeded())
    #expect(created.text("path")?.hasPrefix("s/snapshot_") == true)
  }

  @Test func `the least memory limit is named, and works`() throws {
    try directory.holosnap("create", "x.u8", "--output", "x.hwp", "--memory-limit", "2303KiB").failed(
      64, saying: "--memory-limit 2304KiB")
    let least = ["--memory-limit", "2304KiB"]
    try directory.command(["create", "x.u8", "--output", "x.hwp"] + least).run().succeeded()
    try directory.command(["verify", "x.hwp"] + least).run().succeeded()
    try directory.command(["restore", "x.hwp", "again"] + least).run().succeeded()
    #expect(try directory.read("again/x.u8") == [1, 2, 3])
  }

  @Test func `what is no file is told from what is not there`() throws {
    mkdir("\(directory.path)/d", 0o755)
    mkfifo("\(directory.path)/p", 0o644)
    for command in [["verify"], ["inspect"], ["restore"]] {
      for (name, kind) in [("d", "directory"), ("./d", "directory"), ("p", "pipe"), ("/dev/null", "device")] {
        let arguments = command + [name] + (command == ["restore"] ? ["again"] : [])
        try directory.command(arguments).run().failed(66, saying: name, kind)
      }
    }
    #expect(try directory.names(in: ".") == ["d", "p", "x.u8"])
  }

  @Test func `what this version writes may be asked for`() throws {
    try directory.holosnap("create", "x.u8", "--format", "hwp", "--type", "full", "--output", "x.hwp").succeeded()
  }

  static let commands = ["create", "restore", "verify", "list", "inspect", "devices", "generate", "bench"]

  @Test(arguments: commands)
  func `help explains every option and has an example`(command: String) throws {
    for arguments in [[command, "--help"], ["help", command]] {
      let outcome = try directory.command(arguments).run()
      #expect(outcome.status == 0 && outcome.error.isEmpty)
      #expect(outcome.text.contains("Example:\n  holosnap \(command)"))
      #expect(outcome.text.contains("JSON: "))
      for option in ["--json", "--quiet", "--verbose"] { #expect(outcome.text.contains(option)) }
    }
  }

  @Test func `help tells the exit codes and every command`() throws {
    let outcome = try directory.holosnap("--help")
    #expect(outcome.status == 0)
    for command in Self.commands { #expect(outcome.text.contains("\n  \(command) ")) }
    for code in [0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 130] { #expect(outcome.text.contains("\n  \(code) ")) }
  }

  @Test func `the version is that of the containers`() throws {
    let version = try directory.holosnap("--version")
    #expect(version.status == 0 && version.text == "0.1.0\n")
  }

  @Test(arguments: [["help"], ["help", "help"], ["help", "--help"]])
  func `help helps`(arguments: [String]) throws {
    let outcome = try directory.command(arguments).run().succeeded()
    #expect(outcome.text.contains("holosnap") && outcome.error.isEmpty)
  }

  @Test func `quiet says nothing, verbose says more`() throws {
    let quiet = try directory.holosnap("create", "x.u8", "--output", "a.hwp", "--quiet").succeeded()
    #expect(quiet.output.isEmpty && quiet.error.isEmpty)
    try directory.holosnap("verify", "b.hwp", "--quiet").failed(66)
    let usual = try directory.holosnap("create", "x.u8", "--output", "b.hwp").succeeded()
    let verbose = try directory.holosnap("create", "x.u8", "--output", "c.hwp", "--verbose").succeeded()
    #expect(!usual.text.contains("REGION") && verbose.text.contains("REGION"))
  }

  @Test func `a result that cannot be written is an error`() throws {
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let process = try directory.command(["create", "x.u8", "--json"]).start(output: full, error: full)
    #expect(process.wait() == 74)
  }

  @Test func `a reader that has gone is no error`() throws {
    var pipe: [Int32] = [0, 0]
    #expect(Glibc.pipe(&pipe) == 0)
    close(pipe[0])
    let error = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(error) }
    let process = try directory.command(["create", "x.u8"]).start(output: pipe[1], error: error)
    close(pipe[1])
    #expect(process.wait() == 0)
    #expect(try directory.names(in: "snapshots").count == 1)
  }
}
