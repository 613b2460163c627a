import CWaveKernels

/// Where the kernels run.
package enum BackendKind: String, Sendable {
  /// The host's own C kernels, on the thread that calls.
  case host
  /// An OpenCL device.
  case opencl
}

/// What the user asks for.
package enum BackendChoice: String, Sendable, CaseIterable {
  case auto, opencl, host
}

/// What was chosen, and why: for `--verbose`, JSON output and the manifest.
package struct BackendSummary: Equatable, Sendable {
  package let kind: BackendKind
  /// The processor and its instruction set (`AMD EPYC (AVX-512)`), or the OpenCL device's name.
  package let device: String
  /// A clause that says why this backend was chosen.
  package let reason: String
  /// At most one warning for the user.
  package let warning: String?

  package init(kind: BackendKind, device: String, reason: String, warning: String? = nil) {
    self.kind = kind
    self.device = device
    self.reason = reason
    self.warning = warning
  }
}

/// A device that runs the kernels. Every backend gives the same bytes for the same work.
///
/// Threads: a backend may be used by any number of threads at once. It lives as long as its sessions and buffers do.
package protocol ComputeBackend: AnyObject, Sendable {
  var summary: BackendSummary { get }
  /// Bytes of source that a batch should hold: small enough to stay in a processor's cache, large enough to be worth a
  /// launch on a device.
  var batchByteCount: Int { get }
  /// Chunks that a batch should hold at most, so that thousands of small regions share one.
  var batchChunkLimit: Int { get }

  /// One for each worker thread.
  func makeSession() throws(ComputeError) -> any ComputeSession
}

/// A worker's way to a backend: it owns the queue and the scratch memory that the kernels need.
///
/// **Threads.** A session is used by one thread at a time, and so is a buffer. A buffer may be used with any session of
/// the backend that made it.
///
/// **Coherence.** A device may keep its own copy of a buffer. Whoever writes to `buffer.bytes` says so with
/// ``didWrite(_:range:)`` before the next kernel reads the buffer; what was said is uploaded once, however many kernels read
/// it. When a call returns, what it wrote (the streams of `encode`, the chunks of `decode`) stands in `bytes`, and nothing
/// else in `bytes` was touched. A new buffer counts as written.
///
/// **Bounds.** Every span, survey and task is checked against its buffers before anything runs: a bad one is a
/// ``ComputeError/invalidWork(item:index:reason:)``, never a trap. Tasks whose outputs overlap each other give unspecified bytes there.
package protocol ComputeSession: AnyObject {
  /// Page-aligned memory, zeroed and faulted in, to be allocated once and reused.
  func makeBuffer(byteCount: Int) throws(ComputeError) -> ComputeBuffer

  /// Memory of the caller's, of any alignment, used in place where the device allows it. The caller keeps it valid for
  /// as long as the buffer lives. Only ranges that a call's spans or tasks name are ever written.
  func wrap(_ bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) -> ComputeBuffer

  /// The caller has written to these bytes of the buffer. No-op on the host.
  func didWrite(_ buffer: ComputeBuffer, range: Range<Int>)

  /// The BLAKE3 chaining value (and root, where asked for) of each span, into `digests[i]`; `digests` is made exactly as
  /// long as `spans`. With `blocks`, also the chaining value of each block.
  func checksum(
    _ source: ComputeBuffer, spans: [wave_span], digests: inout [wave_digest], blocks: BlockValues?
  ) throws(ComputeError)

  /// The distinct words of each survey, into `palettes[i]`.
  func survey(_ source: ComputeBuffer, surveys: [wave_survey], palettes: PaletteTable) throws(ComputeError)

  /// Codes words of `source` into streams. `dictionaries` holds the words of palette tasks.
  func encode(
    _ source: ComputeBuffer, tasks: [wave_task], dictionaries: UnsafeRawBufferPointer, streams: ComputeBuffer
  ) throws(ComputeError)

  /// The inverse. `dictionaries` holds the words of constant and palette tasks. The other component's words of a task with
  /// stride 2 stay as they are.
  func decode(
    _ streams: ComputeBuffer, tasks: [wave_task], dictionaries: UnsafeRawBufferPointer, target: ComputeBuffer
  ) throws(ComputeError)

  /// Numbers of `source` to codes, with what a restore makes of these in `restored` (which may be `source` where a task's offsets are
  /// the same) and the exceptions' bits in `flags`. `results` is made exactly as long as `tasks`.
  ///
  /// A device that does not compute as IEEE-754 says leaves the work to the host, on the calling thread.
  func quantize(
    _ source: ComputeBuffer, tasks: [wave_quantization], codes: ComputeBuffer, restored: ComputeBuffer,
    flags: ComputeBuffer, results: inout [wave_quantized]
  ) throws(ComputeError)

  /// The numbers of codes; `restored` may be `codes`. Exceptions are the caller's to put in their places.
  func dequantize(
    _ codes: ComputeBuffer, tasks: [wave_quantization], restored: ComputeBuffer
  ) throws(ComputeError)

  /// Sums or differences of words of two buffers, of which one may be `target`, at the same offsets.
  func combine(
    _ left: ComputeBuffer, _ right: ComputeBuffer, tasks: [wave_combination], target: ComputeBuffer
  ) throws(ComputeError)

  /// Gathers or scatters: copies runs of bytes into another buffer.
  func move(_ source: ComputeBuffer, runs: [wave_run], target: ComputeBuffer) throws(ComputeError)

  /// Which blocks of two chunks differ, for each pair of chunks: bit b for block b. `masks` is made exactly as long as `pairs`.
  func compare(
    _ left: ComputeBuffer, _ right: ComputeBuffer, pairs: [wave_comparison], masks: inout [UInt64]
  ) throws(ComputeError)
}

extension ComputeSession {
  package func checksum(
    _ source: ComputeBuffer, spans: [wave_span], digests: inout [wave_digest]
  ) throws(ComputeError) {
    try checksum(source, spans: spans, digests: &digests, blocks: nil)
  }

  /// The caller has written to the buffer, anywhere.
  package func didWrite(_ buffer: ComputeBuffer) {
    didWrite(buffer, range: 0..<buffer.bytes.count)
  }
}
