import CLZ4
import HoloModel

/// How much work goes into compression. The stored form is the same.
package enum CompressionLevel: String, Sendable, CaseIterable {
  case fast, high
}

/// Makes payload frames (HWP-Format.md, section 4) with liblz4's block functions. One encoder a thread; all memory is
/// allocated once.
///
/// The same stream and stripes give the same frame every time: nothing carries over from one frame to the next.
package final class LZ4FrameEncoder {
  private let fastState: UnsafeMutableRawPointer
  private let highState: UnsafeMutableRawPointer?
  private var trial: UnsafeMutableRawBufferPointer
  private var plan: BlockPlan

  /// LZ4HC's usual level.
  private static let highLevel: Int32 = 9

  package init(level: CompressionLevel) {
    plan = BlockPlan(level: level)
    fastState = .allocate(byteCount: Int(LZ4_sizeofState()), alignment: 64)
    highState = level == .high ? .allocate(byteCount: Int(LZ4_sizeofStateHC()), alignment: 64) : nil
    trial = .allocate(byteCount: 64 << 10, alignment: 64)
  }

  deinit {
    fastState.deallocate()
    highState?.deallocate()
    trial.deallocate()
  }

  /// The most bytes that the frame of such a stream has. The bound of two streams together is less than the sum of
  /// their bounds.
  package static func frameBound(streamByteCount: Int) -> Int {
    streamByteCount + LZ4FrameLayout.headerByteCount + LZ4FrameLayout.mostBlocks * LZ4FrameLayout.blockStartByteCount
      + LZ4FrameLayout.endByteCount
  }

  /// Writes the frame of a stream of 1 … 540,800 bytes and returns its length.
  ///
  /// - Parameters:
  ///   - stripes: consecutive runs of the stream that differ in nature; they add up to the stream's length.
  ///   - contentChecksum: XXH32 of the stream, where the caller has it.
  ///   - target: at least ``frameBound(streamByteCount:)`` bytes.
  package func encode(
    _ stream: UnsafeRawBufferPointer, stripes: [StreamStripe], contentChecksum: UInt32? = nil,
    into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    precondition((1...HWP.Limit.streamByteCount).contains(stream.count))
    precondition(target.count >= Self.frameBound(streamByteCount: stream.count))
    plan.make(stream, stripes: stripes)
    LZ4FrameLayout.writeHeader(streamByteCount: stream.count, into: target)
    var end = LZ4FrameLayout.headerByteCount
    for block in plan.blocks {
      end += write(
        UnsafeRawBufferPointer(rebasing: stream[block.range]), kind: block.kind,
        into: UnsafeMutableRawBufferPointer(rebasing: target[end...]))
    }
    target.storeBytes(of: 0, toByteOffset: end, as: UInt32.self)
    let checksum = contentChecksum ?? XXH32.hash(stream)
    target.storeBytes(of: checksum.littleEndian, toByteOffset: end + 4, as: UInt32.self)
    return end + LZ4FrameLayout.endByteCount
  }

  /// Bytes that LZ4 (fast) makes of a small sample: for choosing a transform.
  package func trialByteCount(_ sample: UnsafeRawBufferPointer) -> Int {
    guard !sample.isEmpty else { return 0 }
    let bound = Int(LZ4_compressBound(Int32(sample.count)))
    if trial.count < bound {
      trial.deallocate()
      trial = .allocate(byteCount: bound, alignment: 64)
    }
    let room = UnsafeMutableRawBufferPointer(rebasing: trial[..<bound])
    return compress(sample, into: room, acceleration: 1)
  }

  /// Writes one block, compressed if that saves at least 1 in 128, and returns its length.
  private func write(
    _ bytes: UnsafeRawBufferPointer, kind: BlockPlan.Kind, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    let start = LZ4FrameLayout.blockStartByteCount
    // LZ4 gives up where its output does not fit.
    let most = bytes.count - max(1, bytes.count / 128)
    var count = 0
    if most > 0 {
      let room = UnsafeMutableRawBufferPointer(rebasing: target[start..<(start + most)])
      switch (kind, highState) {
      case (.coded, _): break
      case (.noise, _): count = compress(bytes, into: room, acceleration: plan.policy.acceleration)
      case (.compressible, nil): count = compress(bytes, into: room, acceleration: 1)
      case (.compressible, let state?): count = compressHigh(bytes, into: room, state: state)
      }
    }
    let isCompressed = count > 0
    if !isCompressed {
      count = bytes.count
      UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: bytes)
    }
    let word = UInt32(count) | (isCompressed ? 0 : LZ4FrameLayout.uncompressed)
    target.storeBytes(of: word.littleEndian, as: UInt32.self)
    return start + count
  }

  /// Bytes written, 0 where they do not fit.
  private func compress(
    _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, acceleration: Int32
  ) -> Int {
    guard let source = bytes.baseAddress, let target = room.baseAddress else { return 0 }
    return Int(
      LZ4_compress_fast_extState(
        fastState, source.assumingMemoryBound(to: CChar.self), target.assumingMemoryBound(to: CChar.self),
        Int32(bytes.count), Int32(room.count), acceleration))
  }

  private func compressHigh(
    _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer, state: UnsafeMutableRawPointer
  ) -> Int {
    guard let source = bytes.baseAddress, let target = room.baseAddress else { return 0 }
    return Int(
      LZ4_compress_HC_extStateHC(
        state, source.assumingMemoryBound(to: CChar.self), target.assumingMemoryBound(to: CChar.self),
        Int32(bytes.count), Int32(room.count), Self.highLevel))
  }
}
