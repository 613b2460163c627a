import CZlib
import HoloFormat
import HoloSystem

// Unsafe here: zlib is handed raw memory. Its state points back to the stream, which therefore has to stay in one place.

/// Reads what a deflated member of an archive holds, front to back, in bounded memory (RFC 1951).
///
/// Never gives more bytes than the archive says that the member has; that they are those that were compressed is
/// known only when all of them have been read.
package struct InflatingReader<Source: RandomAccessSource>: ~Copyable {
  private let source: Source
  private let member: ZipDirectory.Member
  private let path: String
  private let memory = InflateMemory()
  /// Of the compressed bytes, those that zlib has been handed.
  private var fetchedByteCount: UInt64 = 0
  /// Of the bytes that come out.
  private var byteCount: UInt64 = 0
  private var checksum: UInt = 0

  /// - Parameter member: deflated, of the archive that `source` is. `path` is for errors.
  package init(_ member: ZipDirectory.Member, of source: Source, path: String) throws(FormatError) {
    precondition(member.method == .deflated)
    self.source = source
    self.member = member
    self.path = path
    // Negative: neither a header nor a checksum of zlib's own.
    let status = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw FormatError(.unsupportedFeature, "zlib cannot be used (status \(status))", path: path)
    }
  }

  private var stream: UnsafeMutablePointer<z_stream> { memory.stream }
  private var input: UnsafeMutableRawBufferPointer { memory.input }

  /// Fills the buffer, or as much of it as there are bytes left, and says how much. Having given the last byte, it
  /// checks that the compressed bytes end there too, and the checksum; so 0 means that the member is whole.
  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    var count = 0
    while count < buffer.count, byteCount < member.byteCount {
      let wanted = min(UInt64(buffer.count - count), member.byteCount - byteCount, UInt64(Int32.max))
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + Int(wanted))])
      let written = try inflate(into: part)
      checksum = crc32(checksum, part.bindMemory(to: UInt8.self).baseAddress, UInt32(written))
      byteCount += UInt64(written)
      count += written
    }
    if byteCount == member.byteCount, !buffer.isEmpty { try checkEnd() }
    return count
  }

  /// At least one byte, at most the buffer's; the buffer is not empty.
  private mutating func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(buffer.count)
    while Int(stream.pointee.avail_out) == buffer.count {
      let isEnd = try step()
      if isEnd, Int(stream.pointee.avail_out) == buffer.count {
        throw damaged("a compressed member ends after \(byteCount) of \(member.byteCount) bytes")
      }
    }
    return buffer.count - Int(stream.pointee.avail_out)
  }

  /// Goes on until the output is full, the input is used up, or the stream ends: true.
  private mutating func step() throws(FormatError) -> Bool {
    if stream.pointee.avail_in == 0 { try fetch() }
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    switch status {
    case Z_OK: return false
    case Z_STREAM_END: return true
    case Z_BUF_ERROR where fetchedByteCount < member.storedByteCount: return false
    case Z_BUF_ERROR: throw damaged("a compressed member is cut off after \(byteCount) of \(member.byteCount) bytes")
    default: throw damaged("a compressed member is no deflate stream (status \(status))")
    }
  }

  /// Hands zlib the next compressed bytes; none where all have been handed.
  private mutating func fetch() throws(FormatError) {
    let wanted = Int(min(UInt64(input.count), member.storedByteCount - fetchedByteCount))
    let buffer = UnsafeMutableRawBufferPointer(rebasing: input[..<wanted])
    let count: Int
    do throws(SystemError) { count = try source.read(into: buffer, at: member.offset + fetchedByteCount) } catch {
      throw FormatError(error)
    }
    guard count == wanted else {
      throw FormatError(.truncated, "the file became shorter", path: path, offset: member.offset)
    }
    fetchedByteCount += UInt64(count)
    stream.pointee.next_in = buffer.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_in = UInt32(count)
  }

  /// No byte may come any more, on either side.
  private mutating func checkEnd() throws(FormatError) {
    var excess: UInt8 = 0
    try withUnsafeMutablePointer(to: &excess) { (excess) throws(FormatError) in
      stream.pointee.next_out = excess
      stream.pointee.avail_out = 1
      while try !step() {
        guard stream.pointee.avail_out == 1 else { break }
      }
    }
    guard stream.pointee.avail_out == 1, stream.pointee.avail_in == 0, fetchedByteCount == member.storedByteCount else {
      throw damaged("a compressed member goes on after its \(member.byteCount) bytes")
    }
    guard checksum == UInt(member.crc32) else { throw damaged("a compressed member has another checksum") }
  }

  private func damaged(_ message: String) -> FormatError {
    FormatError(.damaged, message, path: path, offset: member.offset, byteCount: member.storedByteCount)
  }
}

/// What zlib works in. A class: the deinitializer of a generic structure that cannot be copied, with `package` access, is not
/// called by other modules in an optimized build without -enable-testing (Swift 6.3.1).
private final class InflateMemory {
  let stream: UnsafeMutablePointer<z_stream>
  let input: UnsafeMutableRawBufferPointer

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: 65_536, alignment: 16)
  }

  deinit {
    // Does nothing to a stream that was never begun.
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }
}
