import Foundation
import TestSupport
import Testing

/// Snapshots that are relative to others, as a user meets them.
@Suite struct DeltaTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    var generator = SeededGenerator(seed: 7)
    var noise = [UInt8](repeating: 0, count: 600_000)
    noise.withUnsafeMutableBytes { generator.fill($0) }
    try directory.write(noise, to: "state/fields/a.f32")
    try directory.write([UInt8](repeating: 1, count: 300_000), to: "state/b.bin")
    try directory.write(Array("{}".utf8), to: "state/config/x.json")
  }

  private func change(_ offset: Int, of name: String = "fields/a.f32") throws {
    try directory.flipBit(at: offset, of: "state/\(name)")
  }

  private func create(_ arguments: String...) throws -> JSONDocument {
    try JSONDocument(
      directory.command(["create", "state", "--store", "st", "--json"] + arguments).run().succeeded())
  }

  private func expectRestored(_ snapshot: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let target = "again-\(UInt32.random(in: 0 ... .max))"
    try directory.holosnap("restore", snapshot, target, "--store", "st").succeeded(sourceLocation: sourceLocation)
    for name in ["fields/a.f32", "b.bin", "config/x.json"] {
      #expect(
        try directory.read("\(target)/\(name)") == directory.read("state/\(name)"), sourceLocation: sourceLocation)
    }
  }

  @Test func `an incremental stores what has changed, and a merge needs nobody`() throws {
    let full = try create()
    try change(100_000)
    let second = try create("--type", "incremental")
    #expect(second.text("type") == "incremental")
    #expect(second.text("parent") == full.text("id"))
    let regions = try #require(second.objects("regions"))
    #expect(regions.compactMap { $0.integer("changedBytes") }.sorted() == [0, 0, 4_096])
    #expect(try #require(second.integer("storedBytes")) < 8_192)
    try change(500_000)
    let third = try create("--type", "incremental")
    #expect(third.text("parent") == second.text("id"))
    try expectRestored("latest")
    let differential = try create("--type", "differential")
    #expect(differential.text("parent") == full.text("id"))
    #expect(differential.text("stateRoot") == third.text("stateRoot"))
    try expectRestored("latest")
    #expect(try directory.holosnap("verify", "--store", "st").succeeded().text.contains("sound"))
    #expect(try directory.holosnap("verify", "--store", "st", "--quick").succeeded().text.contains("sound"))

    let path = try #require(third.text("path"))
    let chain = try JSONDocument(directory.holosnap("chain", path, "--store", "st", "--json").succeeded())
    let ancestors = try #require(chain.objects("ancestors"))
    #expect(Set(ancestors.compactMap { $0.text("id") }) == Set([full, second].compactMap { $0.text("id") }))
    let base = try JSONDocument(
      directory.holosnap("chain", try #require(full.text("path")), "--store", "st", "--json").succeeded())
    #expect(base.objects("dependents")?.count == 3)
    let merged = try JSONDocument(directory.holosnap("merge", path, "--store", "st", "--json").succeeded())
    #expect(merged.text("stateRoot") == third.text("stateRoot"))
    try directory.makeDirectory("alone")
    try FileManager.default.moveItem(
      atPath: directory.path(try #require(merged.text("path"))), toPath: directory.path("alone/m.hwp"))
    try expectRestored("alone/m.hwp")
    try directory.holosnap("merge", "alone/m.hwp").failed(64, saying: "nothing to merge")
    let listing = try directory.holosnap("list", "--store", "st").succeeded().text
    #expect(listing.contains("incremental") && listing.contains("differential"))
    let inspected = try JSONDocument(directory.holosnap("inspect", path, "--json").succeeded())
    #expect(inspected.texts("ancestors")?.count == 2)
    #expect(
      try directory.holosnap("diff", try #require(full.text("path")), path).succeeded().text.contains("fields/a.f32"))
    let bytes = try directory.holosnap("extract", path, "fields/a.f32").succeeded().output
    #expect(bytes == (try directory.read("state/fields/a.f32")))
  }

  @Test func `an ancestor has any name, and is missed by its own`() throws {
    let full = try create()
    try change(1)
    let second = try create("--type", "incremental")
    let (base, path) = (try #require(full.text("path")), try #require(second.text("path")))
    try FileManager.default.moveItem(atPath: directory.path(base), toPath: directory.path("st/renamed.hwp"))
    try expectRestored(path)
    try FileManager.default.moveItem(atPath: directory.path("st/renamed.hwp"), toPath: directory.path("away"))
    let id = try #require(full.text("id")).prefix(16)
    try directory.holosnap("restore", path, "r").failed(66, saying: "an ancestor is missing", String(id))
    for options in [["--quick"], []] {
      let report = try directory.command(["verify", path] + options).run()
      #expect(report.status == 66 && report.error.contains("an ancestor is missing"))
    }
    #expect(try directory.holosnap("chain", path).status == 66)
    // What does not need it is whole.
    try directory.holosnap("restore", path, "r", "--region", "b.bin").succeeded()
    // Nothing is taken over what cannot be restored.
    try change(2)
    let third = try create("--type", "incremental")
    try expectRestored("latest")
    #expect(third.integer("storedBytes").map { $0 > 500_000 } == true)
  }

  @Test func `two files of one id are told apart, or refused`() throws {
    let full = try create()
    try change(1)
    let path = try #require(create("--type", "incremental").text("path"))
    let base = try #require(full.text("path"))
    try directory.write(directory.read(base), to: "st/copy.hwp")
    try expectRestored(path)
    // The same id, and another manifest: not what the snapshot was taken over.
    try directory.holosnap("create", "state", "-o", "other.hwp").succeeded()
    var other = try directory.read("other.hwp")
    other.replaceSubrange(40..<56, with: try directory.read(base)[40..<56])
    try directory.write(other, to: "st/forged.hwp")
    try expectRestored(path)
    try FileManager.default.removeItem(atPath: directory.path(base))
    try FileManager.default.removeItem(atPath: directory.path("st/copy.hwp"))
    let status = try directory.holosnap("restore", path, "r").status
    #expect(status == 66 || status == 65)
  }

  @Test func `a base of another series, kind or format is refused`() throws {
    _ = try create()
    try directory.holosnap("create", "state", "--store", "st", "--series", "other", "--type", "incremental").failed(
      66, saying: "no snapshot of the series other")
    try directory.holosnap(
      "create", "state", "--store", "st", "--series", "other", "--type", "incremental", "--base", "latest"
    ).failed(64, saying: "the base is of the series state")
    try change(1)
    let second = try create("--type", "incremental")
    try directory.holosnap(
      "create", "state", "--store", "st", "--type", "differential", "--base", try #require(second.text("id"))
    ).failed(64, saying: "relative to a full one")
    try directory.holosnap("create", "state", "-o", "x.wave").succeeded()
    try directory.holosnap("create", "state", "--store", "st", "--type", "incremental", "--base", "x.wave").failed(
      64, saying: "whole states only")
    #expect(try directory.names(in: "st").count == 2)
  }

  @Test func `a damaged base costs no more than its place`() throws {
    let full = try create()
    let base = try #require(full.text("path"))
    try change(1)
    // Of the payload: seen by verify, not by a capture.
    try directory.flipBit(at: 5_000, of: base)
    let path = try #require(create("--type", "incremental").text("path"))
    let report = try directory.holosnap("verify", path)
    #expect(report.status == 65 && report.error.contains(base))
    // Of the index: the base cannot be one.
    let bytes = try directory.read(base)
    try directory.flipBit(at: bytes.count - 400, of: base)
    let outcome = try directory.holosnap("create", "state", "--store", "st", "--type", "incremental", "--base", base)
    outcome.failed(65, saying: base, "take a full snapshot")
  }

  @Test func `a snapshot that lies elsewhere than what it needs says so`() throws {
    let full = try create()
    try change(1)
    try directory.makeDirectory("other")
    let base = try #require(full.text("path"))
    let outcome = try directory.holosnap(
      "create", "state", "-o", "other/x.hwp", "--type", "incremental", "--base", base)
    #expect(outcome.succeeded().error.contains("stands beside \(base)"))
    try directory.holosnap("restore", "other/x.hwp", "r").failed(66, saying: "an ancestor is missing")
    try directory.holosnap("restore", "other/x.hwp", "r", "--store", "st").succeeded()
    try directory.holosnap(
      "create", "state", "-o", "x", "--type", "incremental", "--base", base
    ).failed(64, saying: ".hwp")
  }

  @Test func `a newest snapshot whose index is damaged is passed over`() throws {
    _ = try create()
    try change(1)
    let second = try create("--type", "incremental")
    let path = try #require(second.text("path"))
    // Its segment: behind it are the manifest, some 1,000 bytes, and the trailer.
    let bytes = try directory.read(path)
    let tag = Array("HWPSEGM\n".utf8)
    let place = try #require((0..<bytes.count).first { bytes[$0...].starts(with: tag) })
    try directory.flipBit(at: place + 200, of: path)
    try change(2)
    let outcome = try directory.holosnap("create", "state", "--store", "st", "--type", "incremental")
    #expect(outcome.succeeded().error.contains("passed over"))
    try expectRestored("latest")
  }

  @Test func `regions that grow, shrink, come and go come back`() throws {
    _ = try create()
    try directory.write([UInt8](repeating: 2, count: 700_001), to: "state/b.bin")
    try directory.write(Array(directory.read("state/fields/a.f32").prefix(300_000)), to: "state/fields/a.f32")
    _ = try create("--type", "incremental")
    try expectRestored("latest")
    try directory.write([], to: "state/b.bin")
    try directory.write(
      Array(directory.read("state/fields/a.f32") + directory.read("state/fields/a.f32")),
      to: "state/fields/a.f32")
    _ = try create("--type", "incremental")
    try expectRestored("latest")
    #expect(try directory.holosnap("verify", "--store", "st").succeeded().text.contains("sound"))
  }
}
