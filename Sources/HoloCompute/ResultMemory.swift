import HoloSystem

/// Memory for results that are too large to copy about in arrays: allocated once and reused. It grows by doubling and never shrinks.
struct ResultMemory<Element> {
  private var pages: PageBuffer?
  /// How many there were the last time.
  private(set) var count = 0

  /// Those of the last time, one after the other.
  var bytes: UnsafeRawBufferPointer {
    guard let pages else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: pages.bytes[..<(count * MemoryLayout<Element>.stride)])
  }

  /// Makes room for so many and gives the memory to fill.
  mutating func reset(count: Int) throws(ComputeError) -> UnsafeMutableBufferPointer<Element> {
    let needed = count * MemoryLayout<Element>.stride
    let present = pages?.bytes.count ?? 0
    if pages == nil || present < needed {
      let size = max(needed, 2 * present)
      do { pages = try PageBuffer(byteCount: size) } catch {
        throw .outOfMemory(byteCount: size, reason: error.reason)
      }
    }
    self.count = count
    guard let pages else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
    return UnsafeMutableBufferPointer(rebasing: pages.bytes.bindMemory(to: Element.self)[..<count])
  }
}
