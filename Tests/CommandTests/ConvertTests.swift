import TestSupport
import Testing

@Suite struct ConvertTests {
  private let directory: ScratchDirectory
  private let state: SampleState

  init() throws {
    directory = ScratchDirectory()
    state = try SampleState(in: directory)
    try directory.holosnap(
      "create", "state", "--output", "x.hwp", "--transform", "none", "--reason", "test", "--priority", "3"
    ).succeeded()
  }

  @Test func `there and back again it is the same state`() throws {
    let there = try JSONDocument(directory.holosnap("convert", "x.hwp", "x.wave", "--json").succeeded())
    let back = try JSONDocument(directory.holosnap("convert", "x.wave", "y.hwp", "--json").succeeded())
    let first = try JSONDocument(directory.holosnap("inspect", "x.hwp", "--json").succeeded())
    let last = try JSONDocument(directory.holosnap("inspect", "y.hwp", "--json").succeeded())
    for key in ["stateRoot", "series", "reason", "created", "host"] {
      #expect(first.text(key) == last.text(key), "\(key)")
    }
    #expect(last.integer("priority") == 3)
    #expect(there.text("stateRoot") == first.text("stateRoot"))
    #expect(there.text("id") != back.text("id"))
    try directory.holosnap("verify", "x.wave", "y.hwp").succeeded()
    for (container, target) in [("x.wave", "a"), ("y.hwp", "b")] {
      try directory.holosnap("restore", container, target).succeeded()
      #expect(Tree.read("\(directory.path)/\(target)") == state.tree)
    }
  }

  @Test func `a region goes into a legacy file and comes back`() throws {
    try directory.holosnap("convert", "x.hwp", "current", "--format", "legacy").succeeded()
    let file = try directory.read("current")
    let field = try directory.read("state/psi.c128")
    #expect(file.starts(with: Array("WAVEV001".utf8) + [1, 0, 0, 0, 1, 0, 0, 0]))
    #expect(Array(file.suffix(field.count)) == field)
    let metadataByteCount = Int(file[32])
    #expect(file.count == 36 + metadataByteCount + field.count)
    // And a legacy file becomes a snapshot and the same file again.
    try directory.holosnap("convert", "current", "current.wave").succeeded()
    try directory.holosnap("convert", "current.wave", "again", "--format", "legacy").succeeded()
    #expect(try directory.read("again") == file)
  }

  @Test func `which region goes into a legacy file must be clear`() throws {
    try directory.write(try directory.read("state/psi.c128"), to: "state/two.c128")
    try directory.holosnap("create", "state", "--output", "two.hwp").succeeded()
    try directory.holosnap("convert", "two.hwp", "old", "--format", "legacy").failed(64, saying: "2", "--region")
    try directory.holosnap("convert", "two.hwp", "old", "--format", "legacy", "--region", "noise.bin").failed(
      64, saying: "c128")
    try directory.holosnap("convert", "two.hwp", "old", "--format", "legacy", "--region", "no").failed(66)
    #expect(try directory.names(in: ".") == ["state", "two.hwp", "x.hwp"])
    try directory.holosnap("convert", "two.hwp", "old", "--format", "legacy", "--region", "two.c128").succeeded()
  }

  @Test func `a malformed legacy file is refused, and captured as bytes with a notice`() throws {
    // Two numbers of c128, without metadata.
    let sound = Array("WAVEV001".utf8) + [1, 0, 0, 0, 1, 0, 0, 0, 2] + [UInt8](repeating: 0, count: 19 + 32)
    func bent(_ position: Int, _ value: UInt8) -> [UInt8] {
      var bytes = sound
      bytes[position] = value
      return bytes
    }
    let files: [(name: String, bytes: [UInt8], saying: String)] = [
      ("version.hwp", bent(8, 7), "version 7"), ("kind.wave", bent(12, 9), "kind 9"),
      ("long.hwp", bent(16, 3), "48 bytes"),
      ("short.hwp", bent(16, 1), "16 bytes follow"), ("tail.hwp", sound + [1, 2, 3], "3 bytes follow"),
      ("cut.hwp", Array(sound[..<20]), "cut off"),
    ]
    for file in files {
      try directory.write(file.bytes, to: "old/\(file.name)")
      try directory.holosnap("convert", "old/\(file.name)", "new.hwp").failed(
        65, saying: file.saying, "old/\(file.name)", "offset")
      try directory.holosnap("convert", "old/\(file.name)", "new.wave").failed(65, saying: file.saying)
    }
    try directory.write(sound, to: "old/sound.hwp")
    let report = try JSONDocument(directory.holosnap("create", "old", "--output", "old.snapshot", "--json").succeeded())
    let notices = try #require(report.texts("notices"))
    for file in files { #expect(notices.contains { $0.contains(file.name) && $0.contains("bytes") }, "\(file.name)") }
    #expect(notices.count == files.count)
    for region in try #require(report.objects("regions")) {
      #expect(region.text("elementType") == (region.text("name") == "sound.hwp" ? "c128" : "bytes"))
    }
    try directory.holosnap("restore", "./old.snapshot", "again").succeeded()
    for file in files { #expect(try directory.read("again/\(file.name)") == file.bytes) }
  }

  @Test(arguments: ["wave", "hwp", "legacy"])
  func `of a damaged snapshot nothing is written`(format: String) throws {
    try state.damageNoise(in: "x.hwp")
    let outcome = try directory.holosnap("convert", "x.hwp", "out", "--format", format)
    if format == "legacy" {
      // The damage is in another region.
      outcome.succeeded()
      return
    }
    outcome.failed(65, saying: "region noise.bin", "chunk 1")
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }

  @Test func `an output that is there stays as it is`() throws {
    try directory.write([7], to: "y.wave")
    try directory.holosnap("convert", "x.hwp", "y.wave").failed(73, saying: "y.wave")
    #expect(try directory.read("y.wave") == [7])
  }

  @Test(arguments: [["x.hwp", "y"], ["x.hwp", "y.wave", "--region", "psi.c128"], ["x.hwp", "y", "--format", "flac"]])
  func `wrong words end with 64`(arguments: [String]) throws {
    #expect(try directory.command(["convert"] + arguments).run().status == 64)
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
  }
}
