import CWaveKernels
import HoloModel
import Testing

@Suite("BLAKE3 and XXH32")
struct ChecksumVectorTests {
  /// The input of the official test vectors (BLAKE3 `test_vectors/src/lib.rs`): 0, 1, … 250, 0, 1, …
  static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

  @Test(
    "Hashes are those of b3sum",
    arguments: [
      (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
      (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
      (1_023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
      (1_024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
      (1_025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
      (2_048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"),
      (262_144, "d57dc906e20d3fd326ffaa85535500486f46a0979f5a323f028dcabfd381fd4a"),
      (262_145, "531c319935cf78f34869faebd865e5748266b1799039103bfb851a680d9ed30c"),
      (1_000_000, "5e82c663d164c54e4fcdfcd70e3ca464662228bdbad45cce2e0c2bff999064ef"),
    ])
  func hashesVectors(count: Int, expected: String) {
    #expect(BLAKE3.hash(Self.pattern(count)).hexadecimal == expected)
  }

  @Test(
    "The tree over the chunks' chaining values has the root of the bytes",
    arguments: [1, 1_024, 262_143, 262_144].flatMap { last in [2, 3, 4, 5, 7, 8, 9, 16, 17].map { ($0, last) } })
  func treeGivesRoot(chunks: Int, lastChunkByteCount: Int) {
    let bytes = Self.pattern((chunks - 1) * ChunkGeometry.chunkByteCount + lastChunkByteCount)
    var tree = RegionTree()
    for index in 0..<chunks { tree.append(Self.chainingValue(of: bytes, chunk: index)) }
    #expect(tree.root() == BLAKE3.hash(bytes))
  }

  @Test(
    "Piece by piece the hash is that of the whole",
    arguments: [0, 1, 262_143, 262_144, 262_145, 524_288, 524_289, 800_000], [1_000, 262_144, 300_001])
  func streamHashes(count: Int, piece: Int) {
    let bytes = Self.pattern(count)
    var stream = BLAKE3Stream()
    for start in stride(from: 0, to: count, by: piece) { stream.append(bytes[start..<min(count, start + piece)]) }
    #expect(stream.value == BLAKE3.hash(bytes))
  }

  @Test("A tree of less than two chunks has no root of its own")
  func smallTreeHasNoRoot() {
    var tree = RegionTree()
    #expect(tree.root() == nil)
    tree.append(Digest256())
    #expect(tree.root() == nil)
  }

  @Test("XXH32 of several buffers is that of each", arguments: 0...9)
  func severalHashes(count: Int) {
    let buffers = (0..<count).map { Self.pattern([0, 1, 15, 16, 17, 31, 4_096, 100_003, 262_144, 47][$0]) }
    let pointers = buffers.map { bytes in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      return UnsafeRawBufferPointer(copy)
    }
    defer { for pointer in pointers { pointer.deallocate() } }
    #expect(XXH32.hashes(of: pointers) == pointers.map { XXH32.hash($0) })
    #expect(XXH32.hashes(of: pointers.reversed()) == pointers.reversed().map { XXH32.hash($0) })
  }

  /// From the same bytes, by the kernels.
  private static func chainingValue(of bytes: [UInt8], chunk: Int) -> Digest256 {
    let start = chunk * ChunkGeometry.chunkByteCount
    let span = wave_span(
      offset: UInt64(start), firstLeaf: UInt64(chunk) * ChunkGeometry.leavesPerChunk,
      length: UInt32(min(ChunkGeometry.chunkByteCount, bytes.count - start)), flags: 0)
    var digest = wave_digest()
    bytes.withUnsafeBufferPointer { source in
      withUnsafePointer(to: span) { wave_host_checksum(source.baseAddress, $0, 1, &digest, nil) }
    }
    return withUnsafeBytes(of: digest.cv) { Digest256($0) }
  }

  @Test(
    "XXH32 is that of the specification",
    arguments: [
      ("", 0, 0x02CC_5D05), ("", 0x9E37_79B1, 0x36B7_8AE7), ("abc", 0, 0x32D1_53FF),
      ("Nobody inspects the spammish repetition", 0, 0xE229_3B2F),
    ] as [(String, UInt32, UInt32)])
  func xxh32Vectors(text: String, seed: UInt32, expected: UInt32) {
    let hash = Array(text.utf8).withUnsafeBytes { XXH32.hash($0, seed: seed) }
    #expect(hash == expected)
  }
}
