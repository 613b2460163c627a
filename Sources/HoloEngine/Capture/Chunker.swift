import HoloFormat
import HoloModel
import HoloSystem

/// Cuts the regions of a state into chunks and fills batches with them, in order. Files are read once, from front to
/// back, and looked at again when they end; one that changed meanwhile is read again once. A file of many regions is
/// held open while its regions come one after the other, and never read again: all of them are of one version.
///
/// Used by one thread at a time: the pipeline's workers take turns.
final class Chunker: BatchSource {
  private let regions: [RegionSource]
  private let base: CaptureBase?
  private let syscalls: Syscalls
  private let allowChanging: Bool
  private let batchByteCount: Int
  private let cancellation: Cancellation

  private var next = 0
  private var open: OpenRegion?
  private var held: HeldFile?
  /// Files of many regions, by their hosts' names: those of which a region was begun, those that are left out, and those
  /// whose change was told.
  private var begunHosts: Set<[UInt8]> = []
  private var vanishedHosts: Set<[UInt8]> = []
  private var changedHosts: Set<[UInt8]> = []
  private(set) var notices: [String] = []

  /// A region that is being read.
  private struct OpenRegion {
    var source: RegionSource
    var file: OpenFile?
    var header: [UInt8] = []
    var chunk: UInt64 = 0
    var isSecondReading = false
    /// Of the bytes that are cut by their content, those that are cut.
    var cutByteCount = 0
    /// Fewer bytes than planned: the file was cut short while it was read.
    var isCut = false
    /// Of a file of many regions, whose lengths stay as planned: what is missing is zeros.
    var reader: ExtentReader?
    var isShort = false

    var offset: UInt64 {
      source.chunking == .grid ? chunk * UInt64(ChunkGeometry.chunkByteCount) : UInt64(cutByteCount)
    }
  }

  /// The file of many regions that is being read.
  private struct HeldFile {
    var host: String
    var file: OpenFile
  }

  init(
    regions: [RegionSource], base: CaptureBase? = nil, syscalls: Syscalls, allowChanging: Bool, batchByteCount: Int,
    cancellation: Cancellation = Cancellation()
  ) {
    self.cancellation = cancellation
    self.regions = regions
    self.base = base
    self.syscalls = syscalls
    self.allowChanging = allowChanging
    self.batchByteCount = batchByteCount
  }

  /// Fills the batch; false when nothing is left.
  func fill(_ batch: CaptureBatch) throws(HoloError) -> Bool {
    batch.reset()
    while batch.events.count < 4 * batch.chunkLimit {
      if open == nil {
        guard next < regions.count else { break }
        guard try begin(regions[next], batch) else { continue }
      }
      guard try advance(batch) else { break }
    }
    return !batch.events.isEmpty
  }

  /// Opens a region; false where it vanished and may be left out.
  private func begin(_ source: RegionSource, _ batch: CaptureBatch) throws(HoloError) -> Bool {
    next += 1
    let host = source.host.map { Array($0.utf8) }
    if let host, vanishedHosts.contains(host) { return false }
    do {
      open = try opened(source)
      if let host { begunHosts.insert(host) }
    } catch {
      // A file of which there is a part already is not left out.
      guard error.code == .changed, allowChanging, host.map(begunHosts.contains) != true else { throw error }
      if let host { vanishedHosts.insert(host) }
      notices.append("\(source.host ?? source.name) vanished and was left out")
      return false
    }
    batch.events.append(.begin(source))
    return true
  }

  private func opened(_ source: RegionSource) throws(HoloError) -> OpenRegion {
    var source = source
    source.baseRegion = base?.region(like: source)
    guard case .file = source.origin else { return OpenRegion(source: source) }
    var region = OpenRegion(source: source)
    if let host = source.host, let extents = source.extents {
      if !isHeld(source) {
        do { held = HeldFile(host: host, file: try source.open(syscalls)) } catch {
          throw HoloError(reading: error, region: source.name)
        }
      }
      region.file = held?.file
      region.reader = ExtentReader(extents)
      return region
    }
    do {
      let file = try source.open(syscalls)
      region.file = file
      region.header = try bytes(of: file, count: source.headerByteCount, at: 0)
    } catch {
      throw HoloError(reading: error, region: source.name)
    }
    region.isCut = region.header.count < source.headerByteCount
    return region
  }

