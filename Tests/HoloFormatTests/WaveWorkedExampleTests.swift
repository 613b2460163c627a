import Foundation
import HoloFormat
import HoloModel
import Testing

/// The file that WAVE-Format.md, section 9, shows byte by byte.
@Suite struct WaveWorkedExampleTests {
  /// The bytes of the page's dump: an offset of four digits, two spaces, up to 16 bytes, two spaces, text. Lines of zeros
  /// are left out.
  private static func example() throws -> [UInt8] {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Documentation/WAVE-Format.md")
    var bytes: [UInt8] = []
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
      guard line.utf8.count > 6, let offset = Int(line.prefix(4), radix: 16), line.dropFirst(4).hasPrefix("  ") else {
        continue
      }
      #expect(offset >= bytes.count, "\(line)")
      bytes += [UInt8](repeating: 0, count: offset - bytes.count)
      bytes += line.dropFirst(6).prefix(48).split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    return bytes
  }

  private static let field: [UInt8] = [Float(1), -2].flatMap { value in
    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  @Test func isAWave() throws {
    let bytes = try Self.example()
    #expect(TestWave.problem(bytes) == nil)
    let reader = try WaveReader.open(MemorySource(bytes), path: "example.wave")
    #expect(reader.regions.map(\.name) == ["field.f32", "note"])
    #expect(reader.regions[0].shape == [2] && reader.regions[0].permissions == 0o644)
    #expect(try reader.bytes(ofRegion: 0) == Self.field)
    #expect(try reader.bytes(ofRegion: 1) == Array("ok\n".utf8))
    #expect(reader.summary.series == "example")
  }

  /// A writer of today makes the same bytes of the same content: what version 1 wrote is never changed.
  @Test func isWrittenTheSameToday() throws {
    let bytes = try Self.example()
    let reader = try WaveReader.open(MemorySource(bytes), path: "example.wave")
    let sink = MemorySink()
    let writer = try WaveWriter(
      sink: sink, containerID: reader.containerID, createdNanoseconds: reader.createdNanoseconds,
      sampleType: reader.sampleType)
    for (ordinal, descriptor) in reader.regions.enumerated() {
      try TestWave.begin(writer, descriptor, ordinal: ordinal)
      try TestWave.append(try reader.bytes(ofRegion: ordinal), to: writer)
      try writer.endRegion(descriptor)
    }
    let receipt = try writer.finish(directories: []) { _ in reader.summary }
    #expect(sink.bytes == bytes)
    #expect(receipt.snapshotID == reader.snapshotID)
  }
}
