import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What version 0.1 cut by its content is found again for ever. That it comes back `DeltaGoldenTests` prove.
@Suite("Snapshots of blobs, as version 0.1 wrote them")
struct ContentGoldenTests {
  private static let names = ["first", "full", "same"]

  /// The containers of the folder.
  private struct Folder: AncestorSource {
    func openContainer(_ id: Digest128, note: AncestorNote?) throws(FormatError) -> ContainerReader {
      for name in names {
        guard let bytes = try? Fixtures.bytes(of: "v1-content/\(name).hwp") else { continue }
        let reader = try ContainerReader.open(ancestor: MemorySource(bytes), path: name)
        if reader.containerID == id { return reader }
      }
      throw FormatError(missing: id, note: note, of: "v1-content")
    }
  }

  private func reader(_ name: String) throws -> ContainerReader {
    try ContainerReader.open(
      MemorySource(Fixtures.bytes(of: "v1-content/\(name).hwp")), path: name, ancestors: Folder())
  }

  @Test("Their blobs have the versions and the pieces that they had", arguments: names)
  func pieces(name: String) throws {
    let map = try reader(name).index()
    #expect(map.regions.map(\.name) == ["records.json", "weights.u16", "table", "archive", "note"])
    #expect(map.regions.map(\.blobVersion) == [2, nil, 0, .max, nil])
    #expect(map.regions.map(\.chunking) == [.content, .grid, .content, .content, .grid])
    let lengths = try map.regions.indices.map { region in
      var lengths: [Int] = []
      try map.forEachChunk(ofRegion: region) { (_, chunk) throws(FormatError) in lengths.append(chunk.byteCount) }
      return lengths
    }
    let records = [41_180, 37_871, 33_467, 58_486, 26_928]
    let longer = [41_180, 37_871, 33_439, 59_190, 26_928]
    if name == "full" {
      #expect(lengths == [records, [6_000], [130_909, 131_022, 37_901, 131_072, 9_096], [], [15]])
    } else {
      #expect(lengths == [longer, [6_000], [130_909, 131_022, 38_069], records, [15]])
    }
  }

  @Test("They store what they stored")
  func stored() throws {
    #expect(try Self.names.map { try reader($0).totals.payloadByteCount } == [43_690, 98_575, 0])
    #expect(try Self.names.map { try reader($0).summary.changedBytes } == [130_698, 0, 0])
    // All of the last one's index is that of the one before.
    #expect(try reader("same").frames.count == 1)
  }

  @Test("What is captured now points at their pieces", arguments: names)
  func goesOn(name: String) throws {
    let scratch = ScratchDirectory()
    let reference = SnapshotReference("\(Fixtures.path)/v1-content/\(name).hwp", store: "")
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("state"), options: RestoreOptions())
    let records = try scratch.read("state/records.json")
    var options = CaptureOptions()
    options.type = .incremental
    let report = try records.withUnsafeBytes { bytes in
      try Capture(options: options).run(
        StateDescription(
          regions: [RegionSource(blob: "another name", component: .index, version: 5, memory: bytes)], series: "s"),
        into: MemorySink(), base: CaptureBase(reader(name)),
        backend: BackendSelection.makeBackend(choice: .host))
    }
    #expect(report.rawByteCount == UInt64(records.count) && records.count > 190_000)
    #expect(report.totals.payloadByteCount == 0)
  }
}
