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

  /// Writes the state as one HWP container into a sink. Publication is the caller's.
  ///
  /// - Parameters:
  ///   - tracker: what knows what has been written to in regions in memory since `base` was taken.
  ///   - workspace: buffers of an earlier capture with these options, to be used again.
  package func run(
    _ state: StateDescription, into sink: any ByteSink, containerID: Digest128 = .random(),
    createdNanoseconds: Int64 = Clock.nanosecondsSinceEpoch(), base: CaptureBase? = nil,
    tracker: (any ChangeTracker)? = nil, backend: (any ComputeBackend)? = nil,
    workspace: CaptureWorkspace? = nil, cancellation: Cancellation = Cancellation(),
    progress: ProgressHandler? = nil
  ) throws(HoloError) -> CaptureReport {
    let start = Clock.now()
    let writer: HWPSnapshotWriter
    do {
      writer = try HWPSnapshotWriter(
        sink, regions: state.regions, base: base, containerID: containerID, createdNanoseconds: createdNanoseconds)
    } catch { throw HoloError(error) }
    return try run(
      state, into: writer, base: base, tracker: tracker, start: start, backend: backend, workspace: workspace,
      cancellation: cancellation, progress: progress)
  }

  /// Writes the state as one container of a format into a sink. Publication is the caller's.
  package func run(
    _ state: StateDescription, as format: ContainerFormat, into sink: any PatchableSink,
    containerID: Digest128 = .random(), createdNanoseconds: Int64 = Clock.nanosecondsSinceEpoch(),
    base: CaptureBase? = nil, tracker: (any ChangeTracker)? = nil, backend: (any ComputeBackend)? = nil,
    workspace: CaptureWorkspace? = nil, cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> CaptureReport {
    let start = Clock.now()
    let writer = try format.makeWriter(
      to: sink, regions: state.regions, base: base, containerID: containerID, createdNanoseconds: createdNanoseconds)
    return try run(
      state, into: writer, base: base, tracker: tracker, start: start, backend: backend, workspace: workspace,
      cancellation: cancellation, progress: progress)
  }

  /// Writes the state's regions into a container.
  private func run(
    _ state: StateDescription, into writer: any SnapshotWriter, base: CaptureBase?,
    tracker: (any ChangeTracker)? = nil, start: UInt64, backend: (any ComputeBackend)?, workspace: CaptureWorkspace?,
    cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> CaptureReport {
    let total = state.regions.reduce(UInt64(0)) { $0 + $1.byteCount }
    let backend = if let backend { backend } else { try options.makeBackend(stateByteCount: total) }
    let workspace =
      if let workspace { workspace } else {
        try CaptureWorkspace(
          options: options, backend: backend, stateByteCount: total, storesFrames: writer.storesFrames,
          quantizes: state.regions.contains { $0.quantization != nil }, hasBase: base != nil)
      }
    workspace.compare(with: base)
    // What the base holds is not kept with the buffers.
    defer { workspace.compare(with: nil) }
    var regions = try RangePass.prepared(
      writer.writingOrder(state.regions), base: base, syscalls: syscalls, workers: workspace.plan.workers,
      cancellation: cancellation)
    // A `.wave` has chunks on the grid alone.
    if !writer.storesFrames { for index in regions.indices { regions[index].chunking = .grid } }
    if let base, let tracker {
      for index in regions.indices {
        if case .file = regions[index].origin { continue }
        regions[index].changes = tracker.changes(of: regions[index].name, since: base.snapshotID)
      }
    }
    let chunker = Chunker(
      regions: regions, base: base, syscalls: syscalls, allowChanging: options.allowChanging,
      batchByteCount: workspace.plan.batchByteCount, cancellation: cancellation)
    var report = try write(
      chunker, totalByteCount: total, directories: state.directories, root: state.root,
      provenance: Provenance(state, options, base: base),
      into: writer, start: start, backend: backend, workspace: workspace, cancellation: cancellation,
      progress: progress)
    report.notices = state.notices + report.notices + chunker.notices
    return report
  }

  /// Writes the chunks that a source has into a container.
  ///
  /// Workers of our own read, encode and write; they have ended when this returns or throws.
  func write(
    _ batches: any BatchSource, totalByteCount total: UInt64, directories: [DirectoryEntry], root: FileAttributes?,
    provenance: Provenance,
    into writer: any SnapshotWriter, start: UInt64, backend: any ComputeBackend, workspace: CaptureWorkspace,
    cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> CaptureReport {
    let regions = RegionRecorder(writer: writer)
    let pipeline = CapturePipeline(
      source: batches, encoders: workspace.encoders, batches: workspace.batches, cancellation: cancellation
    ) { (batch) throws(HoloError) in
      for event in batch.events { try regions.apply(event, of: batch) }
      return batch.chunks.reduce(0) { $0 + UInt64($1.byteCount) }
    }
    try pipeline.run(
      progress: progress.map { report in
        { report(Progress(doneByteCount: $0, totalByteCount: total, seconds: Clock.seconds(since: start))) }
      })
    let receipt: ContainerReceipt
    do {
      receipt = try writer.finish(directories: directories, root: root) { totals in
        Summary(
          creator: HoloSnapVersion.creator, createdNanoseconds: writer.createdNanoseconds, type: provenance.type,
          series: provenance.series, reason: provenance.reason, host: provenance.host, priority: provenance.priority,
          parent: provenance.parent, changedBytes: provenance.parent == nil ? 0 : writer.changedByteCounts.reduce(0, +),
          totals: totals,
          seconds: Clock.seconds(since: start), backend: backend.summary.kind.rawValue, device: backend.summary.device,
          pause: provenance.pause?())
      }
    } catch { throw HoloError(error) }
    // Of a .wave, whose regions come in another order, all is stored.
    let changed =
      writer.storesFrames ? writer.changedByteCounts : writer.stateOrder(regions.descriptors).map(\.byteCount)
    return CaptureReport(
      snapshotID: receipt.snapshotID.hexadecimal, path: nil, summary: receipt.summary, totals: receipt.totals,
      storedByteCount: receipt.byteCount, seconds: Clock.seconds(since: start), backend: backend.summary,
      ancestorIDs: receipt.ancestorIDs,
      regions: zip(writer.stateOrder(regions.descriptors), zip(receipt.regionStoredByteCounts, changed)).map {
        CaptureReport.Region(descriptor: $0, storedByteCount: $1.0, changedByteCount: $1.1)
      },
      notices: regions.notices)
  }
}
