import HoloFormat
import Synchronization

// Unsafe here: parts of a buffer that the caller keeps alive through the call.

/// A file of many regions that is being written. It appears when all of its regions are there.
final class AssembledFile: Sendable {
  private struct State {
    var file: TargetFile?
    /// Regions with bytes that are not complete; of a file without bytes, the host.
    var remaining: Int
    /// The first region that is damaged.
    var lost: Int?
  }

  private let layout: HostedFiles.File
  private let descriptor: RegionDescriptor
  /// By the member's index.
  private let offsets: [Int: UInt64]
  /// Of each gap, how many of the host's bytes stand before it.
  private let gapStarts: [UInt64]
  /// The regions of which the file is made: those without bytes add nothing to it.
  private let contributors: Set<Int>
  private let state: Mutex<State>

  /// - Parameter regions: of the job.
  init(_ layout: HostedFiles.File, of regions: [StoredRegion]) {
    self.layout = layout
    descriptor = regions[layout.host].descriptor
    var offsets: [Int: UInt64] = [:]
    for member in layout.members { offsets[member] = regions[member].descriptor.member?.offset }
    self.offsets = offsets
    var starts: [UInt64] = []
    var start: UInt64 = 0
    for gap in layout.gaps {
      starts.append(start)
      start += gap.byteCount
    }
    gapStarts = starts
    let filled = ([layout.host] + layout.members).filter { regions[$0].descriptor.byteCount > 0 }
    contributors = filled.isEmpty ? [layout.host] : Set(filled)
    state = Mutex(State(remaining: contributors.count))
  }

  /// Indexes in the job.
  var host: Int { layout.host }
  var regions: [Int] { [layout.host] + layout.members }

  /// The region for whose damage it will not appear.
  var lost: Int? { state.withLock { $0.lost } }

  /// One of its regions begins; the first one creates the file.
  func begin(_ region: Int, in target: RestoreTarget) throws(HoloError) {
    guard contributors.contains(region) else { return }
    try state.withLock { (state) throws(HoloError) in
      guard state.file == nil, state.lost == nil else { return }
      state.file = try target.beginFile(
        named: descriptor.name, byteCount: layout.byteCount, permissions: descriptor.permissions,
        modified: descriptor.modified)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, of region: Int, at offset: UInt64) throws(HoloError) {
    guard let file = state.withLock({ $0.file }) else { return }
    if let start = offsets[region] { return try file.write(bytes, at: start + offset) }
    var gap = self.gap(at: offset)
    var done = 0
    while done < bytes.count {
      let begin = offset + UInt64(done) - gapStarts[gap]
      let count = Int(min(UInt64(bytes.count - done), layout.gaps[gap].byteCount - begin))
      try file.write(
        UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)]), at: layout.gaps[gap].offset + begin)
      done += count
      gap += 1
    }
  }

  /// One of its regions is all there; with the last one, the file is.
  func complete(_ region: Int) throws(HoloError) {
    guard contributors.contains(region) else { return }
    let file = state.withLock { state -> TargetFile? in
      state.remaining -= 1
      guard state.remaining == 0, state.lost == nil else { return nil }
      return state.file.take()
    }
    try file?.complete()
  }

  /// One of its regions is damaged: nothing of the file stays.
  func discard(_ region: Int) {
    let file = state.withLock { state -> TargetFile? in
      state.lost = state.lost ?? region
      return state.file.take()
    }
    file?.discard()
  }

  /// The gap that holds the host's byte at an offset. O(log gaps).
  private func gap(at offset: UInt64) -> Int {
    var (low, high) = (0, gapStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if gapStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }
}
