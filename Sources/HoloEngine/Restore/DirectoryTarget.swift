import HoloFormat
import Synchronization

/// Restores regions as files below a directory: each is its header, its bytes and its tail.
package final class DirectoryTarget: RegionTarget {
  private struct OpenRegion {
    var file: TargetFile
    var headerByteCount: UInt64
  }

  private let target: RestoreTarget
  private let open = Mutex<[Int: OpenRegion]>([:])

  package init(_ target: RestoreTarget) { self.target = target }

  package func memory(of region: Int) -> UnsafeMutableRawBufferPointer? { nil }

  package func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError) {
    let header = UInt64(descriptor.header.count)
    let (end, overflow) = (header + UInt64(descriptor.tail.count)).addingReportingOverflow(descriptor.byteCount)
    guard !overflow, end <= UInt64(Int64.max) else {
      throw HoloError(.malformed, "the file would be larger than a file can be", place: .init(region: descriptor.name))
    }
    let file = try target.beginFile(
      named: descriptor.name, byteCount: end, permissions: descriptor.permissions, modified: descriptor.modified)
    try write(descriptor.header, to: file, at: 0)
    try write(descriptor.tail, to: file, at: header + descriptor.byteCount)
    open.withLock { $0[region] = OpenRegion(file: file, headerByteCount: header) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer, to region: Int, at offset: UInt64) throws(HoloError) {
    guard let region = open.withLock({ $0[region] }) else { return }
    try region.file.write(bytes, at: region.headerByteCount + offset)
  }

  package func complete(_ region: Int) throws(HoloError) {
    try open.withLock { $0.removeValue(forKey: region) }?.file.complete()
  }

  package func discard(_ region: Int) {
    open.withLock { $0.removeValue(forKey: region) }?.file.discard()
  }

  private func write(_ bytes: [UInt8], to file: TargetFile, at offset: UInt64) throws(HoloError) {
    guard !bytes.isEmpty else { return }
    try bytes.withUnsafeBufferPointer { (buffer) throws(HoloError) in
      try file.write(UnsafeRawBufferPointer(buffer), at: offset)
    }
  }
}
