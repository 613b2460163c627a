import Glibc
import TestSupport
import Testing

@Suite struct RestoreTests {
  private let directory: ScratchDirectory
  private let state: SampleState

  init() throws {
    directory = ScratchDirectory()
    state = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--output", "x.hwp", "--transform", "none").succeeded()
  }

  @Test func `JSON tells what came back`() throws {
    let report = try JSONDocument(directory.holosnap("restore", "x.hwp", "again", "--json").succeeded())
    let promised: Set = [
      "ok", "snapshot", "target", "rawBytes", "seconds", "backend", "device", "regions", "problems", "notices",
    ]
    #expect(report.keys.isSuperset(of: promised), "\(promised.subtracting(report.keys))")
    #expect(report.boolean("ok") == true)
    #expect(report.objects("regions")?.contains { $0.text("name") == "psi.c128" } == true)
    #expect(Tree.read("\(directory.path)/again") == state.tree)
  }

  @Test func `only the regions that were asked for`() throws {
    try directory.holosnap("restore", "x.hwp", "again", "--region", "index/**", "--region", "t*.txt").succeeded()
    #expect(try directory.names(in: "again") == ["index", "two words.txt"])
    #expect(try directory.names(in: "again/index") == ["tags.json"])
  }

  @Test func `a target that is not empty is refused unless it may be overwritten`() throws {
    try directory.write(Array("mine".utf8), to: "again/empty.bin")
    try directory.holosnap("restore", "x.hwp", "again").failed(73, saying: "again")
    #expect(try directory.read("again/empty.bin") == Array("mine".utf8))
    #expect(try directory.names(in: "again") == ["empty.bin"])
    try directory.holosnap("restore", "x.hwp", "again", "--overwrite").succeeded()
    #expect(try directory.read("again/empty.bin").isEmpty)
  }

  @Test func `a damaged snapshot leaves the files that it was to replace`() throws {
    try state.damageNoise(in: "x.hwp")
    for name in state.tree.keys where state.tree[name]?.kind == S_IFREG {
      try directory.write(Array("mine".utf8), to: Array("again/".utf8) + name)
    }
    func files() -> [[UInt8]: Tree.Entry] { Tree.read("\(directory.path)/again").filter { $0.value.kind == S_IFREG } }
    let before = files()
    let outcome = try directory.holosnap("restore", "x.hwp", "again", "--overwrite").failed(
      65, saying: "region noise.bin", "nothing was restored")
    #expect(!outcome.error.contains("replaced"))
    #expect(files() == before)
    // By name, all but the damaged one are replaced.
    try directory.holosnap("restore", "x.hwp", "again", "--overwrite", "--region", "**").failed(65, saying: "noise.bin")
    var expected = state.tree
    expected[Array("noise.bin".utf8)] = before[Array("noise.bin".utf8)]
    #expect(Tree.read("\(directory.path)/again") == expected)
  }

  @Test func `directories come by name, with their modes, and bring no others`() throws {
    let empty = Array("nothing in here".utf8)
    try directory.holosnap("restore", "x.hwp", "all", "--region", "**").succeeded()
    #expect(Tree.read("\(directory.path)/all") == state.tree)
    try directory.holosnap("restore", "x.hwp", "one", "--region", "nothing*").succeeded()
    #expect(Tree.read("\(directory.path)/one") == [empty: try #require(state.tree[empty])])
    try directory.holosnap("restore", "x.hwp", "none", "--region", "*/nothing*").failed(
      66, saying: "no region or directory")
    #expect(!directory.exists("none"))
  }

  @Test func `a target that cannot be made ends with the status for that`() throws {
    try directory.holosnap("restore", "x.hwp", "x.hwp/again").failed(73, saying: "x.hwp/again", "not a directory")
    try directory.holosnap("restore", "x.hwp", "no/again").failed(73, saying: "(no)", "does not exist", "mkdir -p")
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }

  @Test func `a mode comes back without the bits that give rights`() throws {
    chmod("\(state.path)/psi.c128", 0o6755)
    try directory.holosnap("create", "state", "--output", "y.hwp").succeeded()
    try directory.holosnap("restore", "y.hwp", "again").succeeded()
    #expect(Tree.read("\(directory.path)/again")[Array("psi.c128".utf8)]?.permissions == 0o755)
  }

  @Test func `a snapshot that is not there is no input`() throws {
    try directory.holosnap("restore", "nowhere.hwp", "again").failed(66, saying: "nowhere.hwp")
    try directory.holosnap("restore", "latest", "again").failed(66)
    try directory.holosnap("restore", "./nowhere.hwp", "again").failed(66, saying: "nowhere.hwp")
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }

  @Test func `a damaged snapshot comes back in no part`() throws {
    try state.damageNoise(in: "x.hwp")
    let outcome = try directory.holosnap("restore", "x.hwp", "again", "--json").failed(
      65, saying: "region noise.bin", "chunk 1", "--region")
    let error = try #require(try JSONDocument(outcome).object("error"))
    #expect(error.text("code") == "damaged")
    #expect(error.text("region") == "noise.bin")
    #expect(error.integer("chunk") == 1)
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }

  @Test func `where no region that was asked for can come back, no directory does`() throws {
    try state.damageNoise(in: "x.hwp")
    try directory.holosnap("restore", "x.hwp", "again", "--region", "noise.bin").failed(65, saying: "region noise.bin")
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }

  @Test func `regions by name: a damaged one is named and left out, the others come back`() throws {
    try state.damageNoise(in: "x.hwp")
    let outcome = try directory.holosnap("restore", "x.hwp", "again", "--region", "**", "--json").failed(
      65, saying: "region noise.bin", "chunk 1")
    let report = try JSONDocument(outcome)
    #expect(report.boolean("ok") == false)
    #expect(report.objects("problems")?.map { $0.text("region") } == ["noise.bin"])
    let restored = Tree.read("\(directory.path)/again")
    #expect(restored[Array("noise.bin".utf8)] == nil)
    #expect(restored[Array("psi.c128".utf8)] == state.tree[Array("psi.c128".utf8)])
  }

  @Test func `directories alone come back, and a wildcard that names no region says so`() throws {
    try directory.write([1], to: "tree/full/a.bin")
    try directory.makeDirectory("tree/empty")
    try directory.makeDirectory("tree/empty/inner")
    try directory.holosnap("create", "tree", "--output", "tree.hwp").succeeded()
    let empty = try directory.holosnap("restore", "tree.hwp", "one", "--region", "empty").succeeded()
    #expect(empty.text.contains("0 regions, 2 directories") && empty.error == "")
    #expect(try directory.names(in: "one/empty") == ["inner"])
    let bare = try directory.holosnap("restore", "tree.hwp", "two", "--region", "f*", "--json").succeeded()
    let report = try JSONDocument(bare)
    #expect(report.integer("directoryCount") == 1 && report.objects("regions")?.isEmpty == true)
    #expect(report.texts("notices") == ["f* names a directory and no region: 'f*/**' names what lies below"])
    #expect(try directory.names(in: "two") == ["full"] && directory.names(in: "two/full").isEmpty)
    for pattern in ["full", "f*/**", "**"] {
      let whole = try JSONDocument(
        directory.holosnap(
          "restore", "tree.hwp", pattern.hasPrefix("f*") ? "three" : "\(pattern.count)", "--region", pattern, "--json"
        ).succeeded())
      #expect(whole.objects("regions")?.count == 1 && whole.texts("notices") == [])
    }
  }
}
