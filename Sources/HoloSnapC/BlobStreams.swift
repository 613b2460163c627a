import CHoloSnap
import HoloEngine
import HoloFormat
import HoloModel

// Unsafe here: bytes of the application, within what it says; handles that live as long as the callback that is given them.

/// What a callback of a blob is given.
class BlobStream {
  /// It stays: a callback that does not look at it has failed all the same.
  private(set) final var failure: Failure?

  final var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  /// Runs a use of it; after one that has failed every other does.
  fileprivate final func use<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    if let failure { throw failure }
    do throws(Failure) { return try body() } catch {
      failure = error
      throw error
    }
  }
}

/// The stream behind a handle.
func stream<Stream: BlobStream>(
  _ handle: OpaquePointer?, _ type: Stream.Type, _ what: String
) throws(Failure) -> Stream {
  guard let handle else { throw .invalid("\(what) is NULL") }
  return Unmanaged<Stream>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

/// Where a blob is written to: staging, as far as it reaches.
final class BlobSink: BlobStream {
  private let staging: StagingSpace
  private let region: String
  private let watch: PauseWatch
  private var byteCount = 0

  init(_ staging: StagingSpace, of region: String, watch: PauseWatch) {
    self.staging = staging
    self.region = region
    self.watch = watch
  }

  func write(_ bytes: UnsafeRawPointer?, count: UInt64) throws(Failure) {
    try use { () throws(Failure) in
      try watch.check()
      guard count > 0 else { return }
      guard let bytes, !wraps(bytes, count) else {
        throw .invalid("NULL, or a range that ends behind all memory, for \(count) bytes", region: region)
      }
      guard count <= PartLimit.byteCount - UInt64(byteCount) else {
        throw .invalid("more bytes than there can be", region: region)
      }
      try staging.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      byteCount += Int(count)
    }
  }
}

/// Where a blob is read from.
final class BlobSource: BlobStream {
  private let reader: RegionReader
  let byteCount: UInt64
  private let activity: Activity

  init(_ reader: RegionReader, byteCount: UInt64, _ activity: Activity) {
    self.reader = reader
    self.byteCount = byteCount
    self.activity = activity
  }

  func read(into bytes: UnsafeMutableRawPointer?, capacity: UInt64) throws(Failure) -> UInt64 {
    try use { () throws(Failure) in
      try activity.check()
      guard capacity > 0 else { return 0 }
      guard let bytes, !wraps(bytes, capacity) else {
        throw .invalid("NULL, or a range that ends behind all memory, for \(capacity) bytes")
      }
      let target = UnsafeMutableRawBufferPointer(start: bytes, count: Int(clamping: capacity))
      return try withUsualRounding { () throws(Failure) in
        UInt64(try Failure.wrapping { () throws(HoloError) in try reader.read(into: target) })
      }
    }
  }

  /// Proves what nobody has read.
  func readRest() throws(Failure) {
    try withUsualRounding { () throws(Failure) in
      try Failure.wrapping { () throws(HoloError) in try reader.readRest() }
    }
  }
}
