import HoloCompute
import HoloFormat
import HoloModel

// Unsafe here: blocks are copied between the decoder's buffers, at offsets that a batch's chunks have.

// The layers over the first ones.
extension ChunkDecoder {
  /// Puts the blocks of patches in their places, in as many turns as the buffers take.
  func patch(_ plans: [ChunkPlan], _ reading: Reading, _ outcomes: inout [ChunkOutcome]) throws {
    var turn: [PlacedPatch] = []
    var weight = 0
    for index in plans.indices where !plans[index].patches.isEmpty {
      guard case .sound(let offset) = outcomes[index] else { continue }
      for (number, patch) in plans[index].patches.enumerated() {
        let next = PlacedPatch(
          chunk: index, number: number, blocks: patch.blocks, plan: plans[index].plan(ofPatch: patch), offset: offset,
          chunkByteCount: plans[index].byteCount)
        if weight + next.plan.weight > Self.patchByteCount, !turn.isEmpty {
          try apply(turn, reading, &outcomes)
          (turn, weight) = ([], 0)
        }
        turn.append(next)
        weight += next.plan.weight
      }
    }
    if !turn.isEmpty { try apply(turn, reading, &outcomes) }
  }

  /// A patch of one of a batch's chunks.
  private struct PlacedPatch {
    var chunk: Int
    /// Among those of its chunk.
    var number: Int
    var blocks: BlockMask
    /// Of its blocks.
    var plan: ChunkPlan
    /// Of its chunk in the output.
    var offset: Int
    var chunkByteCount: Int
  }

  /// What patches of one turn may weigh, unless it is but one.
  private static let patchByteCount = 2 * ChunkGeometry.chunkByteCount

  private func apply(_ turn: [PlacedPatch], _ reading: Reading, _ outcomes: inout [ChunkOutcome]) throws {
    let buffer =
      if let patches { patches } else {
        try session.makeBuffer(byteCount: max(Self.patchByteCount, Self.streamByteLimit))
      }
    patches = buffer
    let decoded = try decode(turn.map(\.plan), reading, into: buffer)
    for (patch, outcome) in zip(turn, decoded) {
      guard case .sound = outcomes[patch.chunk] else { continue }
      switch outcome {
      case .sound(var source):
        for range in patch.blocks.ranges(chunkByteCount: patch.chunkByteCount) {
          let target = (patch.offset + range.lowerBound)..<(patch.offset + range.upperBound)
          UnsafeMutableRawBufferPointer(rebasing: output.bytes[target]).copyMemory(
            from: UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(buffer.bytes)[source..<(source + range.count)]))
          session.didWrite(output, range: target)
          source += range.count
        }
      case .damaged(let reason, _): outcomes[patch.chunk] = .damaged(reason: reason, in: .patch(patch.number))
      case .unavailable, .unreadable: outcomes[patch.chunk] = outcome
      }
    }
  }
}
