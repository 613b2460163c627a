import HoloFormat
import HoloModel
import HoloSystem

/// Replays a batch's events into a container, and hashes each region together from its chunks. Used by one thread at a
/// time.
final class RegionRecorder {
  private let writer: any SnapshotWriter
  private(set) var descriptors: [RegionDescriptor] = []
  /// What the user should know, a sentence each.
  private(set) var notices: [String] = []
  private var tree = RegionTree()
  private var chunkCount = 0
  private var singleRoot = BLAKE3.hash([])

  init(writer: any SnapshotWriter) { self.writer = writer }

  func apply(_ event: CaptureBatch.Event, of batch: CaptureBatch) throws(HoloError) {
    do {
      switch event {
      case .begin(let source):
        beginTree()
        try writer.begin(source)
      case .restart(let source):
        beginTree()
        let unusedByteCount = try writer.restart(source)
        if unusedByteCount > 0 {
          notices.append(
            "\(source.name) changed while it was read and was read again: of the first reading"
              + " \(Int(clamping: unusedByteCount).counted("byte")) stay stored without use")
        }
      case .chunk(let index):
        let digest = batch.chunks[index].digest
        let value = withUnsafeBytes(of: digest.cv) { Digest256($0) }
        if batch.chunks[index].index == 0 { singleRoot = withUnsafeBytes(of: digest.root) { Digest256($0) } }
        tree.append(value)
        chunkCount += 1
        try writer.append(index, chainingValue: value, of: batch)
      case .end(let ending):
        let root = chunkCount > 1 ? tree.root() ?? singleRoot : singleRoot
        let descriptor = RegionDescriptor(ending, root: root)
        try writer.end(descriptor)
        descriptors.append(descriptor)
      }
    } catch { throw HoloError(error) }
  }

  private func beginTree() {
    tree = RegionTree()
    chunkCount = 0
    singleRoot = BLAKE3.hash([])
  }
}

extension RegionDescriptor {
  fileprivate init(_ ending: CaptureBatch.RegionEnding, root: Digest256) {
    self.init(
      name: ending.source.name, component: ending.source.component, elementType: ending.source.elementType,
      shape: ending.shape, byteCount: ending.byteCount, root: root, header: ending.header, tail: ending.tail,
      permissions: ending.source.permissions, modified: ending.source.modified,
      changedWhileRead: ending.changedWhileRead, member: ending.source.member,
      fileByteCount: ending.source.fileByteCount)
  }
}
