import Glibc
import HoloFormat
import HoloSystem

/// A source whose reads fail with ECANCELED once the work is to stop: whatever goes through a container, however long it
/// searches, ends at its next read.
struct CancellableSource: RandomAccessSource {
  private let source: any RandomAccessSource
  private let path: String
  private let cancellation: Cancellation

  init(_ source: any RandomAccessSource, path: String, cancellation: Cancellation) {
    self.source = source
    self.path = path
    self.cancellation = cancellation
  }

  var byteCount: UInt64 { source.byteCount }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
    if cancellation.isCancelled { throw SystemError(call: .pread, path: path, code: ECANCELED) }
    return try source.read(into: buffer, at: offset)
  }
}
