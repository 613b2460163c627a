import TestSupport
import Testing

@Suite struct GenerateTests {
  private let directory: ScratchDirectory

  init() { directory = ScratchDirectory() }

  @Test(arguments: ["field3d", "hrr", "phasor", "wavefield", "mixed"])
  func `a generated state survives a snapshot`(profile: String) throws {
    let outcome = try directory.holosnap("generate", "state", "--size", "2MiB", "--profile", profile, "--json")
    let report = try JSONDocument(outcome.succeeded())
    #expect(report.text("path") == "state" && report.text("profile") == profile && report.integer("seed") == 1)
    let tree = Tree.read("\(directory.path)/state")
    let files = tree.values.filter { $0.kind == 0o100000 }
    #expect(report.integer("fileCount") == files.count)
    #expect(report.integer("rawBytes") == files.reduce(0) { $0 + $1.contents.count })
    #expect((1 << 20...3 << 20).contains(try #require(report.integer("rawBytes"))))

    try directory.holosnap("create", "state", "--output", "x.hwp").succeeded()
    try directory.holosnap("restore", "x.hwp", "again").succeeded()
    #expect(Tree.read("\(directory.path)/again") == tree)
  }

  @Test func `the seed makes the difference`() throws {
    for (name, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
      try directory.holosnap("generate", name, "--size", "256KiB", "--seed", seed).succeeded()
    }
    let contents = ["a", "b", "c"].map { Tree.read("\(directory.path)/\($0)").mapValues(\.contents) }
    #expect(contents[0] == contents[1])
    #expect(contents[0] != contents[2])
  }

  @Test func `a directory that is not empty is refused`() throws {
    try directory.write(Array("mine".utf8), to: "state/notes")
    try directory.holosnap("generate", "state", "--size", "64KiB").failed(73, saying: "state")
    #expect(try directory.names(in: "state") == ["notes"])
  }

  @Test func `a bench measures every stage, and leaves nothing behind`() throws {
    let command = directory.command(
      ["bench", "--size", "1MiB", "--repeats", "1"], environment: ["TMPDIR": directory.path])
    let outcome = try command.run().succeeded()
    let stages = ["checksum", "quantize", "transform", "delta", "compress", "capture", "restore", "verify"]
    let lines = outcome.text.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    #expect(lines == ["STAGE"] + stages)
    #expect(try directory.names(in: ".").isEmpty)
  }

  @Test func `a bench of one stage on a state, in JSON`() throws {
    try directory.holosnap("generate", "state", "--size", "1MiB", "--profile", "hrr").succeeded()
    let outcome = try directory.holosnap("bench", "--stage", "capture", "--state", "state", "--repeats", "2", "--json")
    let report = try JSONDocument(outcome.succeeded())
    let stages = try #require(report.objects("stages"))
    #expect(stages.count == 1)
    let promised: Set = ["stage", "backend", "device", "bytes", "storedBytes", "seconds", "gigabytesPerSecond"]
    #expect(stages[0].keys == promised)
    #expect(stages[0].text("stage") == "capture" && stages[0].text("backend") == "host")
    #expect(try #require(stages[0].integer("storedBytes")) > 0)
  }

  @Test func `a bench compresses every chunk, whatever the number of workers`() throws {
    // One worker goes over more than it holds at a time, three hold all of it.
    try directory.holosnap("generate", "state", "--size", "20MiB", "--profile", "field3d").succeeded()
    let stored = try ["1", "3"].map { workers in
      let outcome = try directory.holosnap(
        "bench", "--stage", "compress", "--state", "state", "--repeats", "1", "--workers", workers, "--json")
      return try #require(try JSONDocument(outcome.succeeded()).objects("stages")?.first?.integer("storedBytes"))
    }
    #expect(stored[0] == stored[1])
    let created = try JSONDocument(directory.holosnap("create", "state", "--json").succeeded())
    let frames = try #require(created.objects("regions")).compactMap { $0.integer("storedBytes") }.reduce(0, +)
    #expect(stored[0] == frames)
  }

  @Test func `a bench of no state is no input`() throws {
    try directory.holosnap("bench", "--state", "nowhere").failed(66, saying: "nowhere")
  }
}
