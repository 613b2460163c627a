import Glibc
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

  @Test func `a bad byte outside the regions is found, and takes none of them away`() throws {
    let sound = try directory.read("x.wave")
    func last(_ text: String) throws -> Int {
      let needle = Array(text.utf8)
      return try #require((0..<(sound.count - needle.count)).last { sound[$0...].starts(with: needle) })
    }
    let fileCount = state.tree.values.count { $0.kind == S_IFREG }
    // The head: its first byte, its version, its reserved bytes. The table: its tag, its summary. The trailer: its hash.
    let positions = [0, 102, 2_000, try last("HWPTABL") + 3, try last("\"creator\"") + 2, sound.count - 100]
    for (number, position) in positions.enumerated() {
      var bytes = sound
      bytes[position] ^= 2
      try directory.write(bytes, to: "bad.wave")
      let verified = try directory.holosnap("verify", "bad.wave", "--json")
      #expect(verified.status == 65, "byte \(position)")
      let findings = try JSONDocument(verified).objects("findings")?.first
      #expect(findings?.texts("wholeRegions")?.count == fileCount, "byte \(position)")
      #expect(findings?.texts("damagedRegions") == [], "byte \(position)")
      let restored = try directory.holosnap("restore", "bad.wave", "again\(number)", "--region", "**").succeeded()
      #expect(restored.error.contains("nothing proves its directories") == (number >= 3), "byte \(position)")
      #expect(Tree.read("\(directory.path)/again\(number)") == state.tree, "byte \(position)")
      #expect(
        try directory.holosnap("extract", "bad.wave", "psi.c128").succeeded().output == directory.read("state/psi.c128")
      )
    }
  }

  @Test func `one that is cut off is damaged, and a foreign sound file is no container`() throws {
    try directory.write(Array(try directory.read("x.wave").dropLast()), to: "cut.wave")
    try directory.holosnap("verify", "cut.wave").failed(65, saying: "cut.wave")
    try directory.holosnap("restore", "cut.wave", "again").failed(65, saying: "cut.wave")
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
