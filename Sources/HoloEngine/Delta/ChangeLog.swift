import HoloModel
import Synchronization

/// Keeps what was written to since the last snapshot, over captures that fail.
///
/// What is recorded is relative to the snapshot that was last captured. A capture takes it; if that fails, it joins what was recorded meanwhile, and the
/// next capture takes both. Any thread.
package final class ChangeLog: ChangeTracker {
  /// Names that look alike are other regions where their bytes differ.
  private typealias Name = [UInt8]

  private struct State {
    /// The snapshot that `recorded` is relative to; nil before the first.
    var base: Digest256?
    /// By region, while no capture has taken it.
    var recorded: [Name: ByteRanges] = [:]
    /// By the capture that is under way; nil where there is none.
    var taken: [Name: ByteRanges]?
    /// Regions of which all that was written since `base` is known.
    var known: Set<Name> = []
    /// Those that were watched at the moment at which the capture under way took.
    var watchedAtTaking: Set<Name> = []
    var watched: Set<Name> = []
  }

  private let state = Mutex(State())

  package init() {}

  /// From here on every write to the region is recorded. Of what was written before, the next capture finds out itself.
  package func watch(_ region: String) {
    state.withLock { _ = $0.watched.insert(Array(region.utf8)) }
  }

  /// Writes to the region may be missed from here on.
  package func unwatch(_ region: String) {
    let region = Array(region.utf8)
    state.withLock { state in
      state.watched.remove(region)
      state.known.remove(region)
      state.watchedAtTaking.remove(region)
    }
  }

  package func record(_ range: Range<UInt64>, of region: String) {
    state.withLock { $0.recorded[Array(region.utf8), default: ByteRanges()].insert(range) }
  }

  /// A capture takes what was recorded, while nothing writes. One at a time.
  package func beginCapture() {
    state.withLock { state in
      precondition(state.taken == nil, "a capture is under way")
      state.taken = state.recorded
      state.recorded = [:]
      state.watchedAtTaking = state.watched
    }
  }

  /// It has succeeded: the next one is relative to its snapshot.
  package func endCapture(as snapshot: Digest256) {
    state.withLock { state in
      state.taken = nil
      state.base = snapshot
      state.known = state.watchedAtTaking
      // Of regions that came meanwhile nothing is known before they are captured.
      state.recorded = state.recorded.filter { state.watched.contains($0.key) }
    }
  }

  /// It has failed: what it took is still to be captured.
  package func abandonCapture() {
    state.withLock { state in
      for (region, ranges) in state.taken ?? [:] { state.recorded[region, default: ByteRanges()].formUnion(ranges) }
      state.taken = nil
    }
  }

  package func changes(of region: String, since base: Digest256) -> ByteRanges? {
    let region = Array(region.utf8)
    return state.withLock { state in
      guard let taken = state.taken, state.base == base, state.known.contains(region) else { return nil }
      return taken[region] ?? ByteRanges()
    }
  }
}
