import HoloModel

// Unsafe here: items are copied between buffers at places that are below the number of items, which both have.

/// What stands behind the codes of a chunk in its stream: a bit for each item, then the items that are kept as they are
/// (HWP-Format.md, section 5).
struct ExceptionItems {
  private let flags: UnsafeRawBufferPointer
  private let items: UnsafeRawBufferPointer
  private let itemByteCount: Int

  /// - Parameter bytes: all of them; none where nothing is kept. Nil where the bits name another number of items than there are.
  init?(_ bytes: UnsafeRawBufferPointer, coding: Coding, chunkByteCount: Int) {
    itemByteCount = coding.exceptionItemByteCount
    let itemCount = chunkByteCount / itemByteCount
    let flagByteCount = bytes.isEmpty ? 0 : coding.exceptionFlagByteCount(chunkByteCount: chunkByteCount)
    guard bytes.count >= flagByteCount else { return nil }
    flags = UnsafeRawBufferPointer(rebasing: bytes[..<flagByteCount])
    items = UnsafeRawBufferPointer(rebasing: bytes[flagByteCount...])
    let count = flags.reduce(0) { $0 + $1.nonzeroBitCount }
    guard count * itemByteCount == items.count else { return nil }
    // Bits past the last item are zero.
    if let last = flags.last, itemCount % 8 != 0, last >> UInt8(itemCount % 8) != 0 { return nil }
  }

  var isEmpty: Bool { items.isEmpty }

  /// Puts the items in their places.
  func copy(into chunk: UnsafeMutableRawBufferPointer) {
    var next = 0
    for (index, byte) in flags.enumerated() {
      var bits = byte
      while bits != 0 {
        let place = (8 * index + bits.trailingZeroBitCount) * itemByteCount
        bits &= bits - 1
        UnsafeMutableRawBufferPointer(rebasing: chunk[place..<(place + itemByteCount)]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: items[next..<(next + itemByteCount)]))
        next += itemByteCount
      }
    }
  }
}
