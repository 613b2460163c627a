import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

extension Snapshots {
  /// Writes one region of c128 as a legacy file. A region that came from such a file gives it back to the byte.
  func writeLegacy(
    _ container: StoredContainer, region name: String?, to file: OpenFile, options: CaptureOptions,
    backend: any ComputeBackend, cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> ConvertReport {
    let region = try Self.legacyRegion(of: container, named: name)
    let descriptor = region.descriptor
    let isLegacy = descriptor.header.starts(with: LegacyHeader.magic)
    let header: [UInt8]
    if isLegacy {
      header = descriptor.header
    } else {
      do {
        header = try LegacyHeader(
          dimension: descriptor.byteCount / UInt64(descriptor.elementType.byteCount),
          unixTime: Double(container.createdNanoseconds) / 1e9,
          metadata: Array(#"{"type":"current","backend":"holosnap"}"#.utf8)
        ).bytes
      } catch { throw HoloError(error) }
    }
    let tail = isLegacy ? descriptor.tail : []
    let (end, overflow) = UInt64(header.count + tail.count).addingReportingOverflow(descriptor.byteCount)
    guard !overflow, end <= UInt64(Int64.max) else {
      throw HoloError(.malformed, "the region is larger than a file can be", place: .init(region: descriptor.name))
    }

    var restoring = RestoreOptions()
    restoring.memoryLimit = options.memoryLimit
    restoring.workers = options.workers
    let outcome = try Restore(options: restoring).run(
      [region], of: container, into: OpenFileTarget(file, order: .anywhere(from: UInt64(header.count))),
      stopsAtDamage: true, backend: backend, cancellation: cancellation, progress: progress)
    do {
      for (bytes, offset) in [(header, 0), (tail, UInt64(header.count) + descriptor.byteCount)] where !bytes.isEmpty {
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
          try file.write(UnsafeRawBufferPointer(buffer), at: Int64(offset))
        }
      }
    } catch { throw HoloError(writing: error, region: descriptor.name) }
    return ConvertReport(
      inputPath: container.path, path: "", format: .legacy, regionCount: 1, rawByteCount: descriptor.byteCount,
      storedByteCount: end,
      snapshotID: nil, stateRoot: nil, seconds: 0, backend: outcome.backend, notices: [])
  }

  private static func legacyRegion(of container: StoredContainer, named name: String?) throws(HoloError) -> StoredRegion
  {
    if let name {
      let region = try region(named: name, of: container)
      guard region.descriptor.elementType == .c128 else {
        throw HoloError(
          .usage, "a legacy file holds c128, not \(region.descriptor.elementType.name)",
          place: .init(path: container.path, region: name))
      }
      return region
    }
    let candidates = container.regions.filter { $0.descriptor.elementType == .c128 }
    guard candidates.count == 1 else {
      throw HoloError(
        .usage, "a legacy file holds one region of c128, and the snapshot has \(candidates.count)",
        place: .init(path: container.path),
        remedy: candidates.isEmpty
          ? nil : "name one with --region: \(candidates[0].descriptor.name.shortened) or another")
    }
    return candidates[0]
  }
}
