import TestSupport
import Testing

@Suite struct VerifyTests {
  private let directory: ScratchDirectory
  private let state: SampleState

  init() throws {
    directory = ScratchDirectory()
    state = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--output", "x.hwp", "--transform", "none").succeeded()
  }

  @Test(arguments: [[], ["--quick"]])
  func `a sound snapshot`(options: [String]) throws {
    let outcome = try directory.command(["verify", "x.hwp"] + options).run().succeeded()
    #expect(outcome.text.hasPrefix("sound: 1 snapshot, "))
    let report = try JSONDocument(directory.command(["verify", "x.hwp", "--json"] + options).run().succeeded())
    #expect(report.keys.isSuperset(of: ["ok", "checkedBytes", "problems"]))
    #expect(report.boolean("ok") == true)
    #expect(report.objects("problems")?.isEmpty == true)
    // Quick: stored bytes. Else: bytes of the state.
    let least = options.isEmpty ? SampleState.fieldByteCount : try directory.read("x.hwp").count / 2
    #expect(try #require(report.integer("checkedBytes")) >= least)
  }

  @Test(arguments: [[], ["--quick"]])
  func `a flipped bit is found, and named`(options: [String]) throws {
    let offset = try state.damageNoise(in: "x.hwp")
    let outcome = try directory.command(["verify", "x.hwp"] + options).run()
    outcome.failed(65, saying: "x.hwp", "region noise.bin", "chunk 1", " bytes at offset ")
    #expect(outcome.text.hasPrefix("1 problem: "))

    let report = try JSONDocument(directory.command(["verify", "x.hwp", "--json"] + options).run().failed(65))
    #expect(report.boolean("ok") == false)
    let problems = try #require(report.objects("problems"))
    let problem = try #require(problems.first)
    #expect(problems.count == 1)
    #expect(problem.keys.isSuperset(of: ["path", "region", "chunk", "offset", "length", "kind", "message"]))
    #expect(problem.text("path") == "x.hwp")
    #expect(problem.text("region") == "noise.bin")
    #expect(problem.integer("chunk") == 1)
    #expect(problem.text("kind") == "damaged")
    let (start, length) = try (#require(problem.integer("offset")), #require(problem.integer("length")))
    #expect((start..<start + length).contains(offset))
  }

  @Test func `a damaged index is found`() throws {
    let count = try directory.read("x.hwp").count
    try directory.flipBit(at: count - 200, of: "x.hwp")
    try directory.holosnap("verify", "x.hwp").failed(65, saying: "x.hwp")
    try directory.holosnap("inspect", "x.hwp").failed(65, saying: "x.hwp")
    try directory.holosnap("restore", "x.hwp", "again").failed(65, saying: "x.hwp")
  }

  @Test(arguments: [[], ["--quick"]])
  func `a damaged index is no damage to the regions, and the remedy works`(options: [String]) throws {
    let count = try directory.read("x.hwp").count
    try directory.flipBit(at: count - 200, of: "x.hwp")
    let command = "holosnap restore x.hwp TARGET --region '**'"
    let outcome = try directory.command(["verify", "x.hwp"] + options).run().failed(65, saying: "`\(command)`")
    #expect(outcome.text.contains("\n  whole  12 regions: "))
    try directory.holosnap("restore", "x.hwp", "again", "--region", "**").succeeded()
    #expect(try directory.read("again/psi.c128") == directory.read("state/psi.c128"))

    try state.damageNoise(in: "x.hwp")
    let report = try JSONDocument(directory.command(["verify", "x.hwp", "--json"] + options).run())
    let findings = try #require(report.objects("findings")?.first)
    #expect(findings.text("path") == "x.hwp")
    #expect(findings.texts("damagedRegions") == ["noise.bin"])
    #expect(findings.texts("wholeRegions")?.count == 11)
    #expect(findings.boolean("hasLostRegions") == false)
  }

  @Test func `what can be done is said once`() throws {
    let bytes = try directory.read("x.hwp")
    let noise = try state.damageNoise(in: "x.hwp")
    try directory.flipBit(at: noise - 270_000, of: "x.hwp")
    #expect(try directory.read("x.hwp") != bytes)
    let outcome = try directory.holosnap("verify", "x.hwp")
    #expect(outcome.status == 65)
    #expect(outcome.error.split(separator: "\n").count { $0.contains("region noise.bin, chunk ") } == 2)
    #expect(outcome.error.split(separator: "`holosnap restore", omittingEmptySubsequences: false).count == 2)
  }

  @Test func `a lost end is found`() throws {
    try directory.write(Array(try directory.read("x.hwp").dropLast(10)), to: "short.hwp")
    try directory.holosnap("verify", "short.hwp").failed(65, saying: "short.hwp")
    let outcome = try directory.holosnap("inspect", "short.hwp", "--json").failed(65)
    #expect(try JSONDocument(outcome).object("error")?.text("path") == "short.hwp")
  }

  @Test func `what could not be checked at all gets no throughput`() throws {
    try directory.write("once upon a time there was a file", to: "tale.hwp")
    let nothing = try directory.holosnap("verify", "tale.hwp").failed(65)
    #expect(nothing.text == "1 problem: 1 snapshot, of which nothing could be checked\n")
    let some = try directory.holosnap("verify", "tale.hwp", "x.hwp").failed(65)
    #expect(some.text.hasPrefix("1 problem: 2 snapshots, ") && some.text.contains(" checked in "))

    try directory.makeDirectory("nothing")
    try directory.holosnap("create", "nothing", "--output", "empty.hwp").succeeded()
    let empty = try directory.holosnap("verify", "empty.hwp").succeeded()
    #expect(empty.text == "sound: 1 snapshot, nothing in it to check\n")
  }

  @Test func `a file that is no snapshot is told from a damaged one`() throws {
    try directory.write("once upon a time there was a file", to: "tale.hwp")
    let outcome = try directory.holosnap("inspect", "tale.hwp", "--json").failed(65, saying: "tale.hwp")
    #expect(try JSONDocument(outcome).object("error")?.text("code") == "notAContainer")
  }

  @Test func `the whole store, and every problem in it`() throws {
    for name in ["a", "b", "c"] {
      try directory.write(try directory.read("x.hwp"), to: "snapshots/\(name).hwp")
    }
    try directory.holosnap("verify").succeeded()
    for name in ["a", "c"] { try state.damageNoise(in: "snapshots/\(name).hwp") }
    let report = try JSONDocument(directory.holosnap("verify", "--json"))
    #expect(report.integer("snapshotCount") == 3)
    #expect(
      Set(report.objects("problems")?.compactMap { $0.text("path") } ?? []) == [
        "snapshots/a.hwp", "snapshots/c.hwp",
      ])
  }

  @Test func `nothing to verify is no input`() throws {
    try directory.holosnap("verify", "nowhere.hwp").failed(66, saying: "nowhere.hwp")
    try directory.holosnap("verify", "--store", "nowhere").failed(66, saying: "nowhere")
  }
}
