import HoloModel
import HoloSystem

extension ContainerReader {
  /// Bytes that are read in one call: many small frames, or one large.
  private static let runByteCount = 4 << 20

  /// Quick verification: compares every frame's stored bytes with the frame table, and its magic with its kind. Returns
  /// everything that is wrong, not only the first thing.
  ///
  /// - Parameters:
  ///   - range: of frame numbers, for workers that share the work; nil for all. Header, manifest, optional frames and
  ///     trailer were checked when the container was opened.
  ///   - progress: called with the bytes read since the last call; false stops, and returns what was found so far.
  package func verifyStoredFrames(
    _ range: Range<UInt32>? = nil, progress: ((UInt64) -> Bool)? = nil
  ) -> [FormatError] {
    let range = range ?? 0..<UInt32(frames.count)
    var problems: [FormatError] = []
    var buffer = FrameBuffer()
    var number = range.lowerBound
    while number < range.upperBound {
      var end = number
      var byteCount = 0
      while end < range.upperBound {
        let next = frames.extent(of: end).byteCount
        if end > number && byteCount + next > Self.runByteCount { break }
        byteCount += next
        end += 1
      }
      verify(number..<end, byteCount: byteCount, &buffer, &problems)
      if progress?(UInt64(byteCount)) == false { break }
      number = end
    }
    return problems
  }

  /// As ``verifyStoredFrames(_:progress:)``, of the frames that hold no payload.
  package func verifyIndexFrames() -> [FormatError] {
    (0..<UInt32(frames.count)).filter { frames.kind(of: $0) != .payload }.flatMap { verifyStoredFrames($0..<($0 + 1)) }
  }

  /// Full verification of the payload frames in which no chunk is stored (a region was begun anew, or its index is lost):
  /// their hashes, and that they can be decoded, which else is proved with the chunks. Returns what is wrong.
  package func verifyUnreferencedFrames(_ chunks: ChunkMap) throws(FormatError) -> [FormatError] {
    var isReferenced = [Bool](repeating: false, count: frames.count)
    try chunks.forEachFrame { (frame, _, _) throws(FormatError) in isReferenced[Int(frame)] = true }
    var stream: [UInt8] = []
    var problems: [FormatError] = []
    for number in 0..<UInt32(frames.count) where frames.kind(of: number) == .payload && !isReferenced[Int(number)] {
      let extent = frames.extent(of: number)
      let frame: [UInt8]
      do throws(FormatError) {
        frame = try source.bytes(at: extent.offset, count: UInt64(extent.byteCount), path: path)
      } catch {
        problems.append(problem(error.kind, "the frame cannot be read: \(error.message)", extent, cause: error.cause))
        continue
      }
      if BLAKE3.hash(frame).short != extent.hash {
        problems.append(problem(.damaged, Self.hashMessage, extent))
      } else if let error = LZ4FrameDecoder.failure(of: frame, scratch: &stream) {
        problems.append(problem(.damaged, "the frame, which no chunk is stored in, is damaged: \(error)", extent))
      }
    }
    return problems
  }

  private static let hashMessage = "the stored bytes do not match their hash"

  /// Reads frames that stand side by side in one call. One by one where that fails, to tell which cannot be read.
  private func verify(
    _ run: Range<UInt32>, byteCount: Int, _ buffer: inout FrameBuffer, _ problems: inout [FormatError]
  ) {
    let first = frames.extent(of: run.lowerBound)
    let count: Int
    do throws(SystemError) {
      count = try buffer.read(source, at: first.offset, byteCount: byteCount)
    } catch {
      guard run.count > 1 else {
        problems.append(problem(.inputOutput, "the frame cannot be read: \(error)", first, cause: error))
        return
      }
      for number in run {
        verify(number..<(number + 1), byteCount: frames.extent(of: number).byteCount, &buffer, &problems)
      }
      return
    }
    for number in run {
      let extent = frames.extent(of: number)
      let start = Int(extent.offset - first.offset)
      guard start + extent.byteCount <= count else {
        problems.append(problem(.truncated, "the file ends inside the frame", extent))
        continue
      }
      let (hash, magic) = buffer.inspect(start..<(start + extent.byteCount))
      if hash != extent.hash {
        problems.append(problem(.damaged, Self.hashMessage, extent))
      } else if magic != frames.kind(of: number).magic {
        problems.append(problem(.malformed, "the frame is not of the kind that the frame table says", extent))
      }
    }
  }

  private func problem(
    _ kind: FormatError.Kind, _ message: String, _ extent: FrameExtent, cause: SystemError? = nil
  ) -> FormatError {
    FormatError(
      kind, message, path: path, offset: extent.offset, byteCount: UInt64(extent.byteCount), frame: extent.number,
      cause: cause)
  }
}

/// Memory for frames that are read one run after the other. Allocated as large as the largest run, once.
private struct FrameBuffer {
  private var bytes: [UInt8] = []

  mutating func read(
    _ source: any RandomAccessSource, at offset: UInt64, byteCount: Int
  ) throws(SystemError) -> Int {
    if bytes.count < byteCount { bytes = [UInt8](repeating: 0, count: byteCount) }
    var failure: SystemError?
    let count = bytes.withUnsafeMutableBytes { buffer in
      do throws(SystemError) {
        return try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount]), at: offset)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }

  /// The hash of a frame of at least four bytes, and its magic.
  func inspect(_ range: Range<Int>) -> (hash: Digest128, magic: UInt32) {
    bytes.withUnsafeBytes { buffer in
      let frame = UnsafeRawBufferPointer(rebasing: buffer[range])
      return (BLAKE3.hash(frame).short, UInt32(littleEndian: frame.loadUnaligned(as: UInt32.self)))
    }
  }
}
