import HoloFormat

/// Restores regions into memory that the caller holds: one buffer a region, of exactly its length.
///
/// `@unchecked Sendable`: workers write different chunks.
package final class MemoryTarget: RegionTarget, @unchecked Sendable {
  private let buffers: [UnsafeMutableRawBufferPointer]

  package init(_ buffers: [UnsafeMutableRawBufferPointer]) { self.buffers = buffers }

  package func memory(of region: Int) -> UnsafeMutableRawBufferPointer? { buffers[region] }

  package func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError) {
    guard UInt64(buffers[region].count) == descriptor.byteCount else {
      throw HoloError(
        .internal, "\(buffers[region].count) bytes of memory for \(descriptor.byteCount) bytes",
        place: .init(region: descriptor.name))
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to region: Int, at offset: UInt64) throws(HoloError) {
    UnsafeMutableRawBufferPointer(rebasing: buffers[region][Int(offset)...]).copyMemory(from: bytes)
  }

  package func complete(_ region: Int) throws(HoloError) {}

  package func discard(_ region: Int) { buffers[region].initializeMemory(as: UInt8.self, repeating: 0) }
}
