import TestSupport
import Testing

/// What the program says and makes of blobs that another program wrote.
@Suite struct BlobCommandTests {
  private let directory = ScratchDirectory()
  private let names = ["records.json", "weights.u16", "table", "archive", "note"]

  private func path(_ name: String) -> String { "\(Fixtures.path)/v1-content/\(name).hwp" }

  @Test func `inspect tells a blob's version, and how it is cut`() throws {
    let document = try JSONDocument(directory.holosnap("inspect", path("first"), "--json").succeeded())
    let regions = try #require(document.objects("regions"))
    #expect(regions.map { $0.text("name") } == names)
    #expect(regions.map { $0.text("chunking") } == ["content", "grid", "content", "content", "grid"])
    #expect(regions.map { $0.integer("blobVersion") } == [2, nil, 0, Int(UInt32.max), nil])
    #expect(regions.map { $0.isNull("blobVersion") } == [false, true, false, false, true])
    #expect(regions.map { $0.integer("changedBytes") } == [92_629, 0, 38_069, 0, 0])
    let text = try directory.holosnap("inspect", path("first"), "--verbose").succeeded().text
    #expect(text.contains("blob       version 2, written by the program\n"), "\(text)")
    #expect(text.contains("5 chunks cut by content"), "\(text)")
  }

  @Test func `verify and restore take them`() throws {
    for arguments in [["verify", path("same")], ["verify", path("same"), "--quick"]] {
      try directory.command(arguments).run().succeeded()
    }
    try directory.holosnap("restore", path("same"), "out").succeeded()
    try directory.holosnap("extract", path("full"), "records.json", "--output", "records").succeeded()
    // The archive is what the records were.
    #expect(try directory.read("out/archive") == directory.read("records"))
    #expect(try directory.names(in: "out") == names.sorted())
  }

  @Test func `diff counts the pieces around an insertion`() throws {
    let document = try JSONDocument(directory.holosnap("diff", path("full"), path("first"), "--json").succeeded())
    let regions = try #require(document.objects("regions"))
    #expect(regions.map { $0.text("change") } == ["changed", "equal", "changed", "changed", "equal"])
    #expect(regions.map { $0.integer("changedBytes") } == [92_629, 0, 178_069, 197_932, 0])
  }

  @Test func `convert and merge keep the state`() throws {
    let inspected = try JSONDocument(directory.holosnap("inspect", path("same"), "--json").succeeded())
    try directory.holosnap("merge", path("same"), "--output", "merged.hwp").succeeded()
    try directory.holosnap("convert", "merged.hwp", "there.wave").succeeded()
    try directory.holosnap("convert", "there.wave", "back.hwp").succeeded()
    for name in ["merged.hwp", "there.wave", "back.hwp"] {
      let document = try JSONDocument(directory.holosnap("inspect", name, "--json").succeeded())
      #expect(document.text("stateRoot") == inspected.text("stateRoot"), "\(name)")
      let regions = try #require(document.objects("regions"))
      #expect(regions.map { $0.integer("blobVersion") } == [2, nil, 0, Int(UInt32.max), nil], "\(name)")
      #expect(regions[0].text("chunking") == (name == "there.wave" ? "grid" : "content"))
    }
  }
}
