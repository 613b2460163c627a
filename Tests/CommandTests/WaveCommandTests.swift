import TestSupport
import Testing

@Suite struct WaveCommandTests {
  private let directory: ScratchDirectory
  private let state: SampleState

  init() throws {
    directory = ScratchDirectory()
    state = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--output", "x.wave").succeeded()
  }

  @Test func `a state comes back from a sound file`() throws {
    try directory.holosnap("verify", "x.wave").succeeded()
    try directory.holosnap("verify", "x.wave", "--quick").succeeded()
    try directory.holosnap("restore", "x.wave", "again").succeeded()
    #expect(Tree.read("\(directory.path)/again") == state.tree)
  }

  @Test func `quick finds a flipped byte of a region, too`() throws {
    try state.damageNoise(in: "x.wave")
    try directory.holosnap("verify", "x.wave", "--quick").failed(65, saying: "region noise.bin", "chunk 1")
  }

  @Test func `it is the same state as in the other format`() throws {
    try directory.holosnap("create", "state", "--output", "x.hwp").succeeded()
    let difference = try JSONDocument(directory.holosnap("diff", "x.hwp", "x.wave", "--json").succeeded())
    #expect(difference.boolean("same") == true)
    let description = try JSONDocument(directory.holosnap("inspect", "x.wave", "--json").succeeded())
    let other = try JSONDocument(directory.holosnap("inspect", "x.hwp", "--json").succeeded())
    #expect(description.text("format") == "wave")
    #expect(other.text("format") == "hwp")
    #expect(
      description.objects("regions")?.map { $0.text("blake3") } == other.objects("regions")?.map { $0.text("blake3") })
  }

  @Test func `a store holds both formats`() throws {
    try directory.holosnap("create", "state").succeeded()
    let created = try JSONDocument(directory.holosnap("create", "state", "--format", "wave", "--json").succeeded())
    #expect(created.text("path")?.hasSuffix(".wave") == true)
    let id = try #require(created.text("id"))
    try directory.holosnap("restore", String(id.prefix(12)), "again").succeeded()
    try directory.holosnap("verify").succeeded()
    let list = try JSONDocument(directory.holosnap("list", "--json").succeeded())
    #expect(list.objects("snapshots")?.count == 2)
  }

  @Test func `one region comes out without the others`() throws {
    #expect(
      try directory.holosnap("extract", "x.wave", "psi.c128").succeeded().output == directory.read("state/psi.c128"))
    try directory.holosnap("restore", "x.wave", "again", "--region", "index/**").succeeded()
    #expect(try directory.names(in: "again") == ["index"])
  }

  @Test func `one that is cut off is damaged, and a foreign sound file is no container`() throws {
    try directory.write(Array(try directory.read("x.wave").dropLast()), to: "cut.wave")
    try directory.holosnap("verify", "cut.wave").failed(65, saying: "cut.wave")
    try directory.holosnap("restore", "cut.wave", "again", "--region", "**").failed(65, saying: "cut.wave")
    let foreign = Array("RIFF".utf8) + [36, 0, 0, 0] + Array("WAVEfmt ".utf8) + [UInt8](repeating: 0, count: 28)
    try directory.write(foreign, to: "foreign.wave")
    let outcome = try directory.holosnap("verify", "foreign.wave", "--json")
    #expect(outcome.status == 65)
    #expect(try JSONDocument(outcome).objects("problems")?.map { $0.text("kind") } == ["notAContainer"])
    #expect(try directory.names(in: ".") == ["cut.wave", "foreign.wave", "state", "x.wave"])
  }

  @Test func `name and format agree`() throws {
    for arguments in [["--output", "y.wave", "--format", "hwp"], ["--output", "y.hwp", "--format", "wave"]] {
      let outcome = try directory.command(["create", "state"] + arguments).run()
      #expect(outcome.status == 64)
      #expect(outcome.error.contains("contradict"))
    }
  }
}
