import HoloFormat
import Synchronization

// Unsafe here: bytes to write come as buffers that the caller keeps alive through the call.

/// The regions of a restore as files below a ``RestoreTarget``: header, elements and tail together are the file.
package final class FileTarget: RegionTarget {
  private let target: RestoreTarget
  private let files = Mutex<[Int: OpenRegion]>([:])

  private struct OpenRegion {
    var file: TargetFile
    var headerByteCount: UInt64
  }

  package init(_ target: RestoreTarget) { self.target = target }

  package func memory(of region: Int) -> UnsafeMutableRawBufferPointer? { nil }

  package func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError) {
    let header = UInt64(descriptor.header.count)
    let file = try target.beginFile(
      named: descriptor.name, byteCount: header + descriptor.byteCount + UInt64(descriptor.tail.count),
      permissions: descriptor.permissions, modified: descriptor.modified)
    try file.write(descriptor.header, at: 0)
    try file.write(descriptor.tail, at: header + descriptor.byteCount)
    files.withLock { $0[region] = OpenRegion(file: file, headerByteCount: header) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to region: Int, at offset: UInt64) throws(HoloError) {
    guard let open = files.withLock({ $0[region] }) else { return }
    try open.file.write(bytes, at: open.headerByteCount + offset)
  }

  package func complete(_ region: Int) throws(HoloError) {
    try files.withLock { $0.removeValue(forKey: region) }?.file.complete()
  }

  package func discard(_ region: Int) {
    files.withLock { $0.removeValue(forKey: region) }?.file.discard()
  }
}
