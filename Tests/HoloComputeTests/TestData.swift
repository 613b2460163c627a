import CWaveKernels
import Glibc

@testable import HoloCompute

let chunkByteCount = Int(WAVE_CHUNK_BYTES)
let blockByteCount = 4096
var noDictionaries: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

extension ComputeSession {
  /// A buffer with these bytes.
  func makeBuffer(_ bytes: [UInt8]) throws(ComputeError) -> ComputeBuffer {
    let buffer = try makeBuffer(byteCount: bytes.count)
    buffer.bytes.copyBytes(from: bytes)
    didWrite(buffer)
    return buffer
  }

  /// A buffer full of one byte.
  func makeBuffer(byteCount: Int, filledWith byte: UInt8) throws(ComputeError) -> ComputeBuffer {
    let buffer = try makeBuffer(byteCount: byteCount)
    if let start = buffer.bytes.baseAddress { memset(start, Int32(byte), byteCount) }
    didWrite(buffer)
    return buffer
  }
}

/// Whether two runs of bytes are the same, at the speed of `memcmp` even in a debug build.
func areEqual(_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeMutableRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
  return memcmp(leftStart, rightStart, left.count) == 0
}

extension wave_task {
  static func make(
    _ method: Int, width: Int, stride: Int = 1, words: Int, chunkOffset: Int = 0, streamOffset: Int = 0,
    dictionaryOffset: Int = 0, count: Int = 0, indexBits: Int = 0
  ) -> wave_task {
    wave_task(
      chunkOffset: UInt64(chunkOffset), streamOffset: UInt64(streamOffset), words: UInt32(words),
      dictionaryOffset: UInt32(dictionaryOffset), count: UInt16(count), width: UInt8(width), stride: UInt8(stride),
      method: UInt8(method), indexBits: UInt8(indexBits), reserved: (0, 0))
  }
}

extension wave_digest {
  var cvBytes: [UInt8] { withUnsafeBytes(of: cv) { Array($0) } }
  var rootBytes: [UInt8] { withUnsafeBytes(of: root) { Array($0) } }
}

/// The spans of a region of so many bytes that starts at `offset` of a buffer, chunk after chunk.
func regionSpans(byteCount: Int, at offset: Int = 0) -> [wave_span] {
  if byteCount <= chunkByteCount {
    return [
      wave_span(offset: UInt64(offset), firstLeaf: 0, length: UInt32(byteCount), flags: WAVE_SPAN_ROOT)
    ]
  }
  return stride(from: 0, to: byteCount, by: chunkByteCount).map { start in
    wave_span(
      offset: UInt64(offset + start), firstLeaf: UInt64(start / Int(WAVE_LEAF_BYTES)),
      length: UInt32(min(chunkByteCount, byteCount - start)), flags: 0)
  }
}

/// The BLAKE3 root of a region from its chunks' chaining values: the tree is complete on the left (BLAKE3, section 2.1).
func regionRoot(_ digests: [wave_digest]) -> [UInt8] {
  if digests.count == 1 { return digests[0].rootBytes }
  return combine(digests.map(\.cvBytes)[...], isRoot: true)
}

private func combine(_ values: ArraySlice<[UInt8]>, isRoot: Bool) -> [UInt8] {
  if values.count == 1 { return values[values.startIndex] }
  var leftCount = 1
  while leftCount * 2 < values.count { leftCount *= 2 }
  let left = combine(values.prefix(leftCount), isRoot: false)
  let right = combine(values.dropFirst(leftCount), isRoot: false)
  var parent = [UInt8](repeating: 0, count: 32)
  wave_blake3_parent(left, right, isRoot ? 1 : 0, &parent)
  return parent
}
