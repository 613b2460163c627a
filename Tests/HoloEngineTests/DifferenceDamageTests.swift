import FuzzSupport
import HoloFormat
import HoloModel
import TestSupport
import Testing

@testable import HoloEngine

/// Layers of differences that are bent.
@Suite struct DifferenceDamageTests {
  /// Every byte of the segment's codings, in turn, becomes others: a typed error or the right bytes, never others.
  @Test func bentCodings() throws {
    var generator = SeededGenerator.announced()
    let state = TestState()
    state.add(.f32, count: 5_000, .noise)
    state.add(.c64, count: 5_000, .noise, seed: 2)
    state.allow(.euclidean(0.01), region: 1)
    let chain = DeltaTests.Chain()
    try chain.take(state, over: nil)
    for region in 0..<2 { state.drift(region, &generator) }
    try chain.take(state, over: 0)
    let sound = chain.snapshots[1].bytes
    let expected = try restored(chain)
    #expect(expected[0] == state.bytes(of: 0))
    let reader = try ContainerReader.open(MemorySource(sound), path: "", ancestors: chain.ancestors)
    let segment = reader.frames.extent(of: try #require(reader.segmentReferences.first).frame)
    var refused = 0
    for offset in 64..<(segment.byteCount - 16) {
      for value in [UInt8(0), 1, 2, 3, 0xFF, UInt8(truncatingIfNeeded: generator.next())] {
        var bytes = sound
        guard bytes[Int(segment.offset) + offset] != value else { continue }
        bytes[Int(segment.offset) + offset] = value
        FuzzParser.hwp.seal(&bytes, repairing: false)
        try chain.replace(1, by: bytes)
        do { #expect(try restored(chain) == expected, "byte \(offset)") } catch is HoloError { refused += 1 }
      }
    }
    #expect(refused > 1_000)
  }

  private func restored(_ chain: DeltaTests.Chain) throws -> [[UInt8]] {
    let container = try chain.opened(1)
    let buffers = container.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.descriptor.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    _ = try Restore(options: RestoreOptions()).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true,
      backend: TestBackend.host.make())
    return buffers.map { Array($0) }
  }
}
