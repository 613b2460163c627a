import CWaveKernels
import HoloCompute
import HoloModel

// Unsafe here: exceptions are read from the decoder's streams and written to its output, at ranges that a batch's chunks have.

/// A quantized chunk whose codes stand in the output, and what is kept of it.
struct StoredCodes {
  /// Which plan of the batch it is.
  var plan: Int
  /// Of the codes.
  var offset: Int
  /// In the decoder's streams.
  var exceptions: Range<Int>
}

// From codes to numbers.
extension ChunkDecoder {
  /// Makes numbers of codes, and puts what was kept in its places; but not where codes are wanted: these are returned.
  func dequantize(
    _ plans: [ChunkPlan], _ chunks: [StoredCodes], in output: ComputeBuffer, _ outcomes: inout [ChunkOutcome]
  ) throws(ComputeError) -> [StoredCodes] {
    var left: [StoredCodes] = []
    var made: [(chunk: StoredCodes, items: ExceptionItems)] = []
    for chunk in chunks {
      guard let items = exceptions(of: chunk, plans[chunk.plan]) else {
        outcomes[chunk.plan] = .damaged(reason: "the numbers that it keeps are not as many as it says")
        continue
      }
      if plans[chunk.plan].leavesCodes { left.append(chunk) } else { made.append((chunk, items)) }
    }
    for chunk in try makeNumbers(made.map { ($0.chunk.offset, plans[$0.chunk.plan], $0.items) }, in: output) {
      outcomes[made[chunk].chunk.plan] = .damaged(reason: "no quantizer has its parameters")
    }
    return left
  }

  /// What is kept of a chunk; nil where that is malformed.
  func exceptions(of chunk: StoredCodes, _ plan: ChunkPlan) -> ExceptionItems? {
    ExceptionItems(
      UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(streams.bytes)[chunk.exceptions]), coding: plan.coding,
      chunkByteCount: plan.byteCount)
  }

  /// Makes numbers of the codes at these offsets. Returns which of the chunks have parameters that no quantizer has.
  func makeNumbers(
    _ chunks: [(offset: Int, plan: ChunkPlan, items: ExceptionItems)], in output: ComputeBuffer
  ) throws(ComputeError) -> [Int] {
    var tasks: [wave_quantization] = []
    var refused: [Int] = []
    for (index, chunk) in chunks.enumerated() {
      let plan = chunk.plan
      guard let codes = plan.coding.quantization,
        let quantization = Quantization(type: plan.elementType, quantizer: codes.quantizer)
      else {
        refused.append(index)
        continue
      }
      tasks.append(
        quantization.task(words: plan.byteCount / plan.elementType.wordByteCount, targetOffset: chunk.offset))
    }
    guard !tasks.isEmpty else { return refused }
    if let codes {
      let runs = chunks.map { chunk in
        wave_run(source: chunk.offset, target: chunk.offset, byteCount: chunk.plan.byteCount)
      }
      try session.move(output, runs: runs, target: codes)
    }
    try session.dequantize(output, tasks: tasks, restored: output)
    for (index, chunk) in chunks.enumerated() where !refused.contains(index) && !chunk.items.isEmpty {
      let range = chunk.offset..<(chunk.offset + chunk.plan.byteCount)
      chunk.items.copy(into: UnsafeMutableRawBufferPointer(rebasing: output.bytes[range]))
      session.didWrite(output, range: range)
    }
    return refused
  }
}
