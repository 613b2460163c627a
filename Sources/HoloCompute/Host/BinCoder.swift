import CWaveKernels
import HoloModel
import HoloSystem

// Unsafe here: the C functions take pointers. Every word and stream is checked against its buffer before.

/// The words of one component in a chunk.
package struct ComponentWords {
  package var chunk: UnsafeRawBufferPointer
  /// Of the first word.
  package var offset: Int
  package var count: Int
  package var width: Int
  /// Words from one to the next: 2 for one of two components.
  package var stride: Int

  package init(chunk: UnsafeRawBufferPointer, offset: Int, count: Int, width: Int, stride: Int) {
    self.chunk = chunk
    self.offset = offset
    self.count = count
    self.width = width
    self.stride = stride
  }

  fileprivate var form: wave_bin_words {
    wave_bin_words(words: UInt32(count), width: UInt8(width), stride: UInt8(stride))
  }

  fileprivate var base: UnsafePointer<UInt8>? {
    precondition([1, 2, 4, 8].contains(width) && (1...2).contains(stride), "words that bins are for")
    precondition(count > 0 && count * width <= Int(WAVE_CHUNK_BYTES), "words of one chunk")
    precondition(offset >= 0 && offset + ((count - 1) * stride + 1) * width <= chunk.count, "words within their buffer")
    return chunk.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
  }
}

/// The entropy coder of method 7. It runs on the host, whatever the backend: how long its stream gets depends on the words,
/// and whoever lays out streams has to know. One a thread; its memory is allocated once.
package final class BinCoder {
  private let memory: PageBuffer

  package init() throws(SystemError) { memory = try PageBuffer(byteCount: Int(WAVE_BINS_SCRATCH_BYTES)) }

  private var scratch: UnsafeMutableRawPointer? { memory.bytes.baseAddress }

  /// About how many bytes the stream would have; infinite where the mapping does not fit.
  package func estimate(_ words: ComponentWords, _ bins: Bins) -> Double {
    var plan = bins.plan
    return Double(wave_bins_estimate(words.base, words.form, &plan, scratch))
  }

  /// A divisor of which the words, as floats, are ratios.
  package func divisor(_ words: ComponentWords) -> UInt32? {
    let found = wave_bins_divisor(words.base, words.form)
    return found == 0 ? nil : found
  }

  /// Writes the stream, and returns its length; nil where it does not fit `target`, or the mapping not a word.
  package func encode(_ words: ComponentWords, _ bins: Bins, into target: UnsafeMutableRawBufferPointer) -> Int? {
    var plan = bins.plan
    let count = wave_bins_encode(
      words.base, words.form, &plan, scratch, target.baseAddress?.assumingMemoryBound(to: UInt8.self), target.count)
    return count == 0 ? nil : count
  }

  /// The words of a stream, into the buffer that `words` lies in, which has to be one that may be written; false where it is
  /// malformed: no word is written then.
  package func decode(
    _ stream: UnsafeRawBufferPointer, _ bins: Bins, _ words: ComponentWords, in target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let source = stream.baseAddress, words.base != nil else { return false }
    precondition(words.chunk.baseAddress == UnsafeRawPointer(target.baseAddress), "the words are the target's")
    var plan = bins.plan
    return wave_bins_decode(
      source.assumingMemoryBound(to: UInt8.self), stream.count, words.form, &plan, scratch,
      target.baseAddress?.advanced(by: words.offset).assumingMemoryBound(to: UInt8.self)) != 0
  }
}

extension Bins {
  fileprivate var plan: wave_bins {
    var plan = wave_bins()
    plan.mapping = mapping.rawValue
    plan.lagCount = UInt8(lags.count)
    plan.divisor = divisor
    withUnsafeMutableBytes(of: &plan.lags) { target in
      lags.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(target.count))) }
    }
    return plan
  }
}
