import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What version 0.1 stored relative to other snapshots comes back to the same bytes for ever.
@Suite("Snapshots that need each other, as version 0.1 wrote them")
struct DeltaGoldenTests {
  /// A container of a folder.
  struct Golden: CustomStringConvertible {
    var folder: String
    var name: String
    /// Of its state.
    var fileCount: Int

    var description: String { "\(folder)/\(name)" }
    var path: String { "\(Fixtures.path)/\(folder)/\(name).hwp" }
  }

  private static let folder = "\(Fixtures.path)/v1-delta"
  private static let reader = "\(Fixtures.path)/../HoloFormatTests/Reference/hwp_reader.py"
  private static let canReadOtherwise = OutsideProgram.imports("lz4.block, lz4.frame, blake3, numpy")
  private static let names = ["differential", "full", "same", "second", "third"]
  private static let all =
    names.map { Golden(folder: "v1-delta", name: $0, fileCount: $0 == "second" ? 8 : 7) }
    + ["first", "full", "second", "third"].map { Golden(folder: "v1-difference", name: $0, fileCount: 8) }
    + ["first", "full", "same"].map { Golden(folder: "v1-content", name: $0, fileCount: 5) }

  /// Hashes by path below the container's name.
  private func expectFiles(_ scratch: ScratchDirectory, of golden: Golden) throws {
    let lines = String(decoding: try Fixtures.bytes(of: "\(golden.folder)/restored.b3"), as: UTF8.self).split(
      separator: "\n")
    let name = golden.name
    var count = 0
    for line in lines {
      let fields = line.split(separator: " ")
      guard fields[1].hasPrefix("\(name)/") else { continue }
      let path = fields[1].dropFirst(name.count + 1)
      #expect(BLAKE3.hash(try scratch.read("out/\(path)")).hexadecimal == fields[0], "\(name)/\(path)")
      count += 1
    }
    #expect(count == golden.fileCount)
  }

  @Test("Every container is tried") func nothingIsLeftOut() throws {
    for (folder, goldens) in Dictionary(grouping: Self.all, by: \.folder) {
      let files = try Fixtures.files(in: folder).map(\.name).filter { $0.hasSuffix(".hwp") }
      #expect(files == goldens.map { "\($0.name).hwp" })
    }
  }

  @Test("They are sound, and give the bytes that they gave", arguments: all)
  func bytes(golden: Golden) throws {
    let scratch = ScratchDirectory()
    let reference = SnapshotReference(golden.path, store: "")
    for quick in [true, false] {
      #expect(try Snapshots().verify(snapshots: [reference], store: "", quick: quick).problems == [])
    }
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("out"), options: RestoreOptions())
    try expectFiles(scratch, of: golden)
  }

  @Test("They need what they needed")
  func chains() throws {
    let counts = try Self.names.map { name in
      try Snapshots().chain(of: SnapshotReference("\(Self.folder)/\(name).hwp", store: "")).ancestors.count
    }
    #expect(counts == [1, 0, 3, 1, 2])
    let same = try Snapshots().chain(of: SnapshotReference("\(Self.folder)/same.hwp", store: ""))
    #expect(same.ancestors.map(\.segmentCount) == [1, 0, 0])
  }

  @Test("A new snapshot goes on from them")
  func goesOn() throws {
    let scratch = ScratchDirectory()
    for name in Self.names { try scratch.write(Fixtures.bytes(of: "v1-delta/\(name).hwp"), to: "store/\(name).hwp") }
    let reference = SnapshotReference(scratch.path("store/third.hwp"), store: "")
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("state"), options: RestoreOptions())
    var rough = try scratch.read("state/rough.bin")
    rough[20_000] ^= 1
    try scratch.write(rough, to: "state/rough.bin")
    var options = CaptureOptions()
    options.type = .incremental
    options.base = "\(Self.folder)/third.hwp"
    options.quantization = try QuantizationRules(["smooth.f32=abs:0.01"])
    let report = try Snapshots().create(
      states: [scratch.path("state")], destination: .store(path: scratch.path("store")), options: options)
    #expect(report.regions.map(\.changedByteCount).filter { $0 > 0 } == [4_096])
    _ = try Snapshots().restore(
      snapshot: SnapshotReference(report.path ?? "", store: ""), to: scratch.path("again"), options: RestoreOptions())
    #expect(try scratch.read("again/rough.bin") == rough)
    #expect(try scratch.read("again/rows.f32") == scratch.read("state/rows.f32"))
  }

  @Test("The independent reader gives the same", .enabled(if: canReadOtherwise), arguments: all)
  func independentReader(golden: Golden) throws {
    let scratch = ScratchDirectory()
    let path = golden.path
    for arguments in [["verify", path], ["restore", path, scratch.path("out")]] {
      let result = try OutsideProgram.run([OutsideProgram.python, "-B", Self.reader] + arguments)
      #expect(result.status == 0, "\(arguments): \(result.output)")
    }
    try expectFiles(scratch, of: golden)
  }
}
