import Glibc
import HoloEngine
import HoloFormat
import HoloSystem
import TestSupport
import Testing

/// Mode and time of the directory that is the state.
@Suite struct RootDirectoryTests {
  private let scratch = ScratchDirectory()
  private let syscalls = Syscalls()

  /// A directory with something in it, of a mode and a time that no new one has.
  init() throws {
    for name in ["one", "two"] {
      try scratch.write(Array(name.utf8), to: "\(name)/inner/\(name).bin")
      let directory = try scratch.open(name)
      try directory.setPermissions(0o750)
      try directory.setModified(seconds: 1_000_000_007, nanoseconds: 500_000_000)
    }
  }

  private func attributes(_ name: String) throws -> [Int64] {
    let status = try syscalls.status(scratch.path(name))
    return [Int64(status.permissions), status.modifiedSeconds, Int64(status.modifiedNanoseconds)]
  }

  private func create(_ states: String..., as output: String) throws {
    let format: ContainerFormat = output.hasSuffix(".wave") ? .wave : .hwp
    _ = try Snapshots().create(
      states: states.map(scratch.path(_:)), destination: .file(path: scratch.path(output)), format: format,
      options: CaptureOptions())
  }

  private func restore(_ container: String, to target: String, regions: [String] = [], overwrite: Bool = false) throws {
    var options = RestoreOptions()
    options.regions = regions
    options.overwrite = overwrite
    _ = try Snapshots().restore(
      snapshot: scratch.reference(container), to: scratch.path(target), options: options)
  }

  @Test(arguments: ["x.hwp", "x.wave"]) func aTargetThatIsCreatedGetsThem(container: String) throws {
    try create("one", as: container)
    try restore(container, to: "whole")
    try restore(container, to: "part", regions: ["inner/*"])
    for target in ["whole", "part"] { #expect(try attributes(target) == attributes("one"), "\(target)") }
  }

  @Test(arguments: [("x.hwp", "y.wave"), ("x.wave", "y.hwp")])
  func aConversionKeepsThem(container: String, other: String) throws {
    try create("one", as: container)
    _ = try Snapshots().convert(
      scratch.reference(container), to: scratch.path(other),
      as: other.hasSuffix(".wave") ? .wave : .hwp, options: CaptureOptions())
    try restore(other, to: "again")
    #expect(try attributes("again") == attributes("one"))
  }

  @Test func aTargetThatIsThereKeepsItsMode() throws {
    try create("one", as: "x.hwp")
    for (target, overwrite) in [("empty", false), ("full", true)] {
      try scratch.makeDirectory(target)
      if overwrite { try scratch.write([1], to: "\(target)/other") }
      try scratch.open(target).setPermissions(0o711)
      try restore("x.hwp", to: target, overwrite: overwrite)
      let found = try attributes(target)
      #expect(found[0] == 0o711 && found[1] != 1_000_000_007, "\(target)")
    }
  }

  @Test func aStateOfSeveralOrOfAFileHasNone() throws {
    for (states, container) in [(["one", "two"], "both.hwp"), (["one/inner/one.bin"], "file.wave")] {
      _ = try Snapshots().create(
        states: states.map(scratch.path(_:)), destination: .file(path: scratch.path(container)),
        format: container.hasSuffix(".wave") ? .wave : .hwp, options: CaptureOptions())
      let stored = try StoredContainer(opening: MemorySource(scratch.read(container)), path: container)
      #expect(stored.root == nil, "\(container)")
    }
  }

  @Test func setIdBitsAreNotRestored() throws {
    try scratch.open("one").setPermissions(0o7755)
    try create("one", as: "x.hwp")
    try restore("x.hwp", to: "again")
    #expect(try attributes("again")[0] == 0o755)
  }

  /// A salvage needs the index, not the end: what the manifest says is there.
  @Test(arguments: ["x.hwp", "x.wave"]) func theyComeBackWithoutTheTrailer(container: String) throws {
    try create("one", as: container)
    try scratch.write(Array(scratch.read(container).dropLast()), to: container)
    try restore(container, to: "again", regions: ["**"])
    #expect(try attributes("again") == attributes("one"))
  }

  private static let reader =
    #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    + "/HoloFormatTests/Reference/"

  @Test(.enabled(if: PythonProgram.path != nil)) func theReadersWrittenFromTheDocumentKnowThem() throws {
    let python = try #require(PythonProgram.path)
    try create("one", as: "x.hwp")
    try create("one", as: "x.wave")
    let restored = try OutsideProgram.run([
      python, Self.reader + "hwp_reader.py", "restore", scratch.path("x.hwp"), scratch.path("again"),
    ])
    #expect(restored.status == 0, "\(restored.output)")
    #expect(try attributes("again") == attributes("one"))
    let verified = try OutsideProgram.run([python, Self.reader + "wave_reader.py", "verify", scratch.path("x.wave")])
    #expect(verified.status == 0, "\(verified.output)")
  }
}
