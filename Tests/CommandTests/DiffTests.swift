import TestSupport
import Testing

@Suite struct DiffTests {
  private let directory: ScratchDirectory

  init() throws {
    directory = ScratchDirectory()
    try directory.write(Self.bytes([1, 2, 3, 4]), to: "state/a.f64")
    try directory.write([UInt8](repeating: 1, count: 300_000), to: "state/long.bin")
    try directory.write([1, 2, 3], to: "state/same.bin")
    try directory.holosnap("create", "state", "--output", "old.hwp").succeeded()
  }

  private static func bytes(_ values: [Double]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  private func difference(_ arguments: String...) throws -> JSONDocument {
    try directory.holosnap("create", "state", "--output", "new.hwp").succeeded()
    return try JSONDocument(directory.holosnap("diff", "old.hwp", "new.hwp", "--json").succeeded())
  }

  private func region(_ name: String, of document: JSONDocument) throws -> JSONDocument {
    try #require(document.objects("regions")?.first { $0.text("name") == name })
  }

  @Test func `the same state has no difference`() throws {
    let document = try difference()
    #expect(document.boolean("same") == true)
    #expect(document.integer("changedBytes") == 0)
    #expect(document.objects("regions")?.allSatisfy { $0.text("change") == "equal" } == true)
    let text = try directory.holosnap("diff", "old.hwp", "new.hwp").succeeded().text
    #expect(text == "the same state\n")
  }

  @Test func `values: the largest difference, and what is not finite`() throws {
    try directory.write(Self.bytes([1, 2.5, 3, .nan]), to: "state/a.f64")
    let region = try region("a.f64", of: try difference())
    #expect(region.text("change") == "changed")
    #expect(region.number("largestDifference") == 0.5)
    #expect(region.integer("nonFiniteChanges") == 1)
    #expect(region.integer("changedBlocks") == 1)
  }

  @Test func `a difference that no double holds is told all the same`() throws {
    try directory.write(Self.bytes([1e308, 2]), to: "state/a.f64")
    try directory.holosnap("create", "state", "--output", "low.hwp").succeeded()
    try directory.write(Self.bytes([-1e308, 2]), to: "state/a.f64")
    try directory.holosnap("create", "state", "--output", "high.hwp").succeeded()
    #expect(try directory.holosnap("diff", "low.hwp", "high.hwp").succeeded().text.contains("2.00e+308"))
    let document = try JSONDocument(directory.holosnap("diff", "low.hwp", "high.hwp", "--json").succeeded())
    #expect(try region("a.f64", of: document).number("largestDifference") == .greatestFiniteMagnitude)
  }

  @Test(arguments: [(0, 1), (4_095, 1), (4_096, 1), (262_143, 1), (262_144, 1), (299_999, 1), (262_143, 2), (4_095, 2)])
  func `blocks and bytes are counted`(change: (offset: Int, count: Int)) throws {
    var bytes = [UInt8](repeating: 1, count: 300_000)
    for offset in change.offset..<(change.offset + change.count) { bytes[offset] = 2 }
    try directory.write(bytes, to: "state/long.bin")
    let document = try difference()
    let region = try region("long.bin", of: document)
    #expect(region.integer("changedBytes") == change.count)
    #expect(region.integer("changedBlocks") == change.count)
    #expect(region.integer("blocks") == 74)
    #expect(document.integer("changedBytes") == change.count)
    #expect(document.boolean("same") == false)
  }

  @Test func `a region that grows, one that shrinks, one that comes, one that goes`() throws {
    try directory.write([UInt8](repeating: 1, count: 300_001), to: "state/long.bin")
    try directory.write([1, 2], to: "state/same.bin")
    try directory.write([5], to: "state/z.bin")
    try directory.holosnap("create", "state", "--output", "new.hwp").succeeded()
    let there = try JSONDocument(directory.holosnap("diff", "old.hwp", "new.hwp", "--json").succeeded())
    #expect(try region("long.bin", of: there).integer("changedBytes") == 1)
    #expect(try region("same.bin", of: there).integer("changedBytes") == 1)
    #expect(try region("z.bin", of: there).text("change") == "added")
    let back = try JSONDocument(directory.holosnap("diff", "new.hwp", "old.hwp", "--json").succeeded())
    #expect(try region("z.bin", of: back).text("change") == "removed")
    #expect(try region("z.bin", of: back).integer("changedBytes") == 1)
    #expect(try region("long.bin", of: back).integer("changedBytes") == 1)
  }

  @Test func `a chunk that cannot be compared is named, and the others are`() throws {
    let state = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--output", "noise.hwp", "--transform", "none").succeeded()
    let noise = try directory.read("state/noise.bin")
    try directory.write(noise.map { $0 ^ 1 }, to: "state/noise.bin")
    try directory.holosnap("create", "state", "--output", "new.hwp").succeeded()
    try state.damageNoise(in: "noise.hwp")
    let outcome = try directory.holosnap("diff", "noise.hwp", "new.hwp", "--json").failed(65, saying: "chunk 1")
    let document = try JSONDocument(outcome)
    #expect(document.boolean("ok") == false)
    #expect(try region("noise.bin", of: document).integer("changedBytes") == 262_144)
  }
}
