import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel

// The layers over the first ones.
extension ChunkDecoder {
  /// Does to chunks what their patches do, in as many turns as the buffers take.
  func patch(_ plans: [ChunkPlan], _ reading: Reading, _ outcomes: inout [ChunkOutcome]) throws {
    var turn: [PlacedPatch] = []
    var weight = 0
    for index in plans.indices where !plans[index].patches.isEmpty {
      guard case .sound(let offset) = outcomes[index] else { continue }
      let patches = plans[index].patches
      for (number, patch) in patches.enumerated() {
        let isLastOfCodes = number + 1 == patches.count || patches[number + 1].effect != .difference(.codes)
        let next = PlacedPatch(
          chunk: index, number: number, effect: patch.effect, plan: plans[index].plan(ofPatch: patch), offset: offset,
          chunkByteCount: plans[index].byteCount, isLastOfCodes: isLastOfCodes)
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
    var effect: SegmentLayer.Effect
    /// Of what its coding gives.
    var plan: ChunkPlan
    /// Of its chunk in the output.
    var offset: Int
    var chunkByteCount: Int
    /// Of differences of codes: no others are added to what it leaves.
    var isLastOfCodes: Bool

    /// Where its blocks go, without those that later ones replace.
    ///
    /// - Parameter source: where they stand, side by side.
    func runs(of blocks: BlockMask, without replaced: BlockMask, source: Int) -> [wave_run] {
      BlockMask(bits: blocks.bits & ~replaced.bits).ranges(chunkByteCount: chunkByteCount).map { range in
        let first = range.lowerBound / ChunkGeometry.blockByteCount
        let before = BlockMask(bits: blocks.bits & ((1 << UInt64(first)) - 1)).count
        return wave_run(
          source: source + before * ChunkGeometry.blockByteCount, target: offset + range.lowerBound,
          byteCount: range.count)
      }
    }
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
    var blocks: [(patch: PlacedPatch, blocks: BlockMask, source: Int)] = []
    for (index, (patch, outcome)) in zip(turn, decoded).enumerated() {
      guard case .sound = outcomes[patch.chunk] else { continue }
      switch outcome {
      case .sound(let source):
        switch patch.effect {
        case .whole: break
        case .blocks(let mask): blocks.append((patch, mask, source))
        case .difference(let order):
          // Blocks that were replaced before may be among those that it is added to.
          try scatter(&blocks, from: buffer)
          try add(patch, order, from: buffer, at: source)
          guard order == .codes, patch.isLastOfCodes else { continue }
          outcomes[patch.chunk] = try finish(patch, atIndex: index)
        }
      case .damaged(let reason, _): outcomes[patch.chunk] = .damaged(reason: reason, in: .patch(patch.number))
      case .unavailable, .unreadable: outcomes[patch.chunk] = outcome
      }
    }
    try scatter(&blocks, from: buffer)
  }

  /// Puts blocks in their places, each once.
  private func scatter(
    _ pending: inout [(patch: PlacedPatch, blocks: BlockMask, source: Int)], from buffer: ComputeBuffer
  ) throws(ComputeError) {
    var runs: [wave_run] = []
    var replaced: [Int: BlockMask] = [:]
    for (patch, blocks, source) in pending.reversed() {
      let later = replaced[patch.chunk] ?? BlockMask()
      runs += patch.runs(of: blocks, without: later, source: source)
      replaced[patch.chunk] = later.union(blocks)
    }
    pending.removeAll()
    if !runs.isEmpty { try session.move(buffer, runs: runs, target: output) }
  }

  /// Adds differences to what was before.
  private func add(
    _ patch: PlacedPatch, _ order: DifferenceOrder, from buffer: ComputeBuffer, at source: Int
  ) throws(ComputeError) {
    let task = wave_combination(
      left: patch.offset, right: source, target: patch.offset, byteCount: patch.chunkByteCount,
      width: patch.plan.coding.width, operation: order.addition)
    try session.combine(output, buffer, tasks: [task], target: output)
  }

  /// Makes numbers of the sums of codes.
  private func finish(_ patch: PlacedPatch, atIndex index: Int) throws(ComputeError) -> ChunkOutcome {
    guard let codes = left.first(where: { $0.plan == index }), let items = exceptions(of: codes, patch.plan) else {
      return .damaged(reason: "its codes are malformed", in: .patch(patch.number))
    }
    let refused = try makeNumbers([(patch.offset, patch.plan, items)], in: output)
    return refused.isEmpty
      ? .sound(offset: patch.offset)
      : .damaged(reason: "no quantizer has its parameters", in: .patch(patch.number))
  }
}

extension DifferenceOrder {
  /// WAVE_ADD…
  fileprivate var addition: UInt8 { UInt8(self == .numbers ? WAVE_ADD_ORDERED : WAVE_ADD) }
  /// WAVE_SUBTRACT…
  var subtraction: UInt8 { UInt8(self == .numbers ? WAVE_SUBTRACT_ORDERED : WAVE_SUBTRACT) }
}
