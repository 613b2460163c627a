import Foundation
import HoloFormat
import HoloModel
import Testing

/// Headers of `WAVEV001` files, made here and by the real cores.
@Suite struct LegacyTests {
  private static let metadata = Array(#"{"type":"current","backend":"native"}"#.utf8)

  private func header(of file: [UInt8]) throws -> LegacyHeader {
    try LegacyHeader(MemorySource(file), path: "x.hwp")
  }

  private func kind(of file: [UInt8]) -> FormatError.Kind? {
    do throws(FormatError) {
      _ = try LegacyHeader(MemorySource(file), path: "x.hwp")
      return nil
    } catch {
      #expect(error.path == "x.hwp")
      return error.kind
    }
  }

  private static func file(
    magic: String = "WAVEV001", version: UInt32 = 1, kind: UInt32 = 1, dimension: UInt64 = 3,
    metadata: [UInt8] = metadata,
    metadataByteCount: UInt32? = nil, data: Int = 48
  ) -> [UInt8] {
    var bytes = Array(magic.utf8)
    for field in [version, kind] { withUnsafeBytes(of: field.littleEndian) { bytes += $0 } }
    for field in [dimension, (1_757_240_964.75).bitPattern] { withUnsafeBytes(of: field.littleEndian) { bytes += $0 } }
    withUnsafeBytes(of: (metadataByteCount ?? UInt32(metadata.count)).littleEndian) { bytes += $0 }
    return bytes + metadata + [UInt8](repeating: 7, count: data)
  }

  @Test(arguments: [0, 1, 16_384, 16_385] as [UInt64]) func readsComplexNumbers(dimension: UInt64) throws {
    let header = try header(of: Self.file(dimension: dimension, data: 16 * Int(dimension)))
    #expect(header.elementType == .c128)
    #expect(header.shape == [dimension])
    #expect(header.elementByteCount == 16 * dimension)
    #expect(header.byteCount == 36 + Self.metadata.count)
    #expect(header.unixTime == 1_757_240_964.75)
    #expect(header.metadata == Self.metadata)
  }

  @Test(arguments: [0, 1, 5] as [UInt64]) func readsAmplitudesAndPhases(dimension: UInt64) throws {
    let header = try header(of: Self.file(kind: 2, dimension: dimension, metadata: [], data: 8 * Int(dimension)))
    #expect(header.elementType == .f32)
    #expect(header.shape == [2, dimension])
    #expect(header.elementByteCount == 8 * dimension)
    #expect(header.byteCount == 36)
  }

  @Test(arguments: [1, 65_536]) func nothingMayFollowTheElements(tail: Int) throws {
    #expect(kind(of: Self.file(data: 48 + tail)) == .malformed)
  }

  @Test func writesWhatItReads() throws {
    for (dimension, metadata) in [(0, []), (1, Self.metadata), (5, [UInt8](repeating: 0x20, count: 65_536))] {
      let written = try LegacyHeader(dimension: UInt64(dimension), unixTime: 1_757_240_964.75, metadata: metadata)
      let file = Self.file(dimension: UInt64(dimension), metadata: metadata, data: 16 * dimension)
      #expect(written.bytes == Array(file.prefix(written.byteCount)))
      #expect(try header(of: file) == written)
    }
  }

  @Test func writesNothingPastALimit() {
    let long = [UInt8](repeating: 0x20, count: 65_537)
    let tooLong = #expect(throws: FormatError.self) { try LegacyHeader(dimension: 1, unixTime: 0, metadata: long) }
    #expect(tooLong?.kind == .limitExceeded)
    for dimension in [1 << 59, 1 << 60, .max] as [UInt64] {
      let error = #expect(throws: FormatError.self) {
        try LegacyHeader(dimension: dimension, unixTime: 0, metadata: [])
      }
      #expect(error?.kind == .limitExceeded)
    }
  }

  @Test func refusesWhatBreaksARule() {
    #expect(kind(of: []) == .notAContainer)
    #expect(kind(of: Self.file(magic: "WAVEV002")) == .notAContainer)
    #expect(kind(of: Self.file(magic: "HWPSNAP\n")) == .notAContainer)
    for version in [0, 2, .max] as [UInt32] { #expect(kind(of: Self.file(version: version)) == .unsupportedVersion) }
    for code in [0, 3, .max] as [UInt32] { #expect(kind(of: Self.file(kind: code)) == .unsupportedFeature) }
    #expect(kind(of: Self.file(dimension: 4)) == .truncated)
    #expect(kind(of: Self.file(data: 47)) == .truncated)
    // Times 16, the second is 0 in 64 bits.
    for dimension in [1 << 59, 1 << 60, 1 << 63, .max] as [UInt64] {
      #expect(kind(of: Self.file(dimension: dimension)) == .malformed)
      #expect(kind(of: Self.file(kind: 2, dimension: dimension)) != nil)
    }
    #expect(kind(of: Self.file(metadataByteCount: 65_537)) == .malformed)
    #expect(kind(of: Self.file(metadataByteCount: .max)) == .malformed)
    #expect(kind(of: Self.file(metadataByteCount: 65_536)) == .truncated)
  }

  @Test func everyTruncationIsSeen() {
    let file = Self.file()
    for count in file.indices {
      #expect(kind(of: Array(file.prefix(count))) == (count < 8 ? .notAContainer : .truncated), "\(count) bytes")
    }
  }

  /// Files of the real cores, where HOLOSNAP_LEGACY or a neighbour folder has them.
  private static let samples: [String] = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder =
      ProcessInfo.processInfo.environment["HOLOSNAP_LEGACY"]
      ?? package.deletingLastPathComponent().appendingPathComponent("shared/data/legacy").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".hwp") || $0.hasSuffix(".wave") }.sorted().map { "\(folder)/\($0)" }
  }()

  @Test(.enabled(if: !samples.isEmpty), arguments: samples) func filesOfTheRealCoresAreRead(path: String) throws {
    let file = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    let header = try header(of: file)
    #expect(header.kind == .complex)
    #expect(header.byteCount + Int(header.elementByteCount) == file.count)
    #expect(try JSONSerialization.jsonObject(with: Data(header.metadata)) is [String: Any])
    let written = try LegacyHeader(
      dimension: header.dimension, unixTime: header.unixTime, metadata: header.metadata)
    #expect(written.bytes == Array(file.prefix(header.byteCount)))
  }
}
