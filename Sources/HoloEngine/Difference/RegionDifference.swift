import HoloCompute
import HoloFormat
import HoloModel

/// What differs between two snapshots in the regions of one name.
package struct RegionDifference: Sendable {
  package enum Kind: String, Sendable { case equal, changed, added, removed }

  package var kind: Kind
  /// In the first snapshot; nil where it was added.
  package var old: RegionDescriptor?
  /// In the second; nil where it was removed.
  package var new: RegionDescriptor?
  /// Blocks of 4 KiB that the longer of the two has.
  package var blockCount: UInt64
  package var changedBlockCount: UInt64
  /// Bytes that differ; what one of the two has more of the other counts in full.
  package var changedByteCount: UInt64
  /// Some of it could not be read: the counts are of the rest.
  package var isIncomplete = false
  /// Of the elements that both have; nil unless both are of one floating-point type and their bytes differ.
  package var values: ValueDifference?
  /// What differs beside the bytes: `type`, `shape`, `component`, `header`, `tail`, `member`
  /// (its place in a file of many regions), `file` (the length of that file), `blob` (the version that a program gave it), `mode`, `time`,
  /// `quantization` (the error that was allowed).
  package var attributes: [String]

  package var name: String { (new ?? old)?.name ?? "" }
}

/// What two snapshots differ in.
package struct SnapshotDifference: Sendable {
  /// Of both snapshots; a region of either stands at its place in the second, the removed ones at the end.
  package var regions: [RegionDifference]
  package var paths: (old: String, new: String)
  package var snapshotIDs: (old: String, new: String)
  /// Both states are the same: their state roots are equal.
  package var isSameState: Bool
  /// Chunks that could not be compared, since one of the two is damaged.
  package var problems: [Problem]
  package var seconds: Double
  package var backend: BackendSummary
}

extension RegionDifference {
  /// Before any byte is compared.
  init(old: RegionDescriptor?, new: RegionDescriptor?) {
    self.old = old
    self.new = new
    let lengths = [old?.byteCount ?? 0, new?.byteCount ?? 0]
    blockCount = (lengths.max() ?? 0).blockCount
    changedBlockCount = 0
    changedByteCount = 0
    attributes = []
    switch (old, new) {
    case (let old?, let new?):
      kind = .equal
      attributes = Self.attributes(old, new)
    case (nil, _): kind = .added
    case (_, nil): kind = .removed
    }
    if kind != .equal {
      changedBlockCount = blockCount
      changedByteCount = lengths.max() ?? 0
    }
    if !attributes.isEmpty { kind = .changed }
  }

  private static func attributes(_ old: RegionDescriptor, _ new: RegionDescriptor) -> [String] {
    var names: [String] = []
    if old.elementType != new.elementType { names.append("type") }
    if old.shape != new.shape { names.append("shape") }
    if old.component != new.component { names.append("component") }
    if old.header != new.header { names.append("header") }
    if old.tail != new.tail { names.append("tail") }
    if old.member != new.member { names.append("member") }
    if old.fileByteCount != new.fileByteCount { names.append("file") }
    if old.blobVersion != new.blobVersion { names.append("blob") }
    if old.permissions != new.permissions { names.append("mode") }
    if old.modified != new.modified { names.append("time") }
    if old.quantization?.mode != new.quantization?.mode { names.append("quantization") }
    return names
  }

  /// Adds what was found in all of a region whose pieces may have moved.
  mutating func add(changedByteCount count: UInt64) {
    kind = .changed
    changedByteCount = count
    changedBlockCount = min(blockCount, count.blockCount)
  }

  /// Adds what was found in a chunk.
  mutating func add(_ chunk: ChunkDifference) {
    guard chunk.changedByteCount > 0 else { return }
    kind = .changed
    changedBlockCount += chunk.changedBlockCount
    changedByteCount += chunk.changedByteCount
    if let found = chunk.values { values = values.map { $0.merged(with: found) } ?? found }
  }
}

extension UInt64 {
  /// Blocks of 4 KiB that so many bytes take.
  fileprivate var blockCount: UInt64 {
    let size = UInt64(ChunkGeometry.blockByteCount)
    return self / size + (self % size == 0 ? 0 : 1)
  }
}
