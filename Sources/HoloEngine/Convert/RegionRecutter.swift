import HoloFormat
import HoloModel

/// Cuts a stored region anew: by its content what was on the grid, or the reverse. Used by one thread at a time.
final class RegionRecutter {
  private let reader: RegionReader
  private let chunking: Chunking
  /// What was read, from the next chunk on.
  private var pending: [UInt8] = []
  private var isAtEnd = false

  init(_ reader: RegionReader, chunking: Chunking) {
    self.reader = reader
    self.chunking = chunking
  }

  /// The length of the next chunk; nil where the region has ended.
  func nextByteCount() throws(HoloError) -> Int? {
    try fill()
    guard !pending.isEmpty else { return nil }
    return switch chunking {
    case .grid: min(pending.count, ChunkGeometry.chunkByteCount)
    case .content: pending.withUnsafeBytes { ContentCut.firstByteCount(of: $0) }
    }
  }

  /// Hands out a chunk of the length that was said.
  func take(into target: UnsafeMutableRawBufferPointer) {
    target.copyBytes(from: pending.prefix(target.count))
    pending.removeFirst(target.count)
  }

  /// Reads on until there is as much as any chunk can have.
  private func fill() throws(HoloError) {
    while pending.count < ChunkGeometry.chunkByteCount, !isAtEnd {
      let old = pending.count
      pending += repeatElement(0, count: ChunkGeometry.chunkByteCount)
      var failure: HoloError?
      let count = pending.withUnsafeMutableBytes { buffer in
        do throws(HoloError) {
          return try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[old...]))
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      pending.removeLast(pending.count - old - count)
      isAtEnd = count < ChunkGeometry.chunkByteCount
    }
  }
}
