import CWaveKernels
import HoloModel

/// The chaining values of the blocks of chunks, which a checksum leaves.
///
/// Threads: one at a time, like the session that fills it.
package final class BlockValues {
  private var memory = ResultMemory<wave_block_values>()

  package init() {}

  /// The first half of the chaining value of a block, of one of the last checksum's spans.
  package func digest(ofBlock block: Int, span: Int) -> Digest128 {
    precondition(span >= 0 && span < memory.count && block >= 0 && block < Int(WAVE_BLOCKS_PER_CHUNK))
    let offset = span * MemoryLayout<wave_block_values>.stride + block * Digest256.byteCount
    return Digest128(UnsafeRawBufferPointer(rebasing: memory.bytes[offset..<(offset + Digest128.byteCount)]))
  }

  /// Makes room for `count` spans and gives the memory to fill.
  func reset(count: Int) throws(ComputeError) -> UnsafeMutableBufferPointer<wave_block_values> {
    try memory.reset(count: count)
  }
}
