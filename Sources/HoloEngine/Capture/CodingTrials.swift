import CWaveKernels
import HoloCompute
import HoloFormat
import HoloModel

// Unsafe here: chunks are looked at through raw pointers that the caller keeps valid; every access is within the chunk, and within
// the buffers, which have room for the largest sample and stretch.

/// Tries codings on parts of a chunk: what LZ4 leaves of them. One a worker thread.
final class CodingTrials {
  /// The words of one component in a chunk.
  struct Run {
    var offset: Int
    var width: Int
    var stride: Int
  }

  /// Words of a component side by side.
  struct Sample {
    var bytes: UnsafeRawBufferPointer
    var words: Int
  }

  /// The most bytes of words that a trial codes: enough for LZ4 to show what it can do, little beside a chunk.
  private static let sampleByteCount = 4096
  /// Stretches of a chunk that the sample is taken from.
  private static let sampleRuns = 4
  /// Of a small chunk a quarter is tried, but this much: a state of many small files is to be captured, not tried.
  private static let leastSampleByteCount = 1024
  /// What is looked at for repeats.
  private static let stretchByteCount = 32 << 10

  private let encoder: LZ4FrameEncoder
  private let words: UnsafeMutableRawBufferPointer
  private let stream: UnsafeMutableRawBufferPointer
  private let lowBytes: UnsafeMutableRawBufferPointer

  init(encoder: LZ4FrameEncoder) {
    self.encoder = encoder
    words = .allocate(byteCount: Self.sampleByteCount + 64, alignment: 64)
    stream = .allocate(byteCount: 2 * Self.sampleByteCount, alignment: 64)
    lowBytes = .allocate(byteCount: Self.stretchByteCount, alignment: 64)
  }

  deinit {
    words.deallocate()
    stream.deallocate()
    lowBytes.deallocate()
  }

  /// All of a small component, else runs from all over it; valid until the next sample is taken.
  func sample(_ chunk: UnsafeRawBufferPointer, _ run: Run, words count: Int) -> Sample {
    let quarter = count * run.width / 4
    let most = min(max(quarter, Self.leastSampleByteCount), Self.sampleByteCount) / run.width
    let runs =
      count <= most
      ? [0..<count]
      : (0..<Self.sampleRuns).map { run in
        let start = (count - most / Self.sampleRuns) * (run + 1) / Self.sampleRuns
        return start..<(start + most / Self.sampleRuns)
      }
    var tasks: [wave_task] = []
    var offset = 0
    for part in runs {
      var task = wave_task()
      task.chunkOffset = UInt64(run.offset + part.lowerBound * run.width * run.stride)
      task.streamOffset = UInt64(offset)
      task.words = UInt32(part.count)
      task.width = UInt8(run.width)
      task.stride = UInt8(run.stride)
      tasks.append(task)
      offset += part.count * run.width
    }
    encode(chunk, tasks, dictionary: [], into: words)
    return Sample(
      bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(words)[..<offset]), words: offset / run.width)
  }

  /// Part of the sample's bytes that a method leaves after LZ4, without its dictionary.
  func share(of sample: Sample, _ run: Run, _ method: Coding.Method, dictionary: ArraySlice<UInt8> = []) -> Double {
    let coding = Coding(width: run.width, methods: [method])
    var task = wave_task()
    task.words = UInt32(sample.words)
    task.width = UInt8(run.width)
    task.stride = 1
    guard task.apply(method, dictionaryOffset: 0) else { return 1 }
    encode(sample.bytes, [task], dictionary: dictionary, into: stream)
    let byteCount = coding.streamByteCount(of: method, words: sample.words) - coding.dictionaryByteCount(of: method)
    let left = encoder.trialByteCount(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(stream)[..<byteCount]))
    return Double(min(left, byteCount)) / Double(max(sample.bytes.count, 1))
  }

  /// Part of bytes that LZ4 leaves.
  func share(of bytes: UnsafeRawBufferPointer) -> Double {
    Double(min(encoder.trialByteCount(bytes), bytes.count)) / Double(max(bytes.count, 1))
  }

  /// Part of a chunk that LZ4 leaves, if that is below `limit`. All of it is tried only where a long stretch promises so much; and that
  /// only where the lowest bytes of the stretch's words do, which are a part of its bytes, and of most numbers the part that repeats last.
  func shareOfRepeats(_ chunk: UnsafeRawBufferPointer, width: Int, below limit: Double) -> Double? {
    let middle = chunk.count / 2 / width * width
    let start = middle - min(middle, Self.stretchByteCount / width * width)
    let stretch = UnsafeRawBufferPointer(rebasing: chunk[start..<middle])
    if width > 1 {
      let count = stretch.count / width
      for index in 0..<count { lowBytes[index] = stretch[index * width] }
      let low = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(lowBytes)[..<count])
      guard share(of: low) < limit else { return nil }
    }
    guard share(of: stretch) < limit else { return nil }
    let all = share(of: chunk)
    return all < limit ? all : nil
  }

  private func encode(
    _ source: UnsafeRawBufferPointer, _ tasks: [wave_task], dictionary: ArraySlice<UInt8>,
    into target: UnsafeMutableRawBufferPointer
  ) {
    dictionary.withUnsafeBytes { dictionary in
      wave_host_encode(
        source.baseAddress?.assumingMemoryBound(to: UInt8.self), tasks, tasks.count,
        dictionary.baseAddress?.assumingMemoryBound(to: UInt8.self),
        target.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }
}
