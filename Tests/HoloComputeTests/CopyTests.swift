import CWaveKernels
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct CopyTests {
  /// Around a line, a page, and the length from which bytes go past the cache.
  private static let lengths = [0, 1, 63, 64, 65, 4095, 4096, 4097].flatMap {
    [$0, (1 << 20) + $0, (1 << 20) - 1 - $0]
  }

  @Test(arguments: [(0, 0), (1, 0), (0, 1), (16, 48), (63, 65), (64, 8), (4095, 4097)])
  func copiesEveryByteAndNoOther(targetOffset: Int, sourceOffset: Int) throws {
    var generator = SeededGenerator.announced("copiesEveryByteAndNoOther")
    let room = (1 << 20) + 3 * 4097
    let session = HostSession()
    let source = try session.makeBuffer(byteCount: room)
    for index in 0..<room / 8 {
      source.bytes.storeBytes(of: generator.next(), toByteOffset: 8 * index, as: UInt64.self)
    }
    for length in Self.lengths {
      let target = try session.makeBuffer(byteCount: room, filledWith: 0xA5)
      let expected = try session.makeBuffer(byteCount: room, filledWith: 0xA5)
      let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[sourceOffset..<(sourceOffset + length)])
      UnsafeMutableRawBufferPointer(rebasing: expected.bytes[targetOffset...]).copyMemory(from: bytes)
      wave_host_copy(
        target.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + targetOffset,
        bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), length)
      #expect(areEqual(target.bytes, expected.bytes), "\(length) bytes")
    }
  }
}
