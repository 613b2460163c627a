import Glibc
import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

extension Snapshots {
  /// Writes a snapshot, or a legacy file, anew in another format. What it says of itself (series, reason, host, priority, time)
  /// and its state root stay the same. At the first damage nothing is written.
  ///
  /// - Parameters:
  ///   - region: which one goes into a legacy file; nil: the only one of c128.
  ///   - options: transform, level, backend, memory limit.
  package func convert(
    _ input: SnapshotReference, to output: String, as format: ConversionFormat, region: String? = nil,
    options: CaptureOptions, cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> ConvertReport {
    try PipelinePlan.check(memoryLimit: options.memoryLimit)
    let start = Clock.now()
    if let container = format.container, try isLegacy(input.text) {
      let report = try create(
        states: [input.text], destination: .file(path: output), format: container, options: options,
        cancellation: cancellation, progress: progress)
      return ConvertReport(report, inputPath: input.text, path: output, format: format, start: start)
    }
    let resolved = try resolve(input)
    let container = try opened(resolved, store: input.store, cancellation: cancellation)
    let backend = try options.makeBackend(stateByteCount: container.totals.byteCount)
    let containerID = Digest128.random()
    let pending: PendingContainer
    do {
      pending = try SnapshotStore.begin(outputPath: output, containerID: containerID, syscalls: syscalls)
    } catch { throw HoloError(error) }
    return try publish(pending, of: resolved, start: start, cancellation: cancellation) { () throws(HoloError) in
      var report: ConvertReport
      if let target = format.container {
        report = ConvertReport(
          try rewrite(
            container, as: target, to: FileSink(pending.file), containerID: containerID, options: options,
            backend: backend, cancellation: cancellation, progress: progress),
          inputPath: resolved.path, path: output, format: format, start: start)
      } else {
        report = try writeLegacy(
          container, region: region, to: pending.file, options: options, backend: backend, cancellation: cancellation,
          progress: progress)
      }
      let boundCount = container.regions.count { $0.descriptor.quantization != nil }
      if format != .hwp, boundCount > 0 {
        report.notices.append(
          "\(boundCount.counted("region")) of the snapshot \(boundCount == 1 ? "was" : "were") stored within a bound, which a"
            + " .wave file does not record: it holds the numbers that a restore returns")
      }
      return report
    }
  }

  /// Writes a file anew, and publishes it: it is there whole, or not at all.
  func publish(
    _ pending: PendingContainer, of input: ResolvedSnapshot, start: UInt64, cancellation: Cancellation,
    write: () throws(HoloError) -> ConvertReport
  ) throws(HoloError) -> ConvertReport {
    do {
      var report = try write()
      try cancellation.check()
      report.path = try pending.publish()
      report.seconds = Clock.seconds(since: start)
      report.notices = input.notices + report.notices
      return report
    } catch {
      pending.abandon()
      throw HoloError(wrapping: error)
    }
  }

  /// Whether a path is that of a legacy file, whatever its suffix. Throws for one that is malformed.
  private func isLegacy(_ path: String) throws(HoloError) -> Bool {
    let source: FileSource
    do {
      let file = try syscalls.open(path, O_RDONLY | O_NONBLOCK)
      guard try file.status().kind == .file else { return false }
      source = try FileSource(file)
    } catch {
      // No path: the name of a snapshot in a store.
      if error.code == ENOENT || error.code == ENOTDIR { return false }
      throw HoloError(error)
    }
    do { _ = try LegacyHeader(source, path: path) } catch {
      guard error.kind == .notAContainer else { throw HoloError(error) }
      return false
    }
    return true
  }

  func rewrite(
    _ container: StoredContainer, as format: ContainerFormat, to sink: FileSink, containerID: Digest128,
    options: CaptureOptions, backend: any ComputeBackend, cancellation: Cancellation, progress: ProgressHandler?
  ) throws(HoloError) -> CaptureReport {
    guard let identity = container.identity else {
      throw HoloError(.internal, "an opened container has no identity", place: .init(path: container.path))
    }
    var regions: [StoredBatches.Region] = []
    for stored in container.regions {
      var source = RegionSource(stored: stored.descriptor)
      // What a program wrote is cut by its content wherever that is possible.
      if format == .wave { source.chunking = .grid } else if source.blobVersion != nil { source.chunking = .content }
      // Numbers of codes give the same codes again; a `.wave` has none.
      if format == .hwp, let quantizer = stored.quantizer {
        source.quantizer = quantizer
        source.quantization = quantizer.mode
        source.recordedQuantization = stored.descriptor.quantization
      }
      regions.append(StoredBatches.Region(stored: stored, source: source))
    }
    let quantizes = regions.contains { $0.source.quantizer != nil }
    let writer = try format.makeWriter(
      to: sink, regions: regions.map(\.source), containerID: containerID,
      createdNanoseconds: identity.createdNanoseconds)
    let total = container.totals.byteCount
    // Of the memory, a worker's decoder has a part for every three that its batches have.
    var capturing = options
    capturing.memoryLimit = max(PipelinePlan.leastMemoryLimit(quantizes: quantizes), options.memoryLimit / 4 * 3)
    let workspace = try CaptureWorkspace(
      options: capturing, backend: backend, stateByteCount: total, storesFrames: writer.storesFrames,
      quantizes: quantizes)
    var decoders: [ChunkDecoder] = []
    for _ in workspace.encoders {
      do {
        decoders.append(
          try ChunkDecoder(session: try backend.makeSession(), byteCount: workspace.plan.batchByteCount))
      } catch { throw HoloError(wrapping: error) }
    }
    var places: [[UInt8]: Int] = [:]
    for (place, region) in regions.enumerated() { places[Array(region.source.name.utf8)] = place }
    let ordered = writer.writingOrder(regions.map(\.source)).compactMap { source in
      places[Array(source.name.utf8)].map { regions[$0] }
    }
    let report = try Capture(options: options, syscalls: syscalls).write(
      StoredBatches(
        ordered, of: container, decoders: decoders, byteCount: workspace.plan.batchByteCount, backend: backend),
      totalByteCount: total, directories: container.directories, root: container.root,
      provenance: Provenance(identity.summary), into: writer,
      start: Clock.now(),
      backend: backend, workspace: workspace, cancellation: cancellation, progress: progress)
    for (made, stored) in zip(report.regions, container.regions)
    where stored.descriptor.chunking == .content && made.descriptor.root != stored.descriptor.root {
      throw HoloError(
        .damaged, "the region's chunks do not give its checksum",
        place: .init(path: container.path, region: stored.descriptor.name))
    }
    guard report.totals.stateRoot == container.totals.stateRoot else {
      throw HoloError(.internal, "the converted state has another root", place: .init(path: container.path))
    }
    return report
  }
}

extension ConversionFormat {
  /// Nil for what is no container.
  fileprivate var container: ContainerFormat? {
    switch self {
    case .hwp: .hwp
    case .wave: .wave
    case .legacy: nil
    }
  }
}

extension RegionSource {
  /// A region whose bytes come out of a container.
  fileprivate init(stored region: RegionDescriptor) {
    self.init(
      name: region.name, component: region.component, elementType: region.elementType, shape: region.shape,
      memory: UnsafeRawBufferPointer(start: nil, count: 0))
    byteCount = region.byteCount
    permissions = region.permissions
    modified = region.modified
    member = region.member
    fileByteCount = region.fileByteCount
    chunking = region.chunking
    blobVersion = region.blobVersion
  }
}
