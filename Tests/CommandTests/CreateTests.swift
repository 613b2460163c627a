import Glibc
import TestSupport
import Testing

@Suite struct CreateTests {
  private let directory: ScratchDirectory

  init() { directory = ScratchDirectory() }

  @Test func `a snapshot in the default store brings the tree back`() throws {
    let state = try SampleState(in: directory)
    try directory.holosnap("create", "state").succeeded()
    let files = try directory.names(in: "snapshots")
    #expect(files.count == 1)
    #expect(files[0].wholeMatch(of: /snapshot_\d{8}T\d{6}\.hwp/) != nil)

    try directory.holosnap("verify").succeeded()
    try directory.holosnap("restore", "latest", "again").succeeded()
    let restored = Tree.read("\(directory.path)/again")
    #expect(Set(restored.keys) == Set(state.tree.keys))
    for (name, entry) in state.tree { #expect(restored[name] == entry, "\(String(decoding: name, as: UTF8.self))") }
  }

  @Test func `JSON has the keys that scripts rely on`() throws {
    _ = try SampleState(in: directory)
    let outcome = try directory.holosnap(
      "create", "state", "--store", "kept", "--series", "core", "--reason", "scheduled", "--priority", "7", "--json")
    let report = try JSONDocument(outcome.succeeded())
    let promised: Set = [
      "id", "path", "type", "series", "reason", "parent", "stateRoot", "rawBytes", "storedBytes", "seconds", "backend",
      "device", "regions",
    ]
    #expect(report.keys.isSuperset(of: promised), "\(promised.subtracting(report.keys))")
    #expect(report.text("id")?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(report.text("stateRoot")?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(report.text("path")?.hasPrefix("kept/snapshot_") == true)
    #expect(report.text("type") == "full")
    #expect(report.text("series") == "core")
    #expect(report.text("reason") == "scheduled")
    #expect(report.integer("priority") == 7)
    #expect(report.isNull("parent"))
    #expect(report.text("backend") == "host")

    let regions = try #require(report.objects("regions"))
    let keys: Set = [
      "name", "component", "elementType", "shape", "bytes", "storedBytes", "blake3", "quantization", "changedBytes",
    ]
    for region in regions { #expect(region.keys.isSuperset(of: keys), "\(keys.subtracting(region.keys))") }
    #expect(report.integer("rawBytes") == regions.compactMap { $0.integer("bytes") }.reduce(0, +))
    let field = try #require(regions.first { $0.text("name") == "psi.c128" })
    #expect(field.text("elementType") == "c128")
    #expect(field.value["shape"] as? [Int] == [SampleState.fieldByteCount / 16])
    #expect(field.integer("bytes") == SampleState.fieldByteCount)
    #expect(field.integer("changedBytes") == SampleState.fieldByteCount)
    #expect(field.isNull("quantization"))
    #expect(regions.first { $0.text("name") == "index/tags.json" }?.text("component") == "index")
    #expect(regions.contains { $0.text("name") == "line\nbreak.txt" })
    #expect(regions.contains { $0.text("name") == #"caf\xE9.bin"# })
    let odd = try #require(regions.first { $0.text("name") == "odd.f32" })
    #expect(odd.integer("bytes") == 0 && odd.integer("tailBytes") == 3)
    #expect(report.texts("notices")?.contains { $0.contains("symbolic link") } == true)
  }

  @Test func `links are left out and reported once`() throws {
    _ = try SampleState(in: directory)
    let outcome = try directory.holosnap("create", "state").succeeded()
    let notices = outcome.error.split(separator: "\n")
    #expect(notices.count == 1 && notices[0].hasPrefix("holosnap: notice: "), "\(outcome.error)")
    #expect(notices[0].contains("state/link"))
  }

  @Test func `a single file, to a file of its own`() throws {
    try directory.write([1, 2, 3, 4], to: "one.u8")
    try directory.holosnap("create", "one.u8", "--output", "one.hwp").succeeded()
    #expect(try directory.names(in: ".") == ["one.hwp", "one.u8"])
    try directory.holosnap("restore", "one.hwp", "again").succeeded()
    #expect(try directory.read("again/one.u8") == [1, 2, 3, 4])
  }

  @Test func `an empty state is a state`() throws {
    try directory.write([], to: "state/file")
    try directory.holosnap("create", "state", "--output", "file.hwp").succeeded()
    #expect(unlinked("state/file"))
    let outcome = try directory.holosnap("create", "state", "--output", "empty.hwp", "--json").succeeded()
    #expect(try JSONDocument(outcome).integer("rawBytes") == 0)
    for name in ["file", "empty"] {
      try directory.holosnap("verify", "\(name).hwp").succeeded()
      try directory.holosnap("restore", "\(name).hwp", "again-\(name)").succeeded()
    }
    #expect(try directory.names(in: "again-file") == ["file"])
    #expect(try directory.names(in: "again-empty").isEmpty)
  }

  @Test(arguments: [
    ["--transform", "none"], ["--level", "high"], ["--memory-limit", "32MiB"], ["--backend", "host"],
  ])
  func `options change the container, not the state`(options: [String]) throws {
    let state = try SampleState(in: directory)
    let command = directory.command(["create", "state", "--output", "x.hwp", "--json"] + options)
    let root = try JSONDocument(command.run().succeeded()).text("stateRoot")
    let plain = try directory.holosnap("create", "state", "--output", "plain.hwp", "--json").succeeded()
    #expect(try JSONDocument(plain).text("stateRoot") == root)
    try directory.holosnap("restore", "x.hwp", "again").succeeded()
    #expect(Tree.read("\(directory.path)/again") == state.tree)
  }

  @Test func `the store can come from the environment`() throws {
    try directory.write([1], to: "x.u8")
    let environment = ["HOLOSNAP_STORE": "\(directory.path)/elsewhere"]
    try directory.holosnap("create", "x.u8", environment: environment).succeeded()
    #expect(try directory.names(in: "elsewhere").count == 1)
    try directory.holosnap("create", "x.u8", "--store", "here", environment: environment).succeeded()
    #expect(try directory.names(in: "elsewhere").count == 1)
    #expect(try directory.names(in: "here").count == 1)
  }

  @Test func `an output that exists is left alone`() throws {
    try directory.write([1], to: "x.u8")
    try directory.write(Array("precious".utf8), to: "x.hwp")
    try directory.holosnap("create", "x.u8", "--output", "x.hwp").failed(73, saying: "x.hwp")
    #expect(try directory.read("x.hwp") == Array("precious".utf8))
    #expect(try directory.names(in: ".") == ["x.hwp", "x.u8"])
  }

  @Test func `a place below a file cannot be written to`() throws {
    try directory.write([1], to: "x.u8")
    try directory.holosnap("create", "x.u8", "--output", "x.u8/x.hwp").failed(73, saying: "x.u8")
    try directory.holosnap("create", "x.u8", "--store", "x.u8/store").failed(73, saying: "x.u8")
    try directory.holosnap("create", "x.u8", "--store", "x.u8").failed(73, saying: "x.u8")
  }

  @Test func `a state that is not there is no input`() throws {
    try directory.holosnap("create", "nowhere").failed(66, saying: "nowhere")
    let outcome = try directory.holosnap("create", "nowhere", "--json").failed(66)
    let error = try #require(try JSONDocument(outcome).object("error"))
    #expect(error.keys.isSuperset(of: ["code", "message", "path", "region", "chunk", "offset", "remedy"]))
    #expect(error.text("code") == "noInput")
    #expect(error.text("path") == "nowhere")
  }

  /// sysfs says 4,096 bytes and gives fewer: as a file that shrinks whenever it is read.
  private static let shrinking = "/sys/devices/system/cpu/online"

  @Test(.enabled(if: access(Self.shrinking, R_OK) == 0))
  func `a file that keeps changing ends with 75, or is taken as read`() throws {
    let refused = try directory.holosnap("create", Self.shrinking, "--output", "no.hwp")
    refused.failed(75, saying: "online", "--allow-changing")
    #expect(try directory.names(in: ".").isEmpty)

    let command = directory.command(["create", Self.shrinking, "--output", "yes.hwp", "--allow-changing", "--json"])
    let report = try JSONDocument(command.run().succeeded())
    #expect(report.objects("regions")?.first?.boolean("changedWhileRead") == true)
    #expect(report.texts("notices")?.isEmpty == false)
    try directory.holosnap("verify", "yes.hwp").succeeded()
    try directory.holosnap("restore", "yes.hwp", "again").succeeded()
    #expect(try directory.read("again/online").count == report.integer("rawBytes"))
  }

  @Test func `two files of one name are refused`() throws {
    try directory.write([1], to: "a/x")
    try directory.write([2], to: "b/x")
    try directory.holosnap("create", "a", "b").failed(64, saying: "x", "one name")
  }

  private func unlinked(_ name: String) -> Bool {
    Tree.withCString(Array("\(directory.path)/\(name)".utf8), remove) == 0
  }
}
