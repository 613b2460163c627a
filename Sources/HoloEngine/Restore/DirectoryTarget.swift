import HoloFormat
import Synchronization

/// Restores regions as files below a directory: each is its header, its bytes and its tail; a host and its members are one
/// file, and a member without its host is a file of its own.
package final class DirectoryTarget: RegionTarget {
  private struct OpenRegion {
    var file: TargetFile
    var headerByteCount: UInt64
  }

  private let target: RestoreTarget
  private let open = Mutex<[Int: OpenRegion]>([:])

  /// By the indexes of their regions.
  private let assembled: [Int: AssembledFile]

  /// - Parameters:
  ///   - regions: of the job.
  ///   - files: those of its regions that go together.
  init(_ target: RestoreTarget, regions: [StoredRegion], files: HostedFiles) {
    self.target = target
    var assembled: [Int: AssembledFile] = [:]
    for layout in files.files.values {
      let file = AssembledFile(layout, of: regions)
      for region in file.regions { assembled[region] = file }
    }
    self.assembled = assembled
  }

  /// Files that did not appear for the damage of one of their regions, in their hosts' order.
  var lostFiles: [AssembledFile] {
    assembled.filter { $0.key == $0.value.host && $0.value.lost != nil }.sorted { $0.key < $1.key }.map(\.value)
  }

  package func memory(of region: Int) -> UnsafeMutableRawBufferPointer? { nil }

  package func begin(_ region: Int, _ descriptor: RegionDescriptor) throws(HoloError) {
    if let file = assembled[region] { return try file.begin(region, in: target) }
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
    if let file = assembled[region] { return try file.write(bytes, of: region, at: offset) }
    guard let region = open.withLock({ $0[region] }) else { return }
    try region.file.write(bytes, at: region.headerByteCount + offset)
  }

  package func complete(_ region: Int) throws(HoloError) {
    if let file = assembled[region] { return try file.complete(region) }
    try open.withLock { $0.removeValue(forKey: region) }?.file.complete()
  }

  package func discard(_ region: Int) {
    if let file = assembled[region] { return file.discard(region) }
    open.withLock { $0.removeValue(forKey: region) }?.file.discard()
  }

  private func write(_ bytes: [UInt8], to file: TargetFile, at offset: UInt64) throws(HoloError) {
    guard !bytes.isEmpty else { return }
    try bytes.withUnsafeBufferPointer { (buffer) throws(HoloError) in
      try file.write(UnsafeRawBufferPointer(buffer), at: offset)
    }
  }
}
