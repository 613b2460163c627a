import CWaveKernels
import HoloSystem

/// Runs the C kernels. Unsafe pointers live here because the kernels take them; every offset was checked before.
final class HostSession: ComputeSession {
  func makeBuffer(byteCount: Int) throws(ComputeError) -> ComputeBuffer {
    do {
      let pages = try PageBuffer(byteCount: byteCount)
      return ComputeBuffer(bytes: pages.bytes, storage: .host(pages: pages))
    } catch {
      throw .outOfMemory(byteCount: byteCount, reason: error.reason)
    }
  }

  func wrap(_ bytes: UnsafeMutableRawBufferPointer) -> ComputeBuffer {
    ComputeBuffer(bytes: bytes, storage: .host(pages: nil))
  }

  func didWrite(_ buffer: ComputeBuffer, range: Range<Int>) {}

  func checksum(
    _ source: ComputeBuffer, spans: [wave_span], digests: inout [wave_digest], blocks: BlockValues?
  ) throws(ComputeError) {
    let base = try hostBase(of: source)
    try WorkGeometry.check(spans: spans, sourceByteCount: source.byteCount)
    digests.fit(count: spans.count, with: wave_digest())
    let values = try blocks?.reset(count: spans.count)
    guard !spans.isEmpty else { return }
    digests.withUnsafeMutableBufferPointer { digests in
      wave_host_checksum(base, spans, spans.count, digests.baseAddress, values?.baseAddress)
    }
  }

  func survey(_ source: ComputeBuffer, surveys: [wave_survey], palettes: PaletteTable) throws(ComputeError) {
    let base = try hostBase(of: source)
    try WorkGeometry.check(surveys: surveys, sourceByteCount: source.byteCount)
    let results = try palettes.reset(count: surveys.count)
    guard !surveys.isEmpty else { return }
    wave_host_survey(base, surveys, surveys.count, results.baseAddress)
  }

  func encode(
    _ source: ComputeBuffer, tasks: [wave_task], dictionaries: UnsafeRawBufferPointer, streams: ComputeBuffer
  ) throws(ComputeError) {
    let (chunks, target) = (try hostBase(of: source), try hostBase(of: streams))
    try WorkGeometry.check(
      tasks: tasks, direction: .encode, chunksByteCount: source.byteCount, streamsByteCount: streams.byteCount,
      dictionariesByteCount: dictionaries.count)
    guard !tasks.isEmpty else { return }
    wave_host_encode(chunks, tasks, tasks.count, Self.base(of: dictionaries), target)
  }

  func decode(
    _ streams: ComputeBuffer, tasks: [wave_task], dictionaries: UnsafeRawBufferPointer, target: ComputeBuffer
  ) throws(ComputeError) {
    let (source, chunks) = (try hostBase(of: streams), try hostBase(of: target))
    try WorkGeometry.check(
      tasks: tasks, direction: .decode, chunksByteCount: target.byteCount, streamsByteCount: streams.byteCount,
      dictionariesByteCount: dictionaries.count)
    guard !tasks.isEmpty else { return }
    wave_host_decode(source, tasks, tasks.count, Self.base(of: dictionaries), chunks)
  }

  func quantize(
    _ source: ComputeBuffer, tasks: [wave_quantization], codes: ComputeBuffer, restored: ComputeBuffer,
    flags: ComputeBuffer, results: inout [wave_quantized]
  ) throws(ComputeError) {
    let (numbers, coded) = (try hostBase(of: source), try hostBase(of: codes))
    let (made, marked) = (try hostBase(of: restored), try hostBase(of: flags))
    try WorkGeometry.check(quantizing: tasks, source: source, codes: codes, restored: restored, flags: flags)
    results.fit(count: tasks.count, with: wave_quantized())
    guard !tasks.isEmpty else { return }
    results.withUnsafeMutableBufferPointer { results in
      wave_host_quantize(numbers, tasks, tasks.count, coded, made, marked, results.baseAddress)
    }
  }

  func dequantize(
    _ codes: ComputeBuffer, tasks: [wave_quantization], restored: ComputeBuffer
  ) throws(ComputeError) {
    let (coded, made) = (try hostBase(of: codes), try hostBase(of: restored))
    try WorkGeometry.check(dequantizing: tasks, codes: codes, restored: restored)
    guard !tasks.isEmpty else { return }
    wave_host_dequantize(coded, tasks, tasks.count, made)
  }

  /// Somewhere to point at when there is nothing: the kernels may add zero to it, never read it.
  private nonisolated(unsafe) static let nothing = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)

  func hostBase(of buffer: ComputeBuffer) throws(ComputeError) -> UnsafeMutablePointer<UInt8> {
    guard case .host = buffer.storage else { throw .foreignBuffer }
    let address = buffer.bytes.baseAddress ?? Self.nothing.baseAddress
    guard let address else { throw .foreignBuffer }
    return address.assumingMemoryBound(to: UInt8.self)
  }

  private static func base(of dictionaries: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
    (dictionaries.baseAddress ?? UnsafeRawPointer(nothing.baseAddress))?.assumingMemoryBound(to: UInt8.self)
  }
}

extension Array {
  /// Makes it exactly `count` long, keeping its memory.
  mutating func fit(count: Int, with element: Element) {
    if self.count > count {
      removeLast(self.count - count)
    } else if self.count < count {
      append(contentsOf: repeatElement(element, count: count - self.count))
    }
  }
}
