import CHoloSnap
import CWaveKernels
import HoloEngine
import HoloFormat

// Unsafe here: memory of the application, within what it has described, while it is quiet.

/// The time in which nothing writes to the state: it is made quiet, described, copied, and let go on, all on the calling thread.
struct QuietMoment {
  enum Mode: UInt32, Sendable {
    case staged = 0
    case inPlace = 1

    var name: String { self == .staged ? "staged" : "in_place" }
  }

  /// What was found.
  struct Result {
    /// In memory that stays as it is: of our own, or of the application's while it is quiet.
    var regions: [RegionSource]
    /// Holds what had no room in staging; kept until the capture ends.
    var space: StagingSpace
    var facts: Facts
  }

  /// What is told of it.
  struct Facts {
    var copiedByteCount = 0
    var hasAllocated = false
    var notices: [String] = []
  }

  /// The state is let go on and made quiet again where staging is too small, but not more often.
  private static let mostAttempts = 3
  /// Bytes that are copied between two looks at the clock.
  private static let copyByteCount = 4 << 20

  let state: ProgramState
  let mode: Mode
  let watch: PauseWatch

  /// - Parameter hold: what is done before the state is let go on.
  func run(hold: ([RegionSource]) throws(Failure) -> Void = { (_) throws(Failure) in }) throws(Failure) -> Result {
    var notices: [String] = []
    let (hooks, staging) = (state.description.hooks, state.staging)
    for attempt in 1...Self.mostAttempts {
      let space = StagingSpace(staging, allocates: attempt == Self.mostAttempts)
      var regions: [RegionSource]?
      try hooks.quiesce()
      watch.begin()
      do {
        defer {
          watch.end()
          if let notice = hooks.resume() { notices.append(notice) }
        }
        // As it is described now: who held what quiesce waited for may have removed a part.
        regions = try gathered(state.description.parts, in: space)
        if let regions { try hold(regions) }
      }
      if let regions {
        if mode == .staged { staging.note(space.neededByteCount) }
        let facts = Facts(
          copiedByteCount: space.filledByteCount, hasAllocated: !space.extras.isEmpty, notices: notices)
        return Result(regions: regions, space: space, facts: facts)
      }
      try staging.reserve(space.neededByteCount)
    }
    throw Failure(HOLOSNAP_INTERNAL, "a quiet moment that allocates has no room")
  }

  /// The regions, in order; nil where staging is too small.
  private func gathered(
    _ parts: [ProgramState.Part], in space: StagingSpace
  ) throws(Failure) -> [RegionSource]? {
    var sources: [RegionSource?] = []
    var targets: [(index: Int, memory: UnsafeMutableRawBufferPointer)] = []
    for part in parts {
      guard case .region(let region) = part else {
        sources.append(nil)
        continue
      }
      try watch.check()
      let source = try region.described()
      if mode == .staged, let memory = try space.take(Int(source.byteCount)) { targets.append((sources.count, memory)) }
      sources.append(source)
    }
    for (index, part) in parts.enumerated() {
      guard case .blob(let blob) = part else { continue }
      try watch.check()
      space.beginPart()
      try blob.write(to: BlobSink(space, of: blob.name, watch: watch))
      let bytes = try space.endPart()
      sources[index] = bytes.map {
        RegionSource(blob: blob.name, component: blob.component, version: blob.version, memory: $0)
      }
    }
    guard space.isSufficient else { return nil }
    for (index, memory) in targets {
      guard let source = sources[index], case .memory(let bytes) = source.origin else { continue }
      try copy(bytes, to: memory)
      space.didFill(bytes.count)
      sources[index]?.origin = .memory(UnsafeRawBufferPointer(memory))
    }
    return sources.compactMap(\.self)
  }

  private func copy(_ bytes: UnsafeRawBufferPointer, to memory: UnsafeMutableRawBufferPointer) throws(Failure) {
    var done = 0
    while done < bytes.count {
      try watch.check()
      let count = min(Self.copyByteCount, bytes.count - done)
      wave_host_copy(
        memory.baseAddress!.assumingMemoryBound(to: UInt8.self) + done,
        bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + done, count)
      done += count
    }
  }
}
