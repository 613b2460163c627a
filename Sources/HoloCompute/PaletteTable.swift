import CWaveKernels

/// The results of a survey: a `wave_palette` is 4 KiB.
///
/// The table's bytes can serve as the dictionaries of the tasks that follow: ``bytes`` with ``dictionaryOffset(of:)``.
///
/// Threads: one at a time, like the session that fills it.
package final class PaletteTable {
  private var memory = ResultMemory<wave_palette>()
  /// How many palettes the last survey gave.
  package var count: Int { memory.count }

  package init() {}

  /// Every palette of the last survey, one `wave_palette` after the other. Valid until the next survey into this table.
  package var bytes: UnsafeRawBufferPointer { memory.bytes }

  /// How many distinct words survey `index` found, or its limit + 1 when there are more.
  package func distinctCount(of index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return Int(UInt32(littleEndian: bytes.load(fromByteOffset: index * Self.stride, as: UInt32.self)))
  }

  /// Where the dictionary of survey `index` starts in ``bytes``.
  package func dictionaryOffset(of index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return index * Self.stride + Self.dictionaryOffset
  }

  /// The dictionary of survey `index`, all 4,096 bytes of it; those past `distinctCount * width` are unspecified.
  package func dictionary(of index: Int) -> UnsafeRawBufferPointer {
    let start = dictionaryOffset(of: index)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Self.dictionaryByteCount)])
  }

  static let stride = MemoryLayout<wave_palette>.stride
  private static let dictionaryByteCount = 4096
  private static let dictionaryOffset = stride - dictionaryByteCount

  /// Makes room for `count` palettes and gives the memory to fill.
  func reset(count: Int) throws(ComputeError) -> UnsafeMutableBufferPointer<wave_palette> {
    try memory.reset(count: count)
  }
}
