import CWaveKernels
import HoloModel
import HoloSystem

/// The chaining values of the blocks of chunks, which a checksum leaves, in memory that is allocated once and reused.
///
/// Threads: one at a time, like the session that fills it.
package final class BlockValues {
  private var pages: PageBuffer?
  private var count = 0

  package init() {}

  /// The first half of the chaining value of a block, of one of the last checksum's spans.
  package func digest(ofBlock block: Int, span: Int) -> Digest128 {
    precondition(span >= 0 && span < count && block >= 0 && block < Int(WAVE_BLOCKS_PER_CHUNK))
    guard let pages else { return Digest128() }
    let offset = span * Self.stride + block * Digest256.byteCount
    return Digest128(UnsafeRawBufferPointer(rebasing: pages.bytes[offset..<(offset + Digest128.byteCount)]))
  }

  private static let stride = MemoryLayout<wave_block_values>.stride

  /// Makes room for `count` spans and gives the memory to fill. It grows by doubling and never shrinks.
  func reset(count: Int) throws(ComputeError) -> UnsafeMutableBufferPointer<wave_block_values> {
    let needed = max(1, count) * Self.stride
    if pages == nil || (pages?.bytes.count ?? 0) < needed {
      let size = max(needed, 2 * (pages?.bytes.count ?? 0))
      do { pages = try PageBuffer(byteCount: size) } catch {
        throw .outOfMemory(byteCount: size, reason: error.reason)
      }
    }
    self.count = count
    guard let pages else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
    return UnsafeMutableBufferPointer(rebasing: pages.bytes.bindMemory(to: wave_block_values.self)[..<count])
  }
}
