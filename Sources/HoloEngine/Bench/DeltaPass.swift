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
      pairs: batch.chunks.map { wave_comparison(left: $0.offset, right: $0.offset, byteCount: $0.byteCount) },
      masks: &masks)
    try session.move(
      source, runs: batch.chunks.map { wave_run(source: $0.offset, target: $0.offset, byteCount: $0.byteCount) },
      target: blocks)
    try session.combine(
      source, before,
      tasks: batch.chunks.map { chunk in
        wave_combination(
          left: chunk.offset, right: chunk.offset, target: chunk.offset, byteCount: chunk.byteCount,
          width: chunk.elementType.wordByteCount, operation: DifferenceOrder(of: chunk.elementType).subtraction)
      }, target: differences)
  }
}