  /// Whether it is of the file of many regions that is held.
  private func isHeld(_ source: RegionSource) -> Bool {
    guard let held, let host = source.host else { return false }
    return held.host.utf8.elementsEqual(host.utf8)
  }

  /// Puts the next chunk, or the end, of the open region into the batch; false when the batch is full.
  private func advance(_ batch: CaptureBatch) throws(HoloError) -> Bool {
    guard var region = open else { return true }
    defer { if open != nil { open = region } }
    guard !region.isCut, region.offset < region.source.byteCount else {
      try end(&region, batch)
      return true
    }
    if region.source.chunking == .content { return try advanceByContent(&region, batch) }
    let count = ChunkGeometry.chunkByteCount(at: region.chunk, regionByteCount: region.source.byteCount)
    if let (old, root) = base?.unreadChunk(region.chunk, of: region.source, byteCount: count) {
      guard batch.appendUnread(index: region.chunk, of: region.source, old, root: root) else { return false }
      region.chunk += 1
      return true
    }
    switch region.source.origin {
    case .memory(let memory):
      // Blocks are picked out of chunks in a buffer of our own.
      if base == nil, region.source.byteCount >= UInt64(ChunkGeometry.chunkByteCount) {
        return appendDirect(&region, memory, batch)
      }
      guard let target = batch.reserve(count) else { return false }
      target.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: memory[Int(region.offset)..<(Int(region.offset) + count)]))
      batch.append(index: region.chunk, byteCount: count, of: region.source)
    case .file:
      guard let target = batch.reserve(count), let file = region.file else { return false }
      let read: Int
      if region.reader != nil {
        do { region.isShort = try region.reader?.read(into: target, from: file) == false || region.isShort } catch {
          throw HoloError(reading: error, region: region.source.name)
        }
        batch.append(index: region.chunk, byteCount: count, of: region.source)
        break
      }
      do {
        read = try file.read(into: target, at: Int64(region.source.headerByteCount) + Int64(region.offset))
      } catch { throw HoloError(reading: error, region: region.source.name) }
      region.isCut = read < count
      // Of a file that was cut short, whole elements are kept; what is left of it goes with the tail.
      let kept = read - read % region.source.elementType.byteCount
      if region.isCut { region.source.byteCount = region.offset + UInt64(kept) }
      guard kept > 0 else { return true }
      batch.append(index: region.chunk, byteCount: kept, of: region.source)
    }
    region.chunk += 1
    return true
  }

  /// The next chunk of a region that is cut by its content.
  private func advanceByContent(_ region: inout OpenRegion, _ batch: CaptureBatch) throws(HoloError) -> Bool {
    guard case .memory(let memory) = region.source.origin else {
      throw HoloError(.internal, "a file is not cut by its content", place: .init(region: region.source.name))
    }
    let rest = UnsafeRawBufferPointer(rebasing: memory[region.cutByteCount...])
    let count = ContentCut.firstByteCount(of: rest)
    guard let target = batch.reserve(count) else { return false }
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
    batch.append(index: region.chunk, byteCount: count, of: region.source)
    region.chunk += 1
    region.cutByteCount += count
    return true
  }

  /// As many chunks of a region in memory as make a batch of their own.
  private func appendDirect(_ region: inout OpenRegion, _ memory: UnsafeRawBufferPointer, _ batch: CaptureBatch) -> Bool
  {
    guard batch.chunks.isEmpty else { return false }
    let start = Int(region.offset)
    let end = min(start + batchByteCount, memory.count)
    batch.setDirect(UnsafeRawBufferPointer(rebasing: memory[start..<end]))
    var offset = start
    while offset < end {
      let count = min(ChunkGeometry.chunkByteCount, end - offset)
      batch.appendDirect(
        index: region.chunk, offset: offset - start, byteCount: count, of: region.source)
      region.chunk += 1
      offset += count
    }
    return true
  }

  /// All bytes of the region are read: take the tail, and see whether the file is still what it was.
  private func end(_ region: inout OpenRegion, _ batch: CaptureBatch) throws(HoloError) {
    if region.reader != nil { return try endMember(region, batch) }
    let source = region.source
    var tail: [UInt8] = []
    var hasChanged = region.isCut
    if let file = region.file {
      do {
        let start = Int64(source.headerByteCount) + Int64(source.byteCount)
        tail = try bytes(of: file, count: source.tailByteCount, at: start)
        hasChanged = try source.hasChanged(file) || hasChanged || tail.count < source.tailByteCount
        try file.close()
      } catch { throw HoloError(reading: error, region: source.name) }
    }
    if hasChanged && !region.isSecondReading {
      region = try opened(try replanned(source))
      region.isSecondReading = true
      batch.events.append(.restart(region.source))
      return
    }
    if hasChanged && !allowChanging {
      throw changing(source)
    }
    if hasChanged { notices.append("\(source.name) changed while it was read") }
    let cut = region.isCut
    if cut { tail = try remainder(of: region) }
    batch.events.append(
      .end(
        CaptureBatch.RegionEnding(
          source: source, byteCount: source.byteCount, shape: cut ? [] : source.shape, header: region.header,
          tail: tail,
          changedWhileRead: hasChanged)))
    open = nil
  }

  /// The same for the host or a member of a file of many regions.
  private func endMember(_ region: OpenRegion, _ batch: CaptureBatch) throws(HoloError) {
    let source = region.source
    var hasChanged = region.isShort
    do {
      if let file = region.file { hasChanged = try source.hasChanged(file) || hasChanged }
      if next == regions.count || !isHeld(regions[next]) {
        held = nil
        try region.file?.close()
      }
    } catch { throw HoloError(reading: error, region: source.name) }
    if hasChanged {
      guard allowChanging else { throw changing(source) }
      if let host = source.host, changedHosts.insert(Array(host.utf8)).inserted {
        notices.append("\(host) changed while it was read")
      }
    }
    batch.events.append(
      .end(
        CaptureBatch.RegionEnding(
          source: source, byteCount: source.byteCount, shape: source.shape, header: [], tail: [],
          changedWhileRead: hasChanged)))
    open = nil
  }

  private func changing(_ source: RegionSource) -> HoloError {
    HoloError(
      .changed, "the file changes while it is read", place: .init(path: source.path, region: source.name),
      remedy: "try again when nothing writes to it, or allow it with --allow-changing")
  }

  /// The file as it is now.
  private func replanned(_ source: RegionSource) throws(HoloError) -> RegionSource {
    let planned: RegionSource
    do { planned = try source.replanned(syscalls) } catch { throw HoloError(reading: error, region: source.name) }
    return try RangePass.prepared(
      [planned], base: base, syscalls: syscalls, workers: 1, cancellation: cancellation)[0]
  }

  /// What is left of a file that was cut short, past the whole elements that were kept: less than one element.
  private func remainder(of region: OpenRegion) throws(HoloError) -> [UInt8] {
    guard let file = try? region.source.open(syscalls), region.header.count == region.source.headerByteCount else {
      return []
    }
    do {
      let start = Int64(region.source.headerByteCount) + Int64(region.source.byteCount)
      return try bytes(of: file, count: region.source.elementType.byteCount - 1, at: start)
    } catch { throw HoloError(reading: error, region: region.source.name) }
  }

  private func bytes(of file: OpenFile, count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
      try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
    return Array(bytes.prefix(read))
  }
}
