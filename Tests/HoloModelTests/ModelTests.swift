import HoloModel
import Testing

@Suite("Digests")
struct DigestTests {
  @Test("Hexadecimal text goes both ways, in either case")
  func hexadecimal() {
    let digest = BLAKE3.hash(Array("state".utf8))
    #expect(Digest256(hexadecimal: digest.hexadecimal) == digest)
    #expect(Digest256(hexadecimal: digest.hexadecimal.uppercased()) == digest)
    #expect(digest.hexadecimal.hasPrefix(digest.short.hexadecimal))
    #expect(digest.hexadecimal.utf8.count == 64)
  }

  @Test("Text that is no digest is none", arguments: ["", "00", String(repeating: "g", count: 64)])
  func refusesOtherText(text: String) {
    #expect(Digest256(hexadecimal: text) == nil)
    #expect(Digest256(hexadecimal: text + String(repeating: "é", count: 32)) == nil)
  }

  @Test("Random ids differ")
  func randomIDs() {
    #expect(Set((0..<1_000).map { _ in Digest128.random() }).count == 1_000)
  }
}

@Suite("Element types")
struct ElementTypeTests {
  @Test("Names and codes are those of the format", arguments: ElementType.allCases)
  func names(type: ElementType) {
    #expect(ElementType(name: type.name) == type)
    #expect(ElementType(rawValue: type.rawValue) == type)
  }

  @Test("Sizes")
  func sizes() {
    let sizes = ElementType.allCases.map(\.byteCount)
    #expect(sizes == [1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8, 8, 16])
    #expect(ElementType.c64.componentCount == 2 && ElementType.c64.wordByteCount == 4)
    #expect(ElementType.c128.componentCount == 2 && ElementType.c128.wordByteCount == 8)
    #expect(ElementType(name: "f128") == nil)
  }

  @Test("Components have the codes of the format")
  func components() {
    #expect(Component.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    #expect(Component.allCases.map(\.name) == ["memory", "index", "configuration", "statistics", "metadata"])
  }
}

@Suite("Chunks and codings")
struct GeometryTests {
  static let chunk = UInt64(ChunkGeometry.chunkByteCount)

  static let chunkCounts: [(UInt64, UInt64)] = [
    (0, 0), (1, 1), (chunk - 1, 1), (chunk, 1), (chunk + 1, 2), (2 * chunk, 2), (2 * chunk + 1, 3),
  ]

  @Test("Chunks of a region", arguments: chunkCounts)
  func chunkCount(byteCount: UInt64, expected: UInt64) {
    let count = ChunkGeometry.chunkCount(regionByteCount: byteCount)
    #expect(count == expected)
    let sum = (0..<count).reduce(UInt64(0)) {
      $0 + UInt64(ChunkGeometry.chunkByteCount(at: $1, regionByteCount: byteCount))
    }
    #expect(sum == byteCount)
  }

  @Test("The largest region does not overflow")
  func largestRegion() {
    #expect(ChunkGeometry.chunkCount(regionByteCount: .max) == UInt64.max / Self.chunk + 1)
  }

  @Test("Streams are as long as the format says")
  func streamByteCounts() {
    #expect(Coding.stored.streamByteCount(chunkByteCount: 100) == 100)
    let zeros = Coding(width: 16, methods: [.constant([UInt8](repeating: 0, count: 16))])
    #expect(zeros.streamByteCount(chunkByteCount: 262_144) == 0)
    let planes = Coding(width: 4, methods: [.planes])
    #expect(planes.streamByteCount(chunkByteCount: 36) == 8 * 4 * 2)
    #expect(planes.streamByteCount(chunkByteCount: 35) == nil)
    let palette = Coding(width: 8, methods: [.palette(count: 17), .constant([UInt8](repeating: 0, count: 8))])
    #expect(palette.streamByteCount(chunkByteCount: 160) == 17 * 8 + 10)
    let bins = Coding(width: 4, methods: [.bins(Bins(mapping: .float, lags: [1], streamByteCount: 40)), .raw])
    #expect(bins.streamByteCount(chunkByteCount: 80) == 80)
    #expect(bins.streamByteCount(chunkByteCount: 72) == nil, "bins that take more than the words")
    let ratio = Coding(width: 8, methods: [.ratioPalette(count: 3, divisor: 255)])
    #expect(ratio.streamByteCount(chunkByteCount: 8 * 5) == 2)
  }

  @Test("Index widths", arguments: [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
  func indexBits(count: Int, bits: Int) { #expect(Coding.indexBits(count: count) == bits) }
}
