import Foundation
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

/// Legacy `WAVEV001` files as parts of a state.
@Suite struct LegacyFileTests {
  private let scratch = ScratchDirectory()

  private func region(_ name: String, _ bytes: [UInt8]) throws -> RegionSource {
    try scratch.write(bytes, to: name)
    return try #require(try StateScan.describe([scratch.path(name)]).regions.first)
  }

  private static func file(dimension: UInt64, tail: Int = 0, kind: UInt8 = 1) throws -> [UInt8] {
    let header = try LegacyHeader(dimension: dimension, unixTime: 1.5, metadata: Array("{}".utf8))
    var bytes = header.bytes
    bytes[12] = kind
    return bytes + (0..<(Int(dimension) * (kind == 1 ? 16 : 8) + tail)).map { UInt8(truncatingIfNeeded: $0) }
  }

  @Test(arguments: ["x.hwp", "x.wave"]) func theMagicGivesTypeAndShape(name: String) throws {
    let complex = try region(name, Self.file(dimension: 5))
    #expect(complex.elementType == .c128 && complex.shape == [5])
    #expect(complex.headerByteCount == 38 && complex.byteCount == 80 && complex.tailByteCount == 0)
    let polar = try region(name, Self.file(dimension: 5, kind: 2))
    #expect(polar.elementType == .f32 && polar.shape == [2, 5])
    #expect(polar.headerByteCount == 38 && polar.byteCount == 40 && polar.tailByteCount == 0)
  }

  @Test func whatIsMalformedOrNamedOtherwiseIsBytes() throws {
    let whole = try Self.file(dimension: 5)
    for (name, bytes) in [
      ("cut.hwp", Array(whole.dropLast())), ("short.wave", Array(whole.prefix(20))), ("empty.hwp", []),
      ("kind.hwp", try Self.file(dimension: 5, kind: 3)), ("tail.hwp", try Self.file(dimension: 5, tail: 1)),
      ("riff.wave", Array("RIFF".utf8)),
    ] {
      let region = try region(name, bytes)
      #expect(region.elementType == .bytes && region.byteCount == UInt64(bytes.count), "\(name)")
    }
    #expect(try region("x.f32", whole).headerByteCount == 0)
  }

  @Test func whatIsMalformedIsSaidToBe() throws {
    for name in ["good.hwp", "tail.hwp", "text.hwp"] {
      try scratch.write(
        name == "text.hwp" ? [] : Self.file(dimension: 5, tail: name == "tail.hwp" ? 7 : 0), to: "s/" + name)
    }
    let notices = try StateScan.describe([scratch.path("s")]).notices
    #expect(notices.count == 1 && notices[0].contains("s/tail.hwp begins as a legacy file and was taken as bytes"))
    #expect(notices[0].contains("7 bytes follow"), "\(notices)")
  }

  @Test func aFileWithoutASuffixIsLookedIntoOnlyWhereItIsNamedItself() throws {
    let whole = try Self.file(dimension: 5)
    #expect(try region("current", whole).elementType == .c128)
    try scratch.write(whole, to: "state/current")
    let state = try StateScan.describe([scratch.path("state")])
    #expect(state.regions.map(\.elementType) == [.bytes])
  }

  private func expectRoundTrip(_ names: [String]) throws {
    let report = try Snapshots().create(
      states: [scratch.path("state")], destination: .file(path: scratch.path("out.snapshot")),
      options: CaptureOptions())
    #expect(report.regions.map(\.descriptor.name) == names.sorted())
    _ = try Snapshots().restore(
      snapshot: scratch.reference("out.snapshot"), to: scratch.path("back"),
      options: RestoreOptions())
    for name in names {
      #expect(try scratch.read("back/\(name)") == scratch.read("state/\(name)"), "\(name)")
    }
  }

  @Test func theyComeBackToTheByte() throws {
    let dimensions: [UInt64] = [0, 1, 16_384, 16_385]
    for dimension in dimensions {
      try scratch.write(Self.file(dimension: dimension), to: "state/\(dimension).hwp")
    }
    try expectRoundTrip(dimensions.map { "\($0).hwp" })
  }

  /// Files that the native cores wrote, where HOLOSNAP_LEGACY or a neighbour folder has them.
  private static let samples =
    ProcessInfo.processInfo.environment["HOLOSNAP_LEGACY"]
    ?? URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/data/legacy").path

  @Test(.enabled(if: FileManager.default.fileExists(atPath: samples))) func filesOfTheNativeCoresComeBack() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.samples)
      .filter { $0.hasSuffix(".hwp") || $0.hasSuffix(".wave") }
    for name in names {
      try scratch.write([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(Self.samples)/\(name)"))), to: "state/\(name)")
    }
    try expectRoundTrip(names)
    let regions = try StateScan.describe([scratch.path("state")]).regions
    #expect(!names.isEmpty && regions.allSatisfy { $0.elementType != .bytes && $0.headerByteCount > 36 })
  }
}
