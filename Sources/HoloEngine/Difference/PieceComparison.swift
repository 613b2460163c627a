import HoloCompute
import HoloFormat
import HoloModel

/// Compares regions of one name of which one at least is cut by its content: by what their pieces are, not where these stand, so that
/// an insertion counts as itself. A region on the grid is read, and cut by its content too.
struct PieceComparison {
  fileprivate struct Piece: Hashable {
    var value: Digest256
    var byteCount: Int
  }

  let backend: any ComputeBackend
  let cancellation: Cancellation

  /// Bytes of the pieces that only one of the regions has; of both, those of the one that has more of them.
  func changedByteCount(
    _ pair: Comparison.Pair, old: StoredContainer, new: StoredContainer
  ) throws(HoloError) -> UInt64 {
    let before = try pieces(of: pair.old, in: old)
    let after = try pieces(of: pair.new, in: new)
    return max(after.byteCount(without: before), before.byteCount(without: after))
  }

  private func pieces(of region: StoredRegion, in container: StoredContainer) throws(HoloError) -> [Piece: Int] {
    var pieces: [Piece: Int] = [:]
    if region.descriptor.chunking == .content {
      for chunk in 0..<region.chunkCount {
        try cancellation.check()
        let plan = region.plan(chunk: chunk, region: 0)
        if case .damaged(let reason)? = plan.defect {
          throw HoloError(.damaged, reason, place: .init(path: container.path, region: region.descriptor.name))
        }
        pieces[Piece(value: plan.chainingValue, byteCount: plan.byteCount), default: 0] += 1
      }
      return pieces
    }
    let recutter = RegionRecutter(try RegionReader(region, of: container, backend: backend), chunking: .content)
    var bytes = [UInt8](repeating: 0, count: ChunkGeometry.chunkByteCount)
    while let byteCount = try recutter.nextByteCount() {
      try cancellation.check()
      let value = bytes.withUnsafeMutableBytes { buffer in
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount])
        recutter.take(into: piece)
        return BLAKE3.hash(UnsafeRawBufferPointer(piece))
      }
      pieces[Piece(value: value, byteCount: byteCount), default: 0] += 1
    }
    return pieces
  }
}

extension [PieceComparison.Piece: Int] {
  /// Of those that the other has not, or not so often.
  fileprivate func byteCount(without other: Self) -> UInt64 {
    reduce(0) { $0 + UInt64($1.key.byteCount * Swift.max(0, $1.value - (other[$1.key] ?? 0))) }
  }
}
