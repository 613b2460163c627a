import CWaveKernels
import HoloCompute
import HoloModel

/// What an incremental capture does to a chunk with what it was: its blocks are compared, copied side by side, and its words subtracted.
final class DeltaPass {
  private let session: any ComputeSession
  /// Of a batch's length: what chunks were, where blocks go, and differences.
  private let before: ComputeBuffer
  private let blocks: ComputeBuffer
  private let differences: ComputeBuffer
  private var masks: [UInt64] = []

  init(session: any ComputeSession, byteCount: Int) throws(ComputeError) {
    self.session = session
    before = try session.makeBuffer(byteCount: byteCount)
    blocks = try session.makeBuffer(byteCount: byteCount)
    differences = try session.makeBuffer(byteCount: byteCount)
  }

  /// Once over each chunk of the batch.
  func run(_ batch: CaptureBatch, _ source: ComputeBuffer) throws(ComputeError) {
    try session.compare(
      source, before,
      pairs: batch.chunks.map {
        wave_comparison(
          leftOffset: UInt64($0.offset), rightOffset: UInt64($0.offset), bytes: UInt32($0.byteCount), reserved: 0)
      }, masks: &masks)
    try session.move(
      source,
      runs: batch.chunks.map {
        wave_run(
          sourceOffset: UInt64($0.offset), targetOffset: UInt64($0.offset), bytes: UInt32($0.byteCount), reserved: 0)
      }, target: blocks)
    try session.combine(
      source, before,
      tasks: batch.chunks.map { chunk in
        let order: DifferenceOrder = chunk.elementType.isFloatingPoint ? .numbers : .integers
        let width = chunk.elementType.wordByteCount
        return wave_combination(
          leftOffset: UInt64(chunk.offset), rightOffset: UInt64(chunk.offset), targetOffset: UInt64(chunk.offset),
          words: UInt32(chunk.byteCount / width), width: UInt8(width), operation: order.subtraction, reserved: (0, 0))
      }, target: differences)
  }
}
