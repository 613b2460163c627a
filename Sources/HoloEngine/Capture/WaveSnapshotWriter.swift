import HoloFormat
import HoloModel

/// A `.wave` container.
final class WaveSnapshotWriter: SnapshotWriter {
  private let writer: WaveWriter
  /// Place in the state, by the bytes of the name.
  private let ordinals: [[UInt8]: Int]

  init(
    _ sink: any PatchableSink, regions: [RegionSource], containerID: Digest128, createdNanoseconds: Int64
  ) throws(FormatError) {
    writer = try WaveWriter(
      sink: sink, containerID: containerID, createdNanoseconds: createdNanoseconds,
      sampleType: WaveWriter.sampleType(of: regions.lazy.map { (elementType: $0.elementType, byteCount: $0.byteCount) })
    )
    var ordinals: [[UInt8]: Int] = [:]
    for (ordinal, region) in regions.enumerated() { ordinals[Array(region.name.utf8)] = ordinal }
    self.ordinals = ordinals
  }

  var createdNanoseconds: Int64 { writer.createdNanoseconds }
  let storesFrames = false
  private(set) var changedByteCounts: [UInt64] = []

  func writingOrder(_ regions: [RegionSource]) -> [RegionSource] {
    func group(_ region: RegionSource) -> WavePartKind { writer.group(of: region.elementType, region.component) }
    return regions.enumerated().sorted { left, right in
      (group(left.element), left.offset) < (group(right.element), right.offset)
    }.map(\.element)
  }

  func begin(_ source: RegionSource) throws(FormatError) {
    try writer.beginRegion(
      name: source.name, component: source.component, elementType: source.elementType, ordinal: ordinal(source.name))
  }

  func restart(_ source: RegionSource) throws(FormatError) -> UInt64 {
    try writer.restartRegion(elementType: source.elementType)
    // What was written of it is written over.
    return 0
  }

  func append(_ index: Int, chainingValue: Digest256, raw: Digest256?, of batch: CaptureBatch) throws(FormatError) {
    try writer.append(chunk: chainingValue, bytes: batch.rawBytes(of: index))
  }

  func end(_ descriptor: RegionDescriptor) throws(FormatError) { try writer.endRegion(descriptor) }

  func finish(
    directories: [DirectoryEntry], root: FileAttributes?, summary: (ContainerTotals) -> Summary
  ) throws(FormatError) -> ContainerReceipt {
    try writer.finish(directories: directories, root: root, summary: summary)
  }

  func stateOrder(_ descriptors: [RegionDescriptor]) -> [RegionDescriptor] {
    descriptors.sorted { ordinal($0.name) < ordinal($1.name) }
  }

  private func ordinal(_ name: String) -> Int { ordinals[Array(name.utf8)] ?? 0 }
}
