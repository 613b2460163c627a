import CWaveKernels
import HoloModel
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct ChecksumTests {
  @Test(arguments: TestBackend.available)
  func givesTheOfficialHashes(on test: TestBackend) throws {
    let session = try test.session()
    for (byteCount, hash) in BLAKE3Vectors.all + BLAKE3Vectors.large {
      let source = try session.makeBuffer((0..<byteCount).map { UInt8($0 % 251) })
      var digests: [wave_digest] = []
      try session.checksum(source, spans: regionSpans(byteCount: byteCount), digests: &digests)
      #expect(hexadecimal(regionRoot(digests)) == hash, "\(byteCount) bytes")
    }
  }

  /// 4 KiB blocks, chunks, and a batch, each one byte less, exact, and one byte more; all in one call, at odd offsets.
  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func agreesWithTheHostAtEveryBoundary(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let (host, device) = (try TestBackend.host.session(), try test.session())
    let batch = try test.backend().batchByteCount
    let edges = [1024, blockByteCount, 16 * 1024, 17 * 1024, 128 * 1024, chunkByteCount, 3 * chunkByteCount, batch]
    let sizes = [0, 1, 63, 64, 65] + edges.flatMap { [$0 - 1, $0, $0 + 1] }
    var spans: [wave_span] = []
    var end = 0
    for size in sizes {
      spans += regionSpans(byteCount: size, at: end)
      end += size + 1
    }
    let source = try host.makeBuffer(byteCount: end)
    generator.fill(source.bytes)
    let copy = try device.wrap(source.bytes)
    var (expected, actual): ([wave_digest], [wave_digest]) = ([], [])
    let (expectedBlocks, actualBlocks) = (BlockValues(), BlockValues())
    try host.checksum(source, spans: spans, digests: &expected, blocks: expectedBlocks)
    try device.checksum(copy, spans: spans, digests: &actual, blocks: actualBlocks)
    try #require(actual.count == spans.count)
    for (index, span) in spans.enumerated() {
      #expect(actual[index].cvBytes == expected[index].cvBytes, "\(span)")
      #expect(actual[index].rootBytes == expected[index].rootBytes, "\(span)")
      for block in 0..<BlockMask.blockCount(chunkByteCount: max(1, Int(span.length))) {
        #expect(
          actualBlocks.digest(ofBlock: block, span: index) == expectedBlocks.digest(ofBlock: block, span: index),
          "block \(block) of \(span)")
      }
    }
  }

  /// A block's value is that of a chunk of its bytes at its place: what BLAKE3 says of the subtree over it.
  @Test(arguments: TestBackend.available)
  func givesTheValuesOfBlocks(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    for byteCount in [
      1, 1024, 1025, 2048, 2049, 3072, 3073, 4095, 4096, 4097, 5120, 6145, 7169, 8192, 8193, 100_000, 262_144,
    ] {
      let source = try session.makeBuffer(byteCount: byteCount)
      generator.fill(source.bytes)
      session.didWrite(source)
      var (digests, blockDigests): ([wave_digest], [wave_digest]) = ([], [])
      let blocks = BlockValues()
      let span = wave_span(offset: 0, firstLeaf: 256, length: UInt32(byteCount), flags: 0)
      try session.checksum(source, spans: [span], digests: &digests, blocks: blocks)
      let count = BlockMask.blockCount(chunkByteCount: byteCount)
      let alone = (0..<count).map { block in
        wave_span(
          offset: UInt64(block * blockByteCount), firstLeaf: 256 + UInt64(block * 4),
          length: UInt32(min(blockByteCount, byteCount - block * blockByteCount)), flags: 0)
      }
      try session.checksum(source, spans: alone, digests: &blockDigests)
      for block in 0..<count {
        #expect(
          blocks.digest(ofBlock: block, span: 0).withBytes { Array($0) }
            == Array(blockDigests[block].cvBytes.prefix(16)),
          "block \(block) of \(byteCount) bytes")
      }
    }
  }

  /// More spans than one launch takes.
  @Test(arguments: TestBackend.available)
  func hashesThousandsOfSmallSpans(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: 64 * 1024)
    generator.fill(source.bytes)
    session.didWrite(source)
    let spans = (0..<3000).map { index in
      wave_span(offset: UInt64(index * 17), firstLeaf: 0, length: UInt32(index % 300), flags: WAVE_SPAN_ROOT)
    }
    var digests = [wave_digest](repeating: wave_digest(), count: 5000)
    try session.checksum(source, spans: spans, digests: &digests)
    try #require(digests.count == spans.count)
    for index in stride(from: 0, to: spans.count, by: 7) {
      let bytes = Array(source.bytes[(index * 17)..<(index * 17 + index % 300)])
      var hash = [UInt8](repeating: 0, count: 32)
      wave_blake3(bytes, bytes.count, &hash)
      #expect(digests[index].rootBytes == hash, "span \(index)")
    }
  }

  @Test(arguments: TestBackend.available)
  func seesWhatTheHostWroteSinceTheLastCall(on test: TestBackend) throws {
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: 3 * blockByteCount, filledWith: 1)
    let spans = regionSpans(byteCount: source.bytes.count)
    var digests: [wave_digest] = []
    try session.checksum(source, spans: spans, digests: &digests)
    let before = digests[0].rootBytes
    for range in [0..<1, 5000..<5001, 12287..<12288] {
      source.bytes[range.lowerBound] ^= 0xFF
      session.didWrite(source, range: range)
      try session.checksum(source, spans: spans, digests: &digests)
      #expect(digests[0].rootBytes != before)
      source.bytes[range.lowerBound] ^= 0xFF
      session.didWrite(source, range: range)
      try session.checksum(source, spans: spans, digests: &digests)
      #expect(digests[0].rootBytes == before)
    }
  }

  /// Each part of a buffer is uploaded when a call first reads it; what was not read yet is not forgotten.
  @Test(arguments: TestBackend.available)
  func seesEveryPartOfABufferThatIsReadPieceByPiece(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: 8 * blockByteCount)
    generator.fill(source.bytes)
    session.didWrite(source)
    var digests: [wave_digest] = []
    for block in [3, 0, 7, 5, 4, 6, 1, 2] {
      let span = wave_span(
        offset: UInt64(block * blockByteCount), firstLeaf: 0, length: UInt32(blockByteCount), flags: WAVE_SPAN_ROOT)
      try session.checksum(source, spans: [span], digests: &digests)
      let bytes = Array(source.bytes[(block * blockByteCount)..<((block + 1) * blockByteCount)])
      var hash = [UInt8](repeating: 0, count: 32)
      wave_blake3(bytes, bytes.count, &hash)
      #expect(digests[0].rootBytes == hash, "block \(block)")
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
