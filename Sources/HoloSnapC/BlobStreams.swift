import CHoloSnap
import HoloEngine
import HoloFormat

// Unsafe here: bytes of the application, within what it says; handles that live as long as the callback that is given them.

/// Where a blob is written to: staging, as far as it reaches.
final class BlobSink {
  private let staging: StagingSpace
  private let region: String
  private let watch: PauseWatch
  private(set) var byteCount = 0
  /// It stays: a callback that does not look at it has failed all the same.
  private(set) var failure: Failure?

  init(_ staging: StagingSpace, of region: String, watch: PauseWatch) {
    self.staging = staging
    self.region = region
    self.watch = watch
  }

  var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  static func of(_ handle: OpaquePointer?) throws(Failure) -> BlobSink {
    guard let handle else { throw .invalid("the sink is NULL") }
    return Unmanaged<BlobSink>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  }

  func write(_ bytes: UnsafeRawPointer?, count: UInt64) throws(Failure) {
    if let failure { throw failure }
    do throws(Failure) {
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
    } catch {
      failure = error
      throw error
    }
  }
}

/// Where a blob is read from.
final class BlobSource {
  private let reader: RegionReader
  let byteCount: UInt64
  private let activity: Activity
  private(set) var failure: Failure?

  init(_ reader: RegionReader, byteCount: UInt64, _ activity: Activity) {
    self.reader = reader
    self.byteCount = byteCount
    self.activity = activity
  }

  var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  static func of(_ handle: OpaquePointer?) throws(Failure) -> BlobSource {
    guard let handle else { throw .invalid("the source is NULL") }
    return Unmanaged<BlobSource>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  }

  func read(into bytes: UnsafeMutableRawPointer?, capacity: UInt64) throws(Failure) -> UInt64 {
    if let failure { throw failure }
    do throws(Failure) {
      try activity.check()
      guard capacity > 0 else { return 0 }
      guard let bytes, !wraps(bytes, capacity) else {
        throw .invalid("NULL, or a range that ends behind all memory, for \(capacity) bytes")
      }
      let target = UnsafeMutableRawBufferPointer(start: bytes, count: Int(clamping: capacity))
      return try withUsualRounding { () throws(Failure) in
        UInt64(try Failure.wrapping { () throws(HoloError) in try reader.read(into: target) })
      }
    } catch {
      failure = error
      throw error
    }
  }

  /// Proves what nobody has read.
  func readRest() throws(Failure) {
    try withUsualRounding { () throws(Failure) in
      try Failure.wrapping { () throws(HoloError) in try reader.readRest() }
    }
  }
}
