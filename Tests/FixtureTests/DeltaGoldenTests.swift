import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What version 0.1 stored relative to other snapshots comes back to the same bytes for ever.
@Suite("Snapshots that need each other, as version 0.1 wrote them")
struct DeltaGoldenTests {
  private static let folder = "\(Fixtures.path)/v1-delta"
  private static let reader = "\(Fixtures.path)/../HoloFormatTests/Reference/hwp_reader.py"
  private static let canReadOtherwise = OutsideProgram.imports("lz4.block, lz4.frame, blake3, numpy")
  private static let names = ["differential", "full", "same", "second", "third"]

  /// Hashes by path below the container's name.
  private func expectFiles(_ scratch: ScratchDirectory, of name: String) throws {
    let lines = String(decoding: try Fixtures.bytes(of: "v1-delta/restored.b3"), as: UTF8.self).split(separator: "\n")
    var count = 0
    for line in lines {
      let fields = line.split(separator: " ")
      guard fields[1].hasPrefix("\(name)/") else { continue }
      let path = fields[1].dropFirst(name.count + 1)
      #expect(BLAKE3.hash(try scratch.read("out/\(path)")).hexadecimal == fields[0], "\(name)/\(path)")
      count += 1
    }
    #expect(count == (name == "second" ? 8 : 7))
  }

  @Test("Every container is tried") func nothingIsLeftOut() throws {
    let files = try Fixtures.files(in: "v1-delta").map(\.name).filter { $0.hasSuffix(".hwp") }
    #expect(files == Self.names.map { "\($0).hwp" })
  }

  @Test("They are sound, and give the bytes that they gave", arguments: names)
  func bytes(name: String) throws {
    let scratch = ScratchDirectory()
    let reference = SnapshotReference("\(Self.folder)/\(name).hwp", store: "")
    for quick in [true, false] {
      #expect(try Snapshots().verify(snapshots: [reference], store: "", quick: quick).problems == [])
    }
    _ = try Snapshots().restore(snapshot: reference, to: scratch.path("out"), options: RestoreOptions())
    try expectFiles(scratch, of: name)
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

  @Test("The independent reader gives the same", .enabled(if: canReadOtherwise), arguments: names)
  func independentReader(name: String) throws {
    let scratch = ScratchDirectory()
    let path = "\(Self.folder)/\(name).hwp"
    for arguments in [["verify", path], ["restore", path, scratch.path("out")]] {
      let result = try OutsideProgram.run([OutsideProgram.python, "-B", Self.reader] + arguments)
      #expect(result.status == 0, "\(arguments): \(result.output)")
    }
    try expectFiles(scratch, of: name)
  }
}
