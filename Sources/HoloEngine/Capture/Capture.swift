import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// Turns a state into a container: source → chunks → backend → LZ4 frames → container, in one forward pass.
package struct Capture {
  private let options: CaptureOptions
  private let syscalls: Syscalls

  package init(options: CaptureOptions, syscalls: Syscalls = Syscalls()) {
    self.options = options
    self.syscalls = syscalls
  }

  /// Writes the state as one container into a sink. Publication is the caller's.
  ///
  /// - Parameter workspace: buffers of an earlier capture with these options, to be used again.
  ///
  /// Workers of our own read, encode and write; they have ended when this returns or throws.
  package func run(
    _ state: StateDescription, into sink: any ByteSink, containerID: Digest128 = .random(),
    createdNanoseconds: Int64 = Clock.nanosecondsSinceEpoch(), backend: (any ComputeBackend)? = nil,
    workspace: CaptureWorkspace? = nil, cancellation: Cancellation = Cancellation(),
    progress: ProgressHandler? = nil
  ) throws(HoloError) -> CaptureReport {
    let start = Clock.now()
    let total = state.regions.reduce(UInt64(0)) { $0 + $1.byteCount }
    let backend = if let backend { backend } else { try options.makeBackend(stateByteCount: total) }
    let workspace =
      if let workspace { workspace } else {
        try CaptureWorkspace(options: options, backend: backend, stateByteCount: total)
      }
    let chunker = Chunker(
      regions: state.regions, syscalls: syscalls, allowChanging: options.allowChanging,
      batchByteCount: workspace.plan.batchByteCount)

    do {
      let writer = try ContainerWriter(
        sink: sink, containerID: containerID, createdNanoseconds: createdNanoseconds)
      let regions = RegionRecorder(writer: writer)
      let pipeline = CapturePipeline(
        chunker: chunker, encoders: workspace.encoders, batches: workspace.batches, cancellation: cancellation
      ) { (batch) throws(HoloError) in
        for event in batch.events { try regions.apply(event, of: batch) }
        return batch.chunks.reduce(0) { $0 + UInt64($1.byteCount) }
      }
      try pipeline.run(
        progress: progress.map { report in
          { report(Progress(doneByteCount: $0, totalByteCount: total, seconds: Clock.seconds(since: start))) }
        })
      let receipt = try writer.finish(directories: state.directories) { totals in
        Summary(
          creator: HoloSnapVersion.creator, createdNanoseconds: writer.createdNanoseconds, type: "full",
          series: options.series ?? state.series,
          reason: options.reason.rawValue, host: Clock.hostName(), priority: options.priority, parent: nil,
          totals: totals,
          seconds: Clock.seconds(since: start), backend: backend.summary.kind.rawValue, device: backend.summary.device)
      }
      return CaptureReport(
        snapshotID: receipt.snapshotID.hexadecimal, path: nil, summary: receipt.summary, totals: receipt.totals,
        storedByteCount: receipt.byteCount, seconds: Clock.seconds(since: start), backend: backend.summary,
        regions: zip(regions.descriptors, receipt.regionStoredByteCounts).map {
          CaptureReport.Region(descriptor: $0, storedByteCount: $1)
        },
        notices: state.notices + chunker.notices)
    } catch let error as HoloError {
      throw error
    } catch { throw HoloError(wrapping: error) }
  }
}

/// Replays a batch's events into the container.
private final class RegionRecorder {
  /// Payload after which a region's end ends the segment too: 150 bytes of index more, and of a file that is cut off
  /// no more than this is lost, and the region that was being written.
  private static let segmentByteCount: UInt64 = 1 << 20

  let writer: ContainerWriter
  private var indexedByteCount: UInt64 = 0
  var descriptors: [RegionDescriptor] = []
  private var tree = RegionTree()
  private var chunkCount = 0
  private var singleRoot = BLAKE3.hash([])

  init(writer: ContainerWriter) { self.writer = writer }

  func apply(_ event: CaptureBatch.Event, of batch: CaptureBatch) throws(HoloError) {
    do {
      switch event {
      case .begin(let source):
        beginTree()
        try writer.beginRegion(name: source.name, elementType: source.elementType)
      case .restart(let source):
        beginTree()
        try writer.restartRegion(elementType: source.elementType)
      case .chunk(let index): try append(batch.chunks[index], frames: batch.frames)
      case .end(let ending):
        let root = chunkCount > 1 ? tree.root() ?? singleRoot : singleRoot
        let descriptor = RegionDescriptor(ending, root: root)
        try writer.endRegion(descriptor)
        descriptors.append(descriptor)
        if writer.payloadByteCount - indexedByteCount >= Self.segmentByteCount {
          try writer.endSegment()
          indexedByteCount = writer.payloadByteCount
        }
      }
    } catch { throw HoloError(wrapping: error) }
  }

  private func beginTree() {
    tree = RegionTree()
    chunkCount = 0
    singleRoot = BLAKE3.hash([])
  }

  private func append(_ chunk: CaptureBatch.Chunk, frames: PageBuffer) throws {
    let digest = chunk.digest
    let value = withUnsafeBytes(of: digest.cv) { Digest256($0) }
    if chunk.index == 0 { singleRoot = withUnsafeBytes(of: digest.root) { Digest256($0) } }
    tree.append(value)
    chunkCount += 1
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(frames.bytes)[chunk.frame])
    try writer.append(
      chunk: value, coding: chunk.coding, frame: chunk.frame.isEmpty ? nil : (bytes, chunk.frameHash))
  }
}

extension RegionDescriptor {
  fileprivate init(_ ending: CaptureBatch.RegionEnding, root: Digest256) {
    self.init(
      name: ending.source.name, component: ending.source.component, elementType: ending.source.elementType,
      shape: ending.shape, byteCount: ending.byteCount, root: root, header: ending.header, tail: ending.tail,
      permissions: ending.source.permissions, modified: ending.source.modified,
      changedWhileRead: ending.changedWhileRead)
  }
}
