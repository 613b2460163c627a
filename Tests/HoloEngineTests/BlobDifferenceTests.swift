import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What is said of blobs that differ.
@Suite struct BlobDifferenceTests {
  private let scratch = ScratchDirectory()

  private func difference(_ old: String, _ new: String) throws -> SnapshotDifference {
    try Snapshots().difference(from: scratch.reference(old), to: scratch.reference(new), options: RestoreOptions())
  }

  private func write(_ old: TestState, _ new: TestState) throws {
    for (state, name) in [(old, "old.hwp"), (new, "new.hwp")] {
      try scratch.write(try capture(state, backend: .host).bytes, to: name)
    }
  }

  /// Writes the state before an insertion and after it, as `a` and `b`, each in both formats.
  private func writeTwo() throws -> (byteCount: UInt64, inserted: UInt64) {
    var generator = SeededGenerator.announced()
    var records = BlobRecords(1_500, &generator)
    let state = TestState()
    state.add(blob: "records", records.bytes)
    state.add(blob: "same", generator.bytes(300_000))
    state.add(.f32, count: 90_000, .noise)
    let before = state.regions[0].byteCount
    try scratch.write(try capture(state, backend: .host).bytes, to: "a.hwp")
    records.insert(at: 700, &generator)
    state.replace(0, by: records.bytes)
    state.change(2, at: 1_000)
    try scratch.write(try capture(state, backend: .host).bytes, to: "b.hwp")
    for name in ["a", "b"] {
      _ = try Snapshots().convert(
        scratch.reference("\(name).hwp"), to: scratch.path("\(name).wave"), as: .wave, options: CaptureOptions())
    }
    return (before, state.regions[0].byteCount - before)
  }

  @Test("An insertion counts as the pieces around it, however the two are stored")
  func insertion() throws {
    let (byteCount, inserted) = try writeTwo()
    #expect(byteCount > 2_000_000 && inserted > 1_600)
    for (old, new) in [("a.hwp", "b.hwp"), ("b.hwp", "a.hwp"), ("a.wave", "b.hwp"), ("a.hwp", "b.wave")] {
      let found = try difference(old, new)
      #expect(!found.isSameState && found.problems == [], "\(old) \(new)")
      #expect(found.regions.map(\.kind) == [.changed, .equal, .changed], "\(old) \(new)")
      let blob = found.regions[0]
      #expect(blob.changedByteCount >= inserted && blob.changedByteCount < 3 * 131_072, "\(old) \(new)")
      #expect(blob.changedBlockCount > 0 && blob.changedBlockCount <= 3 * 32, "\(old) \(new)")
      #expect(blob.attributes == [] && !blob.isIncomplete && blob.values == nil, "\(old) \(new)")
      #expect((1...4).contains(found.regions[2].changedByteCount), "\(old) \(new)")
    }
    // On the grid, all behind it differs.
    #expect(try difference("a.wave", "b.wave").regions[0].changedByteCount > byteCount / 4)
  }

  @Test("The same blob in both formats is the same")
  func formats() throws {
    _ = try writeTwo()
    let found = try difference("a.hwp", "a.wave")
    #expect(found.isSameState && found.regions.allSatisfy { $0.kind == .equal && $0.changedByteCount == 0 })
  }

  @Test("Another version is said, and blobs that come and go count whole")
  func versions() throws {
    let bytes = [UInt8](repeating: 7, count: 9_000)
    let (old, new) = (TestState(), TestState())
    old.add(blob: "b", version: 1, bytes)
    old.add(blob: "gone", bytes)
    new.add(blob: "b", version: 2, bytes)
    new.add(blob: "come", Array(bytes.dropLast()))
    try write(old, new)
    let found = try difference("old.hwp", "new.hwp")
    #expect(found.regions.map(\.name) == ["b", "come", "gone"])
    #expect(found.regions[0].attributes == ["blob"])
    #expect(found.regions[0].changedByteCount == 0)
    #expect(found.regions[1].kind == .added && found.regions[1].changedByteCount == 8_999)
    #expect(found.regions[2].kind == .removed && found.regions[2].changedByteCount == 9_000)
    #expect(!found.isSameState)
  }

  @Test("A piece that came twice counts once for each time that it is more")
  func counts() throws {
    var generator = SeededGenerator.announced()
    let piece = [UInt8](repeating: 1, count: 131_072)
    let rest = generator.bytes(1_000)
    let (old, new) = (TestState(), TestState())
    old.add(blob: "b", piece + rest)
    new.add(blob: "b", piece + piece + piece + rest)
    try write(old, new)
    #expect(try difference("old.hwp", "new.hwp").regions[0].changedByteCount == 2 * 131_072)
    #expect(try difference("new.hwp", "old.hwp").regions[0].changedByteCount == 2 * 131_072)
  }

  @Test("Pieces that changed places differ in no byte, and the blob has changed all the same")
  func places() throws {
    let (one, two) = ([UInt8](repeating: 1, count: 131_072), [UInt8](repeating: 2, count: 131_072))
    let (old, new) = (TestState(), TestState())
    old.add(blob: "b", one + two)
    new.add(blob: "b", two + one)
    try write(old, new)
    let found = try difference("old.hwp", "new.hwp")
    #expect(found.regions.map(\.kind) == [.changed] && found.regions[0].changedByteCount == 0)
    #expect(!found.isSameState)
  }

  @Test("A region on the grid that cannot be read is told, and the others are compared")
  func damage() throws {
    _ = try writeTwo()
    var bytes = try scratch.read("a.wave")
    let reader = try WaveReader.open(MemorySource(bytes), path: "a.wave")
    let chunk = try reader.regions.chunk(2, ofRegion: 0)
    bytes[Int(chunk.offset) + 5] ^= 1
    try scratch.write(bytes, to: "a.wave")
    let found = try difference("a.wave", "b.hwp")
    #expect(found.problems.map(\.region) == ["records"])
    #expect(found.problems.map(\.code) == [.damaged])
    #expect(found.problems.map(\.path) == [scratch.path("a.wave")])
    #expect(found.regions[0].isIncomplete && found.regions[2].changedByteCount > 0)
  }
}
