import Foundation
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// What programs that we did not write, and a reader written from the format's document alone, make of our containers.
@Suite struct OutsideProgramTests {
  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A Python with the packages `lz4` and `blake3`: named by the Makefile.
  private static let python = PythonProgram.path
  private static let reader = package.appendingPathComponent("Tests/HoloFormatTests/Reference/hwp_reader.py").path

  /// A generated state of every kind, captured.
  private func withSnapshot(
    transform: TransformMode = .auto, level: CompressionLevel = .fast,
    _ body: (_ directory: ScratchDirectory, _ report: CaptureReport) throws -> Void
  ) throws {
    let directory = ScratchDirectory()
    _ = try StateGenerator(profile: .mixed, byteCount: 8 << 20, seed: 7).write(to: directory.path("state"))
    var options = CaptureOptions()
    options.transform = transform
    options.level = level
    let report = try Snapshots().create(
      states: [directory.path("state")], destination: .file(path: directory.path("x.hwp")), options: options)
    try body(directory, report)
  }

  @Test(.enabled(if: OutsideProgram.has("lz4")), arguments: TransformMode.allCases, CompressionLevel.allCases)
  func lz4AcceptsEveryContainer(transform: TransformMode, level: CompressionLevel) throws {
    try withSnapshot(transform: transform, level: level) { directory, _ in
      let result = try OutsideProgram.run(["lz4", "-t", directory.path("x.hwp")])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test(.enabled(if: OutsideProgram.has("b3sum"))) func b3sumAgreesWithEveryRoot() throws {
    try withSnapshot { directory, report in
      for region in report.regions where region.descriptor.header.isEmpty && region.descriptor.tail.isEmpty {
        let result = try OutsideProgram.run(["b3sum", "--no-names", directory.path("state/\(region.descriptor.name)")])
        #expect(result.output == region.descriptor.root.hexadecimal + "\n", "\(region.descriptor.name)")
      }
    }
  }

  @Test(.enabled(if: python != nil), arguments: TransformMode.allCases)
  func theReferenceReaderRestoresTheState(transform: TransformMode) throws {
    let python = try #require(Self.python)
    try withSnapshot(transform: transform) { directory, _ in
      let verified = try OutsideProgram.run([python, Self.reader, "verify", directory.path("x.hwp")])
      #expect(verified.status == 0, "\(verified.output)")
      let restored = try OutsideProgram.run([
        python, Self.reader, "restore", directory.path("x.hwp"), directory.path("back"),
      ])
      #expect(restored.status == 0, "\(restored.output)")
      let difference = try OutsideProgram.run(["diff", "-r", directory.path("state"), directory.path("back")])
      #expect(difference.status == 0, "\(difference.output)")
    }
  }

  /// Every quantizer, exceptions among them: the same files as we restore.
  @Test(.enabled(if: python != nil), arguments: [ElementType.f16, .bf16, .f32, .f64, .c64, .c128])
  func theReferenceReaderRestoresQuantizedRegions(type: ElementType) throws {
    let python = try #require(Self.python)
    let directory = ScratchDirectory()
    let real: [QuantizationMode] = [.absolute(1e-3), .relative(1e-3, clip: 2), .pointwise(1e-2)]
    let complex: [QuantizationMode] = [
      .euclidean(1e-2), .phase(bits: 9, amplitude: nil), .phase(bits: 7, amplitude: 1e-3),
    ]
    for mode in real + (type.componentCount == 2 ? complex : []) {
      let state = TestState()
      for filling in [TestState.Filling.smooth, .noise, .zeros] { state.add(type, count: 40_000, filling, seed: 5) }
      state.allow(mode)
      try directory.write(capture(state, backend: .host).bytes, to: "x.hwp")
      let verified = try OutsideProgram.run([python, Self.reader, "verify", directory.path("x.hwp")])
      #expect(verified.status == 0, "\(mode.text): \(verified.output)")
      let restored = try OutsideProgram.run([
        python, Self.reader, "restore", directory.path("x.hwp"), directory.path("theirs"),
      ])
      #expect(restored.status == 0, "\(mode.text): \(restored.output)")
      _ = try Snapshots().restore(
        snapshot: SnapshotReference(directory.path("x.hwp"), store: ""), to: directory.path("ours"),
        options: RestoreOptions())
      let difference = try OutsideProgram.run(["diff", "-r", directory.path("ours"), directory.path("theirs")])
      #expect(difference.status == 0, "\(mode.text): \(difference.output)")
      #expect(try OutsideProgram.run(["rm", "-r", directory.path("ours"), directory.path("theirs")]).status == 0)
    }
  }

  @Test(.enabled(if: python != nil)) func theReferenceReaderFindsDamage() throws {
    let python = try #require(Self.python)
    try withSnapshot { directory, _ in
      var bytes = try directory.read("x.hwp")
      bytes[bytes.count / 2] ^= 4
      try directory.write(bytes, to: "damaged.hwp")
      #expect(try OutsideProgram.run([python, Self.reader, "verify", directory.path("damaged.hwp")]).status == 65)
    }
  }

  /// States of the native core, where a neighbour folder holds them.
  private static let coreStates = package.deletingLastPathComponent()
    .appendingPathComponent("shared/data/core-state/state-small.tar.xz").path

  @Test(.enabled(if: FileManager.default.fileExists(atPath: coreStates))) func statesOfTheNativeCoreComeBack() throws {
    let directory = ScratchDirectory()
    #expect(try OutsideProgram.run(["tar", "-C", directory.path, "-xf", Self.coreStates]).status == 0)
    for (index, state) in ["3d_g64/A", "3d_g64/B", "1d_d1024_n300/A", "1d_d1024_n300/B"].enumerated() {
      let source = directory.path("small/\(state)")
      let report = try Snapshots().create(
        states: [source], destination: .store(path: directory.path("store")), options: CaptureOptions())
      _ = try Snapshots().restore(
        snapshot: SnapshotReference(try #require(report.path), store: ""), to: directory.path("back\(index)"),
        options: RestoreOptions())
      #expect(try OutsideProgram.run(["diff", "-r", source, directory.path("back\(index)")]).status == 0)
      for region in report.regions where region.descriptor.name == "psi.c128" {
        // Documents of bytes scaled to one: a byte a voxel, and less.
        #expect(region.storedByteCount * 20 < region.descriptor.byteCount)
      }
    }
  }
}
