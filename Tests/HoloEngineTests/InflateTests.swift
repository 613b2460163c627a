import CZlib
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@testable import HoloEngine

@Suite("Deflated members")
struct InflateTests {
  /// As a raw deflate stream.
  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    precondition(
      deflateInit2_(
        &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    return input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: input.count + input.count / 100 + 100) { output, count in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        count = output.count - Int(stream.avail_out)
      }
    }
  }

  static func crc(_ bytes: [UInt8]) -> UInt32 {
    UInt32(crc32(0, bytes.isEmpty ? nil : bytes, UInt32(bytes.count)))
  }

  private static func member(
    _ compressed: [UInt8], of bytes: [UInt8], byteCount: Int? = nil, crc: UInt32? = nil
  ) -> ZipDirectory.Member {
    ZipDirectory.Member(
      name: [], method: .deflated, offset: 3, storedByteCount: UInt64(compressed.count),
      byteCount: UInt64(byteCount ?? bytes.count), crc32: crc ?? Self.crc(bytes))
  }

  /// All that comes out, read so many bytes at a time.
  private func inflate(_ compressed: [UInt8], _ member: ZipDirectory.Member, step: Int = 1_000) throws -> [UInt8] {
    let source = MemorySource([9, 9, 9] + compressed)
    var reader = try InflatingReader(member, of: source, path: "x.npz")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    while true {
      let count = try reader.read(into: buffer)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      #expect(UInt64(bytes.count) <= member.byteCount)
    }
  }

  private func kind(_ compressed: [UInt8], _ member: ZipDirectory.Member) -> FormatError.Kind? {
    (#expect(throws: FormatError.self) { try inflate(compressed, member) })?.kind
  }

  @Test(
    "Bytes come back, whatever the size of the reads", arguments: [0, 1, 65_535, 65_536, 65_537, 300_000],
    [1_000, 65_536, 1 << 20])
  func comesBack(count: Int, step: Int) throws {
    var generator = SeededGenerator(seed: 4)
    // Half of it noise, so that the compressed bytes take several reads.
    let bytes = generator.bytes(count / 2) + (0..<(count - count / 2)).map { UInt8($0 >> 8 & 0xFF) }
    let compressed = Self.deflated(bytes)
    #expect(try inflate(compressed, Self.member(compressed, of: bytes), step: step) == bytes)
  }

  @Test("A member that contradicts itself is damaged")
  func contradictions() throws {
    let bytes = [UInt8](repeating: 5, count: 10_000)
    let compressed = Self.deflated(bytes)
    for count in [9_999, 1, 0, 10_001, 1 << 40] {
      #expect(kind(compressed, Self.member(compressed, of: bytes, byteCount: count)) == .damaged, "\(count) bytes")
    }
    #expect(kind(compressed, Self.member(compressed, of: bytes, crc: 1)) == .damaged)
    #expect(kind(compressed + [0], Self.member(compressed + [0], of: bytes)) == .damaged)
    for count in compressed.indices {
      let cut = Array(compressed.prefix(count))
      #expect(kind(cut, Self.member(cut, of: bytes)) == .damaged, "\(count) compressed bytes")
    }
    #expect(kind(Array(compressed.dropLast()), Self.member(compressed, of: bytes)) == .truncated)
  }

  @Test("Mutations never trap, and give the bytes or an error")
  func mutations() throws {
    var generator = SeededGenerator.announced()
    let bytes = generator.bytes(50) + [UInt8](repeating: 7, count: 500) + generator.bytes(50)
    let sound = Self.deflated(bytes)
    for _ in 0..<20_000 {
      var compressed = sound
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let offset = compressed.indices.randomElement(using: &generator) ?? 0
        compressed[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      do throws(FormatError) {
        #expect(try inflated(compressed, of: bytes) == bytes)
      } catch {
        #expect(error.kind == .damaged)
      }
    }
  }

  private func inflated(_ compressed: [UInt8], of bytes: [UInt8]) throws(FormatError) -> [UInt8] {
    do { return try inflate(compressed, Self.member(compressed, of: bytes), step: 64) } catch let error as FormatError {
      throw error
    } catch { throw FormatError(.invalidInput, "\(error)") }
  }

  @Test("Arrays that NumPy compressed", .enabled(if: PythonProgram.path != nil))
  func arraysOfNumPy() throws {
    let scratch = ScratchDirectory()
    let output = try PythonProgram.run(
      """
      import blake3, numpy, sys, zipfile
      random = numpy.random.default_rng(3)
      numpy.savez_compressed(sys.argv[1], noise=random.standard_normal(100_000), zeros=numpy.zeros(1_000_000), none=[])
      with zipfile.ZipFile(sys.argv[1]) as archive:
          for name in archive.namelist(): print(blake3.blake3(archive.read(name)).hexdigest())
      """, scratch.path("x.npz"))
    let source = try FileSource(try Syscalls().open(scratch.path("x.npz"), 0))
    let members = try #require(try ZipDirectory.read(source)?.members)
    var digests: [String] = []
    for member in members {
      var reader = try InflatingReader(member, of: source, path: scratch.path("x.npz"))
      var bytes = [UInt8](repeating: 0, count: Int(member.byteCount) + 1)
      let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      digests.append(bytes[..<count].withUnsafeBytes { BLAKE3.hash($0).hexadecimal })
    }
    #expect(digests == output.split(separator: "\n").map(String.init))
  }
}
