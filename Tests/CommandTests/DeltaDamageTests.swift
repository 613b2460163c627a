import Foundation
import TestSupport
import Testing

/// What is said where a snapshot's ancestor is damaged or missing.
@Suite struct DeltaDamageTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    var generator = SeededGenerator(seed: 7)
    var noise = [UInt8](repeating: 0, count: 600_000)
    noise.withUnsafeMutableBytes { generator.fill($0) }
    try directory.write(noise, to: "state/a.f32")
    try directory.write(Array("{}".utf8), to: "state/x.json")
  }

  /// Captures the state after a change of its first chunk.
  private func create(_ type: String) throws -> String {
    try directory.flipBit(at: 5_000, of: "state/a.f32")
    let outcome = try directory.holosnap("create", "state", "--store", "st", "--json", "--type", type).succeeded()
    return try #require(JSONDocument(outcome).text("path"))
  }

  @Test func `damage is told of the file that it is in, and no snapshot that needs that is called sound`() throws {
    let full = try create("full")
    _ = try create("incremental")
    // In a frame of the first region's first chunk.
    try directory.flipBit(at: 100_000, of: full)
    let report = try directory.holosnap("verify", "--store", "st")
    #expect(report.status == 65 && !report.error.contains("is a sound snapshot"), "\(report.error)")
    try directory.holosnap("restore", "latest", "r", "--store", "st").failed(65, saying: full, "a.f32")
    let again = try create("full")
    let other = try directory.holosnap("verify", "--store", "st")
    #expect(other.status == 65)
    let messages = other.error.split(separator: "\n").filter { $0.hasPrefix("holosnap: error: ") }
    #expect(
      messages.count == 2 && messages.allSatisfy { $0.contains("\(again) is a sound snapshot") }, "\(other.error)")
  }

  @Test func `a comparison says where it is not complete`() throws {
    let full = try create("full")
    let second = try create("incremental")
    let third = try create("incremental")
    try FileManager.default.moveItem(atPath: directory.path(full), toPath: directory.path("away"))
    let text = try directory.holosnap("diff", second, third).failed(66, saying: "an ancestor is missing").text
    #expect(text.contains("at least 0 of 147"), "\(text)")
    let document = try JSONDocument(directory.holosnap("diff", second, third, "--json"))
    let regions = try #require(document.objects("regions"))
    #expect(regions.filter { $0.boolean("incomplete") == true }.compactMap { $0.text("name") } == ["a.f32"])
    let restored = try directory.command(["restore", third, "r", "--region", "a.f32"]).run()
    #expect(restored.status == 66 && restored.text.contains("restored nothing"), "\(restored.error)")
    #expect(!FileManager.default.fileExists(atPath: directory.path("r/a.f32")))
  }

  @Test func `how chunks are stored is told`() throws {
    _ = try create("full")
    let second = try create("incremental")
    let text = try directory.holosnap("inspect", "-v", second).succeeded().text
    #expect(text.contains("2 as before, 1 changed blocks"), "\(text)")
    #expect(text.contains("4.00 KiB of blocks and chunks differ from it"), "\(text)")
  }
}
