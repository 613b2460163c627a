import CWaveKernels
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
  private var hashes = RegionHashes()
  /// Of a region that is cut by its content, whose chunks' hashes do not give its own.
  private var stream: BLAKE3Stream?
  /// Of a region for which an error is allowed: of what was read.
  private var rawHashes = RegionHashes()
  private var tally = QuantizationTally()

  init(writer: any SnapshotWriter) { self.writer = writer }

  func apply(_ event: CaptureBatch.Event, of batch: CaptureBatch) throws(HoloError) {
    do {
      switch event {
      case .begin(let source):
        begin(source)
        try writer.begin(source)
      case .restart(let source):
        begin(source)
        let unusedByteCount = try writer.restart(source)
        if unusedByteCount > 0 {
          notices.append(
            "\(source.name) changed while it was read and was read again: of the first reading"
              + " \(Int(clamping: unusedByteCount).counted("byte")) stay stored without use")
        }
      case .chunk(let index):
        let chunk = batch.chunks[index]
        let value = chunk.value(chunk.digest)
        if chunk.chunking == .grid { hashes.append(chunk.digest) } else { stream?.append(batch.rawBytes(of: index)) }
        var raw: Digest256?
        if let recorded = chunk.recordedRawValue {
          raw = recorded
        } else if chunk.quantizer != nil {
          raw = chunk.rawDigest.chainingValue
          rawHashes.append(chunk.rawDigest)
          tally.add(chunk.tally)
        }
        try writer.append(index, chainingValue: value, raw: raw, of: batch)
      case .end(let ending):
        var descriptor = RegionDescriptor(ending, root: stream?.value ?? hashes.root)
        if let recorded = ending.source.recordedQuantization {
          descriptor.quantization = recorded
        } else if let quantizer = ending.source.quantizer {
          descriptor.quantization = tally.summary(quantizer, rawRoot: rawHashes.root)
          if tally.exactCount == tally.wordCount, tally.wordCount > 0 {
            notices.append(
              "\(descriptor.name) is stored exactly: "
                + (quantizer.quantization == nil
                  ? "\(quantizer.mode.text) is below what its numbers resolve, or they have no range"
                  : "none of its numbers can be brought back otherwise within \(quantizer.mode.text)"))
          }
        }
        try writer.end(descriptor)
        descriptors.append(descriptor)
      }
    } catch { throw HoloError(error) }
  }

  private func begin(_ source: RegionSource) {
    stream = source.chunking == .content ? BLAKE3Stream() : nil
    hashes = RegionHashes()
    rawHashes = RegionHashes()
    tally = QuantizationTally()
  }
}

/// Hashes a region together from its chunks, as they come.
private struct RegionHashes {
  private var tree = RegionTree()
  private var chunkCount = 0
  private var singleRoot = BLAKE3.hash([])

  mutating func append(_ digest: wave_digest) {
    // A region of one chunk has a root that its chaining value cannot give.
    if chunkCount == 0 { singleRoot = digest.rootValue }
    tree.append(digest.chainingValue)
    chunkCount += 1
  }

  var root: Digest256 { chunkCount > 1 ? tree.root() ?? singleRoot : singleRoot }
}

extension RegionDescriptor {
  fileprivate init(_ ending: CaptureBatch.RegionEnding, root: Digest256) {
    self.init(
      name: ending.source.name, component: ending.source.component, elementType: ending.source.elementType,
      shape: ending.shape, byteCount: ending.byteCount, root: root, chunking: ending.source.chunking,
      header: ending.header, tail: ending.tail,
      permissions: ending.source.permissions, modified: ending.source.modified,
      changedWhileRead: ending.changedWhileRead, member: ending.source.member,
      fileByteCount: ending.source.fileByteCount, blobVersion: ending.source.blobVersion)
  }
}
