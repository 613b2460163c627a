import TestSupport
import Testing

@Suite struct ListingTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    _ = try SampleState(in: directory)
  }

  @Test func `list shows snapshots of one second, newest first`() throws {
    for series in ["first", "second", "third"] {
      try directory.holosnap("create", "state", "--series", series).succeeded()
    }
    let outcome = try directory.holosnap("list").succeeded()
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("CREATED (UTC)"))
    for (line, series) in zip(lines.dropFirst(), ["third", "second", "first"]) { #expect(line.contains(series)) }
    #expect(Set(lines.map { $0.firstRange(of: "full")?.lowerBound.utf16Offset(in: $0) }.dropFirst()).count == 1)

    let report = try JSONDocument(directory.holosnap("list", "--json").succeeded())
    let snapshots = try #require(report.objects("snapshots"))
    #expect(snapshots.compactMap { $0.text("series") } == ["third", "second", "first"])
    let promised: Set = [
      "id", "path", "storedBytes", "created", "type", "series", "reason", "parent", "stateRoot", "regionCount",
      "rawBytes",
      "problem",
    ]
    for snapshot in snapshots {
      #expect(snapshot.keys.isSuperset(of: promised), "\(promised.subtracting(snapshot.keys))")
      #expect(snapshot.isNull("problem"))
    }
  }

  @Test func `a damaged snapshot is listed as such`() throws {
    try directory.holosnap("create", "state").succeeded()
    try directory.write(Array("no snapshot".utf8), to: "snapshots/tale.hwp")
    let outcome = try directory.holosnap("list").succeeded()
    let warnings = outcome.error.split(separator: "\n")
    #expect(warnings.count == 1 && warnings[0].hasPrefix("holosnap: warning: "), "\(outcome.error)")
    #expect(warnings[0].contains("snapshots/tale.hwp") && warnings[0].contains(" — "))
    let line = try #require(outcome.text.split(separator: "\n").first { $0.contains("tale.hwp") })
    #expect(line.split(separator: " ") == ["–", "–", "–", "damaged", "–", "–", "–", "11", "B", "–", "tale.hwp"])
    let snapshots = try JSONDocument(directory.holosnap("list", "--json")).objects("snapshots")
    let damaged = try #require(snapshots?.first { $0.text("path") == "snapshots/tale.hwp" })
    #expect(damaged.isNull("id"))
    #expect(damaged.object("problem")?.text("kind") == "notAContainer")
  }

  @Test func `an empty store has nothing to list, no store is no input`() throws {
    try directory.write([], to: "store/README")
    #expect(try directory.holosnap("list", "--store", "store").succeeded().text == "no snapshots in store\n")
    try directory.holosnap("list", "--store", "nowhere").failed(66, saying: "nowhere")
  }

  @Test func `inspect tells what create told`() throws {
    let created = try JSONDocument(directory.holosnap("create", "state", "--json").succeeded())
    let id = try #require(created.text("id"))
    let path = try #require(created.text("path"))
    let fileName = try #require(path.split(separator: "/").last.map(String.init))
    for reference in ["latest", "latest:state", fileName, path, String(id.prefix(8)), id] {
      let inspected = try JSONDocument(directory.holosnap("inspect", reference, "--json").succeeded())
      let same = [
        "id", "type", "series", "reason", "stateRoot", "backend", "device", "created", "formatVersion", "path",
      ]
      for key in same { #expect(inspected.text(key) == created.text(key), "\(key) of \(reference)") }
      for key in ["rawBytes", "storedBytes"] { #expect(inspected.integer(key) == created.integer(key), "\(key)") }
      #expect(inspected.texts("ancestors") == [])
      let regions = try #require(inspected.objects("regions"))
      #expect(regions.map { $0.text("blake3") } == created.objects("regions")?.map { $0.text("blake3") })
      #expect(
        regions.map { $0.integer("storedBytes") } == created.objects("regions")?.map { $0.integer("storedBytes") })
    }
  }

  @Test func `verbose gives whole hashes, and how every region is stored`() throws {
    let created = try JSONDocument(directory.holosnap("create", "state", "--transform", "none", "--json").succeeded())
    let usual = try directory.holosnap("inspect", "latest").succeeded()
    let verbose = try directory.holosnap("inspect", "latest", "--verbose").succeeded()
    for root in try #require(created.objects("regions")?.map { $0.text("blake3") ?? "?" }) {
      #expect(!usual.text.contains(root) && verbose.text.contains("blake3     \(root)\n"))
    }
    #expect(verbose.text.contains("coding     3 chunks: as it is\n"))
    #expect(verbose.text.contains("mode       640\n"))
    #expect(verbose.text.contains("tail       3 bytes of the file\n"))
    #expect(verbose.text.contains(" segment of index in "))

    let listed = try directory.holosnap("list", "--verbose").succeeded()
    for key in ["id", "stateRoot", "path"] { #expect(listed.text.contains(try #require(created.text(key)))) }
  }

  @Test func `two components that are coded differently are told of`() throws {
    try directory.holosnap("create", "state").succeeded()
    let verbose = try directory.holosnap("inspect", "latest", "-v").succeeded()
    #expect(verbose.text.contains("ratio palette + constant"), "\(verbose.text)")
  }

  @Test func `inspect of what is not there is no input`() throws {
    try directory.holosnap("create", "state").succeeded()
    try directory.holosnap("inspect", "latest:other").failed(66, saying: "other")
    try directory.holosnap("inspect", "0123456789").failed(66, saying: "0123456789")
    try directory.holosnap("inspect", "nowhere.hwp").failed(66, saying: "nowhere.hwp")
  }

  @Test func `names cannot move the cursor or forge a line`() throws {
    try directory.holosnap("create", "state").succeeded()
    let inspected = try directory.holosnap("inspect", "latest").succeeded()
    #expect(inspected.text.contains(#"line\nbreak.txt"#))
    #expect(inspected.text.contains(#"\u{1B}[31mred.txt"#))
    #expect(inspected.text.contains(#"caf\xE9.bin"#))
    for arguments in [["inspect", "latest"], ["inspect", "latest", "--json"], ["list"], ["create", "state"]] {
      let outcome = try directory.command(arguments).run().succeeded()
      #expect(!outcome.output.contains(0x1B), "escape codes of \(arguments)")
      #expect(!outcome.error.utf8.contains(0x1B), "escape codes of \(arguments)")
    }
  }
}
