import Glibc
import Testing

@testable import HoloSystem

@Suite struct PageBufferTests {
  @Test(arguments: [0, 1, 4095, 4096, 4097, 2 << 20, (2 << 20) + 1, (5 << 20) - 3])
  func isZeroedPageAlignedAndAsLargeAsAsked(_ byteCount: Int) throws {
    let buffer = try PageBuffer(byteCount: byteCount)
    #expect(buffer.bytes.count == byteCount)
    let base = try #require(buffer.bytes.baseAddress)
    #expect(UInt(bitPattern: base) % UInt(PageBuffer.pageByteCount) == 0)
    #expect(buffer.bytes.allSatisfy { $0 == 0 })
    for index in [0, byteCount / 2, byteCount - 1] where byteCount > 0 {
      buffer.bytes[index] = 0xFF
    }
  }

  @Test(arguments: [4096, 4 << 20])
  func isFaultedInAtAllocation(_ byteCount: Int) throws {
    let buffer = try PageBuffer(byteCount: byteCount)
    var residency = [UInt8](repeating: 0, count: byteCount / PageBuffer.pageByteCount)
    try #require(mincore(buffer.bytes.baseAddress, byteCount, &residency) == 0)
    #expect(residency.allSatisfy { $0 & 1 != 0 })
  }

  @Test(arguments: [-1, .min, .max, 1 << 62])
  func refusesImpossibleSizes(_ byteCount: Int) {
    let error = #expect(throws: SystemError.self) { try PageBuffer(byteCount: byteCount) }
    #expect(error?.call == .mmap)
    #expect(error?.code == EINVAL || error?.code == ENOMEM)
  }

  @Test func tellsOfMemoryThatIsNotThere() {
    let syscalls = Syscalls { call, _ in call == .mmap ? .fail(ENOMEM) : .proceed }
    #expect(throws: SystemError(call: .mmap, path: "4096 bytes of memory", code: ENOMEM)) {
      try PageBuffer(byteCount: 4096, syscalls: syscalls)
    }
  }
}
