import CLZ4
import HoloModel

/// What is wrong with a payload frame.
package enum LZ4FrameError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The header is not the canonical one, or is cut off.
  case noncanonicalHeader
  /// The frame holds a stream of another length.
  case streamByteCount(stored: Int, expected: Int)
  /// The frame ends inside a block, or before its end mark.
  case truncated
  /// A block is empty, too long, does not decompress, or gives more than the stream has left.
  case badBlock(index: Int)
  case tooManyBlocks
  /// The blocks give fewer bytes than the stream has.
  case shortStream(byteCount: Int)
  /// Bytes follow the frame's end.
  case trailingBytes(count: Int)
  case contentChecksum

  package var description: String {
    switch self {
    case .noncanonicalHeader: "its header is not that of a payload frame"
    case .streamByteCount(let stored, let expected): "it holds \(stored) bytes instead of \(expected)"
    case .truncated: "it ends too early"
    case .badBlock(let index): "its block \(index) is malformed"
    case .tooManyBlocks: "it has more than \(LZ4FrameLayout.mostBlocks) blocks"
    case .shortStream(let byteCount): "its blocks give only \(byteCount) bytes"
    case .trailingBytes(let count): "\(count) bytes follow its end"
    case .contentChecksum: "its content does not match its checksum"
    }
  }
}

/// Reads payload frames (HWP-Format.md, section 4). Stateless: any thread.
package enum LZ4FrameDecoder {
  /// Decodes a frame that takes up all of `frame` into the first `streamByteCount` bytes of `target`, which has as
  /// many.
  ///
  /// - Parameter verifyContentChecksum: compare XXH32. A restore may leave it out: the chunk's chaining value proves
  ///   more.
  package static func decode(
    _ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, streamByteCount: Int,
    verifyContentChecksum: Bool
  ) throws(LZ4FrameError) {
    precondition(target.count >= streamByteCount)
    guard let stored = LZ4FrameLayout.streamByteCount(header: frame) else { throw .noncanonicalHeader }
    guard stored == streamByteCount else { throw .streamByteCount(stored: stored, expected: streamByteCount) }

    var done = 0
    var walk = BlockWalk(frame)
    while let block = try walk.next() {
      let most = min(streamByteCount - done, LZ4FrameLayout.blockByteCount)
      let room = UnsafeMutableRawBufferPointer(rebasing: target[done..<(done + most)])
      guard let count = decode(block, into: room) else { throw .badBlock(index: walk.blockCount - 1) }
      done += count
    }
    guard done == streamByteCount else { throw .shortStream(byteCount: done) }
    guard walk.end == frame.count else { throw .trailingBytes(count: frame.count - walk.end) }
    if verifyContentChecksum {
      let checksum = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: walk.end - 4, as: UInt32.self))
      guard XXH32.hash(UnsafeRawBufferPointer(rebasing: target[..<streamByteCount])) == checksum else {
        throw .contentChecksum
      }
    }
  }

  /// What is wrong with a frame, its content checksum included.
  /// - Parameter scratch: grows to the longest stream.
  static func failure(of frame: [UInt8], scratch: inout [UInt8]) -> LZ4FrameError? {
    frame.withUnsafeBytes { frame in
      guard let byteCount = LZ4FrameLayout.streamByteCount(header: frame) else { return .noncanonicalHeader }
      if scratch.count < byteCount { scratch = [UInt8](repeating: 0, count: byteCount) }
      return scratch.withUnsafeMutableBytes { scratch in
        do throws(LZ4FrameError) {
          try decode(frame, into: scratch, streamByteCount: byteCount, verifyContentChecksum: true)
        } catch { return error }
        return nil
      }
    }
  }

  /// Length of the canonical frame that begins here, by walking its blocks without decoding them; nil if there is none.
  package static func frameByteCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard LZ4FrameLayout.streamByteCount(header: bytes) != nil else { return nil }
    var walk = BlockWalk(bytes)
    do {
      while try walk.next() != nil {}
      return walk.blockCount > 0 && walk.end <= HWP.Limit.payloadFrameByteCount ? walk.end : nil
    } catch { return nil }
  }

  /// The bytes that a block gave; nil where it is malformed or gives more than there is room for.
  private static func decode(_ block: BlockWalk.Block, into room: UnsafeMutableRawBufferPointer) -> Int? {
    let bytes = block.bytes
    if block.isUncompressed {
      guard bytes.count <= room.count else { return nil }
      room.copyMemory(from: bytes)
      return bytes.count
    }
    guard let source = bytes.baseAddress, let target = room.baseAddress else { return nil }
    let count = LZ4_decompress_safe(
      source.assumingMemoryBound(to: CChar.self), target.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
      Int32(room.count))
    return count > 0 ? Int(count) : nil
  }
}

/// The blocks of a frame, one after the other, up to its end mark.
private struct BlockWalk {
  struct Block {
    let bytes: UnsafeRawBufferPointer
    let isUncompressed: Bool
  }

  private let frame: UnsafeRawBufferPointer
  /// Where the frame ends, once `next` has returned nil.
  private(set) var end = LZ4FrameLayout.headerByteCount
  private(set) var blockCount = 0

  init(_ frame: UnsafeRawBufferPointer) { self.frame = frame }

  mutating func next() throws(LZ4FrameError) -> Block? {
    guard frame.count - end >= LZ4FrameLayout.blockStartByteCount else { throw .truncated }
    let word = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: end, as: UInt32.self))
    guard word != 0 else {
      guard frame.count - end >= LZ4FrameLayout.endByteCount else { throw .truncated }
      end += LZ4FrameLayout.endByteCount
      return nil
    }
    guard blockCount < LZ4FrameLayout.mostBlocks else { throw .tooManyBlocks }
    let size = Int(word & ~LZ4FrameLayout.uncompressed)
    guard (1...LZ4FrameLayout.blockByteCount).contains(size) else { throw .badBlock(index: blockCount) }
    let start = end + LZ4FrameLayout.blockStartByteCount
    guard frame.count - start >= size else { throw .truncated }
    end = start + size
    blockCount += 1
    return Block(
      bytes: UnsafeRawBufferPointer(rebasing: frame[start..<end]),
      isUncompressed: word & LZ4FrameLayout.uncompressed != 0)
  }
}
