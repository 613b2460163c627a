import HoloEngine
import HoloFormat
import HoloModel
import TestSupport
import Testing

/// Containers that are whole, and whose names lead out of any target.
@Suite struct HostileNameTests {
  private static let hostile = ["../x", "/x", "a//b", "a/", ".", "..", "a/../../x", "./a"]

  private static func summary(_ totals: ContainerTotals) -> Summary {
    Summary(
      creator: "test", createdNanoseconds: 0, type: "full", series: "", reason: "test", host: "", priority: 0,
      parent: nil, totals: totals, seconds: 0, backend: "host", device: "")
  }

  /// Regions without bytes.
  private static func container(
    _ names: [String], directories: [String] = [], format: ContainerFormat
  ) throws -> [UInt8] {
    let sink = MemorySink()
    let directories = directories.map { DirectoryEntry(name: $0) }
    func descriptor(_ name: String) -> RegionDescriptor {
      RegionDescriptor(
        name: name, component: .memory, elementType: .bytes, shape: [], byteCount: 0, root: BLAKE3.hash([]))
    }
    switch format {
    case .hwp:
      let writer = try ContainerWriter(sink: sink, containerID: Digest128(), createdNanoseconds: 0)
      for name in names {
        try writer.beginRegion(name: name, elementType: .bytes)
        try writer.endRegion(descriptor(name))
      }
      _ = try writer.finish(directories: directories, summary: summary)
    case .wave:
      let writer = try WaveWriter(sink: sink, containerID: Digest128(), createdNanoseconds: 0, sampleType: nil)
      for (ordinal, name) in names.enumerated() {
        try writer.beginRegion(name: name, component: .memory, elementType: .bytes, ordinal: ordinal)
        try writer.endRegion(descriptor(name))
      }
      _ = try writer.finish(directories: directories, summary: summary)
    }
    return sink.bytes
  }

  private func report(_ scratch: ScratchDirectory, quick: Bool) throws -> VerificationReport {
    try Snapshots().verify(
      snapshots: [scratch.reference("x")], store: "", quick: quick)
  }

  private func restore(_ scratch: ScratchDirectory, _ regions: [String] = []) throws {
    var options = RestoreOptions()
    options.regions = regions
    _ = try Snapshots().restore(
      snapshot: scratch.reference("x"), to: scratch.path("back"), options: options)
  }

  @Test(arguments: hostile, [ContainerFormat.hwp, .wave])
  func whatNoRestoreTakesIsNotSound(name: String, format: ContainerFormat) throws {
    let scratch = ScratchDirectory()
    try scratch.write(Self.container(["good", name], format: format), to: "x")
    let error = #expect(throws: HoloError.self) { try restore(scratch) }
    #expect(error?.code == .refused)
    #expect(error?.place.region == name)
    #expect(!scratch.exists("back"))
    for quick in [false, true] {
      let report = try report(scratch, quick: quick)
      #expect(report.problems.map(\.region) == [name])
      #expect(report.problems.map(\.message) == [error?.message])
      #expect(report.problems.exitStatus == 65)
    }
    try restore(scratch, ["good"])
    #expect(try scratch.names(in: "back") == ["good"])
  }

  @Test(arguments: hostile, [ContainerFormat.hwp, .wave])
  func norWhereADirectoryIsCalledSo(name: String, format: ContainerFormat) throws {
    let scratch = ScratchDirectory()
    try scratch.write(Self.container(["good"], directories: [name], format: format), to: "x")
    for quick in [false, true] {
      let report = try report(scratch, quick: quick)
      #expect(report.problems.map(\.region) == [name])
      #expect(report.problems.exitStatus == 65)
    }
    #expect(throws: HoloError.self) { try restore(scratch) }
    #expect(!scratch.exists("back"))
  }

  @Test(arguments: [ContainerFormat.hwp, .wave])
  func oddNamesThatLeadNowhereElseAreSound(format: ContainerFormat) throws {
    let scratch = ScratchDirectory()
    try scratch.write(Self.container(["...", "-rf", "a\\\\b", "line\nbreak", "..a/b.."], format: format), to: "x")
    #expect(try report(scratch, quick: false).problems.exitStatus == 0)
    try restore(scratch)
    #expect(try scratch.names(in: "back") == ["-rf", "...", "..a", "a\\b", "line\nbreak"])
  }
}
