import CWaveKernels
import HoloCompute
import HoloModel
import HoloSystem

// Unsafe here: codes and numbers are looked at in buffers of the backend, at offsets that the batch's chunks have.

/// One worker's quantization: of a batch's numbers it makes codes, what a restore returns, and what is kept as it is. Allocated once.
final class ChunkQuantizer {
  /// Where the exceptions of a chunk are.
  struct Exceptions {
    /// In `flags`.
    var flagsOffset = 0
    var flagByteCount = 0
    /// In `kept`.
    var kept = 0..<0
  }

  private let session: any ComputeSession
  /// Laid out like the batch's source.
  let codes: ComputeBuffer
  /// Of quantized chunks, what a restore returns.
  let restored: ComputeBuffer
  private let flags: ComputeBuffer
  private var results: [wave_quantized] = []
  /// The items that are kept, chunk after chunk.
  private var kept: [UInt8] = []
  /// Of each chunk of the batch.
  private var exceptions: [Exceptions] = []

  init(session: any ComputeSession, byteCount: Int, chunkLimit: Int) throws(HoloError) {
    self.session = session
    do {
      codes = try session.makeBuffer(byteCount: byteCount)
      restored = try session.makeBuffer(byteCount: byteCount)
      flags = try session.makeBuffer(byteCount: byteCount / Self.bytesPerFlagByte + chunkLimit)
    } catch { throw HoloError(error) }
  }

  /// An item has at least two bytes, and a bit.
  private static let bytesPerFlagByte = 16

  /// Quantizes the chunks of the batch that are to be, and says in each how it is coded. False where there are none: then nothing
  /// else here means anything.
  func quantize(_ batch: CaptureBatch, _ source: ComputeBuffer) throws(ComputeError) -> Bool {
    var tasks: [wave_quantization] = []
    var places: [Int] = []
    for (index, chunk) in batch.chunks.enumerated() {
      guard let quantizer = chunk.quantizer else { continue }
      // Of a chunk out of a container it is recorded already.
      if chunk.recordedRawValue == nil {
        batch.chunks[index].tally = QuantizationTally(measuring: batch.rawBytes(of: index), quantizer)
      }
      // Elements that are all alike cost nothing as they are.
      guard let quantization = quantizer.quantization, !batch.isConstant(index) else { continue }
      tasks.append(
        quantization.task(
          words: chunk.byteCount / chunk.elementType.wordByteCount, sourceOffset: chunk.offset,
          targetOffset: chunk.offset, flagsOffset: chunk.offset / Self.bytesPerFlagByte))
      places.append(index)
    }
    guard !tasks.isEmpty else { return false }
    try session.quantize(
      source, tasks: tasks, codes: codes, restored: restored, flags: flags, results: &results)
    kept.removeAll(keepingCapacity: true)
    exceptions = Array(repeating: Exceptions(), count: batch.chunks.count)
    var next = 0
    for index in batch.chunks.indices {
      if next < places.count, places[next] == index {
        take(results[next], ofChunk: index, in: batch)
        next += 1
      }
    }
    session.didWrite(codes)
    return true
  }

  /// Writes what stands behind the codes of a chunk in its stream: flags, then items.
  func writeExceptions(ofChunk index: Int, into target: UnsafeMutableRawBufferPointer) {
    let place = exceptions[index]
    guard !place.kept.isEmpty else { return }
    target.copyMemory(
      from: UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(flags.bytes)[
          place.flagsOffset..<(place.flagsOffset + place.flagByteCount)]))
    kept.withUnsafeBytes { items in
      UnsafeMutableRawBufferPointer(rebasing: target[place.flagByteCount...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: items[place.kept]))
    }
  }

  /// Decides whether the chunk is stored as codes, collects its exceptions, and tidies the codes in their places.
  private func take(_ result: wave_quantized, ofChunk index: Int, in batch: CaptureBatch) {
    let chunk = batch.chunks[index]
    guard let quantization = chunk.quantizer?.quantization else { return }
    let form = quantization.quantizer
    let wordByteCount = chunk.elementType.wordByteCount
    let itemByteCount = form.keepsElements ? chunk.elementType.byteCount : wordByteCount
    let itemCount = chunk.byteCount / itemByteCount
    let place = Exceptions(
      flagsOffset: chunk.offset / Self.bytesPerFlagByte, flagByteCount: (itemCount + 7) / 8,
      kept: kept.count..<kept.count)
    let raw = batch.rawBytes(of: index)
    let first = kept.count
    // Fill values stand side by side and compress to nothing; others cost their bytes.
    var changes = 0
    if result.exceptions > 0 {
      for byte in 0..<place.flagByteCount {
        var bits = flags.bytes[place.flagsOffset + byte]
        while bits != 0 {
          let item = 8 * byte + bits.trailingZeroBitCount
          bits &= bits - 1
          let start = item * itemByteCount
          let bytes = UnsafeRawBufferPointer(rebasing: raw[start..<(start + itemByteCount)])
          if kept.count == first || !kept[(kept.count - itemByteCount)...].elementsEqual(bytes) { changes += 1 }
          kept.append(contentsOf: bytes)
        }
      }
    }
    // A chunk out of a container is what a restore returns: where its codes would give anything else, it is kept as it is.
    let isNear = chunk.recordedRawValue == nil || result.largest == 0
    guard isNear, changes * Self.leastItemsPerChange <= itemCount else {
      // The bound is below what the numbers resolve: they are stored exactly.
      kept.removeSubrange(first...)
      batch.chunks[index].tally.exactCount = UInt64(chunk.byteCount / wordByteCount)
      return
    }
    exceptions[index] = place
    exceptions[index].kept = first..<kept.count
    let exceptionCount = (kept.count - first) / itemByteCount
    batch.chunks[index].quantization = Coding.Codes(quantizer: form, exceptionCount: exceptionCount)
    batch.chunks[index].tally.take(
      result, of: quantization, exactCount: exceptionCount * itemByteCount / wordByteCount)
    if exceptionCount > 0 {
      tidy(chunk, exceptions[index], itemByteCount: itemByteCount, elementByteCount: chunk.elementType.byteCount)
    }
  }

  /// A chunk in which more than one item in so many is an exception of its own is stored exactly.
  private static let leastItemsPerChange = 4

  /// Gives each exception the code of the same component before it, the first ones 0: nothing to predict.
  private func tidy(
    _ chunk: CaptureBatch.Chunk, _ place: Exceptions, itemByteCount: Int, elementByteCount: Int
  ) {
    let codes = UnsafeMutableRawBufferPointer(rebasing: codes.bytes[chunk.offset..<(chunk.offset + chunk.byteCount)])
    for byte in 0..<place.flagByteCount {
      var bits = flags.bytes[place.flagsOffset + byte]
      while bits != 0 {
        let start = (8 * byte + bits.trailingZeroBitCount) * itemByteCount
        bits &= bits - 1
        let item = UnsafeMutableRawBufferPointer(rebasing: codes[start..<(start + itemByteCount)])
        if start >= elementByteCount {
          item.copyMemory(
            from: UnsafeRawBufferPointer(
              rebasing: UnsafeRawBufferPointer(codes)[
                (start - elementByteCount)..<(start - elementByteCount + itemByteCount)]))
        } else {
          item.initializeMemory(as: UInt8.self, repeating: 0)
        }
      }
    }
  }
}
