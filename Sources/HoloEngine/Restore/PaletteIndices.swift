import HoloModel

// Unsafe here: the bytes are a decoder's stream, read in place.

/// The indices of a palette, as they stand in the stream (HWP-Format.md, section 5).
enum PaletteIndices {
  /// Whether each of the first `words` indices is below `count`. Unused bits of the last byte are not looked at.
  static func areBelow(_ count: Int, _ bytes: UnsafeRawBufferPointer, words: Int) -> Bool {
    let bits = Coding.indexBits(count: count)
    // Every index that the bits can hold has a word.
    guard count < 1 << bits else { return true }
    let perByte = 8 / bits
    let mask = UInt8(truncatingIfNeeded: 1 << bits - 1)
    let indices = bytes.assumingMemoryBound(to: UInt8.self)
    let whole = words / perByte
    var largest: UInt8 = 0
    for place in 0..<perByte {
      let shift = UInt8(place * bits)
      let end = place < words % perByte ? whole + 1 : whole
      for index in 0..<end { largest = max(largest, indices[index] &>> shift & mask) }
    }
    return largest < count
  }
}
