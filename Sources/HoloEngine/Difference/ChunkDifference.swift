import Glibc
import HoloModel

// Unsafe here: memcmp over runs that are within both buffers.

/// What differs in one chunk of a region.
struct ChunkDifference {
  var changedBlockCount: UInt64 = 0
  var changedByteCount: UInt64 = 0
  var values: ValueDifference?

  /// A chunk that only one of the two has.
  init(onlyOne byteCount: Int) {
    changedByteCount = UInt64(byteCount)
    changedBlockCount = UInt64((byteCount + ChunkGeometry.blockByteCount - 1) / ChunkGeometry.blockByteCount)
  }

  /// - Parameter type: of both, where it is one; the values are compared then.
  init(_ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer, type: ElementType?) {
    let size = ChunkGeometry.blockByteCount
    var hasCommonChange = false
    for start in stride(from: 0, to: max(old.count, new.count), by: size) {
      let common = max(0, min(start + size, old.count, new.count) - start)
      let whole = min(start + size, max(old.count, new.count)) - start
      var changed = UInt64(whole - common)
      if common > 0, memcmp(old.baseAddress! + start, new.baseAddress! + start, common) != 0 {
        hasCommonChange = true
        for offset in start..<(start + common) where old[offset] != new[offset] { changed += 1 }
      }
      changedByteCount += changed
      changedBlockCount += changed > 0 ? 1 : 0
    }
    if let type, hasCommonChange { values = ValueDifference(old, new, type: type) }
  }
}
