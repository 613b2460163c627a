import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// What version 0.1 stored within a bound comes back to the same bytes for ever.
@Suite("Quantized containers that version 0.1 wrote")
struct QuantizedGoldenTests {
  private static let folder = "\(Fixtures.path)/v1-quantized"
  private static let reader = "\(Fixtures.path)/../HoloFormatTests/Reference/hwp_reader.py"
  private static let canReadOtherwise = OutsideProgram.imports("lz4.block, lz4.frame, blake3, numpy")

  /// Hashes by container and region.
  private static let restored: [String: [String: String]] = {
    do {
      let lines = String(decoding: try Fixtures.bytes(of: "v1-quantized/restored.b3"), as: UTF8.self).split(
        separator: "\n")
      return lines.reduce(into: [:]) { hashes, line in
        let fields = line.split(separator: " ")
        let path = fields[1].split(separator: "/")
        hashes[String(path[0]), default: [:]][String(path[1])] = String(fields[0])
      }
    } catch { preconditionFailure("Tests/Fixtures/v1-quantized/restored.b3: \(error)") }
  }()
  private static let names = restored.keys.sorted()

  private func expectFiles(_ scratch: ScratchDirectory, of name: String) throws {
    for (region, hash) in try #require(Self.restored[name]) {
      #expect(BLAKE3.hash(try scratch.read("out/\(region)")).hexadecimal == hash, "\(name)/\(region)")
    }
  }

  @Test("Every container has its hashes") func nothingIsLeftOut() throws {
    let files = try Fixtures.files(in: "v1-quantized").map(\.name).filter { $0.hasSuffix(".hwp") }
    #expect(files == Self.names.map { "\($0).hwp" })
  }

  @Test("They are sound, and give the bytes that they gave", arguments: names)
  func bytes(name: String) throws {
    let scratch = ScratchDirectory()
    let source = MemorySource(try Fixtures.bytes(of: "v1-quantized/\(name).hwp"))
    let backend = try BackendSelection.makeBackend(choice: .host)
    #expect(
      try Verification(options: RestoreOptions()).run(source, path: name, quick: false, backend: backend).problems == []
    )
    _ = try Snapshots().restore(
      snapshot: SnapshotReference("\(Self.folder)/\(name).hwp", store: ""), to: scratch.path("out"),
      options: RestoreOptions())
    try expectFiles(scratch, of: name)
  }

  @Test("They tell what was read", .enabled(if: OutsideProgram.imports("struct")), arguments: names)
  func rawRoots(name: String) throws {
    let scratch = ScratchDirectory()
    try run([OutsideProgram.python, "-B", "\(Self.folder)/state.py", scratch.path("state")])
    let source = MemorySource(try Fixtures.bytes(of: "v1-quantized/\(name).hwp"))
    for region in try StoredContainer(opening: source, path: name).regions.map(\.descriptor) {
      let quantization = try #require(region.quantization)
      #expect(quantization.rawRoot == BLAKE3.hash(try scratch.read("state/\(region.name)")), "\(name)/\(region.name)")
      #expect(quantization.exactCount > 0 || region.name == "smooth.f32", "\(name)/\(region.name)")
    }
  }

  @Test("The independent reader gives the same", .enabled(if: canReadOtherwise), arguments: names)
  func independentReader(name: String) throws {
    let scratch = ScratchDirectory()
    let path = "\(Self.folder)/\(name).hwp"
    try run([OutsideProgram.python, "-B", Self.reader, "verify", path])
    try run([OutsideProgram.python, "-B", Self.reader, "restore", path, scratch.path("out")])
    try expectFiles(scratch, of: name)
  }

  private func run(_ command: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let result = try OutsideProgram.run(command)
    #expect(result.status == 0, "\(command.joined(separator: " ")): \(result.output)", sourceLocation: sourceLocation)
  }
}
