import COpenCL
import Glibc
import HoloSystem

/// Memory that both the host and an OpenCL device see.
///
/// Between calls the host's bytes are the truth. `shared` memory is the host's own and merely changes hands: it is mapped
/// while the host has it. `staged` memory has a twin on the device; `stale` tells which of the twin's bytes are behind.
///
/// `@unchecked Sendable`: used by one thread at a time, as ``ComputeBuffer`` says.
final class OpenCLMemory: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer
  /// What kernels are given.
  let buffer: OpenCLBuffer
  private let mode: Mode
  /// Where the memory was made; it unmaps there at the end.
  private let queue: OpenCLQueue
  /// Keeps `bytes`; nil when they are the caller's or the driver's.
  private let pages: PageBuffer?
  /// shared: whether the host has it.
  private var isMapped = false
  /// staged: bytes of the device's twin that are older than the host's.
  private var stale: Range<Int>?

  private enum Mode {
    case shared
    /// `pinned`: the driver's memory behind `bytes`, if that is where they are.
    case staged(pinned: OpenCLBuffer?)
  }

  var context: OpenCLContext { queue.context }
  var isStaged: Bool { if case .staged = mode { true } else { false } }

  /// New memory, zeroed.
  init(queue: OpenCLQueue, byteCount: Int) throws(ComputeError) {
    try OpenCLBuffer.check(byteCount: byteCount, in: queue.context)
    // OpenCL knows no empty buffers.
    let size = max(byteCount, 1)
    if queue.context.memoryModel == .copies {
      buffer = try OpenCLBuffer(context: queue.context, byteCount: size, backing: .device)
      if let (pinned, address) = Self.pin(byteCount: size, queue: queue) {
        mode = .staged(pinned: pinned)
        pages = nil
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        memset(address, 0, byteCount)
      } else {
        let pages = try Self.makePages(byteCount: byteCount)
        mode = .staged(pinned: nil)
        self.pages = pages
        bytes = pages.bytes
      }
    } else {
      // Whole pages: integrated GPUs copy behind our back what is not.
      let page = PageBuffer.pageByteCount
      let pages = try Self.makePages(byteCount: (size + page - 1) / page * page)
      guard let base = pages.bytes.baseAddress else { throw .outOfMemory(byteCount: byteCount, reason: "no address") }
      buffer = try OpenCLBuffer(context: queue.context, byteCount: pages.bytes.count, backing: .host(base))
      mode = .shared
      self.pages = pages
      bytes = UnsafeMutableRawBufferPointer(start: base, count: byteCount)
    }
    self.queue = queue
    stale = byteCount == 0 ? nil : 0..<byteCount
    if !isStaged { try map(on: queue, blocking: true) }
  }

  /// The caller's memory, which is kept valid for as long as this object lives.
  init(queue: OpenCLQueue, wrapping bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) {
    self.bytes = bytes
    self.queue = queue
    pages = nil
    if let base = bytes.baseAddress, bytes.count > 0, Self.isShared(bytes, in: queue.context) {
      buffer = try OpenCLBuffer(context: queue.context, byteCount: bytes.count, backing: .host(base))
      mode = .shared
    } else {
      buffer = try OpenCLBuffer(context: queue.context, byteCount: max(bytes.count, 1), backing: .device)
      mode = .staged(pinned: nil)
    }
    stale = bytes.isEmpty ? nil : 0..<bytes.count
    if !isStaged { try map(on: queue, blocking: true) }
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    // The memory must not go while the device may still touch it. A failure here has no one to tell.
    if case .staged(let pinned?) = mode {
      try? queue.unmap(pinned, base)
    } else if isMapped {
      try? queue.unmap(buffer, base)
    }
    queue.drain()
  }

  /// The host has written to `range`.
  func didWrite(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    guard isStaged, !range.isEmpty else { return }
    stale = stale.map { min($0.lowerBound, range.lowerBound)..<max($0.upperBound, range.upperBound) } ?? range
  }

  /// Hands the memory to the device, which will read `extents` of it.
  func release(reading extents: @autoclosure () -> [Range<Int>], on queue: OpenCLQueue) throws(ComputeError) {
    guard isStaged else { return try unmap(on: queue) }
    guard let behind = stale, let needed = ByteExtents.hull(extents()), behind.overlaps(needed) else { return }
    let range = behind.clamped(to: needed)
    try upload(range, on: queue)
    if range == behind {
      stale = nil
    } else if range.lowerBound == behind.lowerBound {
      stale = range.upperBound..<behind.upperBound
    } else if range.upperBound == behind.upperBound {
      stale = behind.lowerBound..<range.lowerBound
    }
  }

  /// Hands the memory to the device, which will write `extents` of it, and only some bytes of them if `partly`.
  func release(
    writing extents: @autoclosure () -> [Range<Int>], partly: Bool, on queue: OpenCLQueue
  ) throws(ComputeError) {
    guard isStaged else { return try unmap(on: queue) }
    guard partly, let behind = stale else { return }
    for extent in ByteExtents.merged(extents()) where extent.overlaps(behind) {
      try upload(extent.clamped(to: behind), on: queue)
    }
  }

  /// Takes the memory back from the device once the queue has finished.
  func acquire(on queue: OpenCLQueue) throws(ComputeError) {
    if !isStaged { try map(on: queue, blocking: false) }
  }

  /// Takes the memory back from the device, which wrote `extents` of it, once the queue has finished.
  func acquire(written extents: @autoclosure () -> [Range<Int>], on queue: OpenCLQueue) throws(ComputeError) {
    guard isStaged else { return try map(on: queue, blocking: false) }
    for extent in ByteExtents.merged(extents()) {
      guard let host = bytes.baseAddress else { return }
      try queue.read(buffer, range: extent, into: host + extent.lowerBound)
    }
  }

  private func map(on queue: OpenCLQueue, blocking: Bool) throws(ComputeError) {
    guard !isMapped else { return }
    let mapped = try queue.map(buffer, blocking: blocking)
    isMapped = true
    // OpenCL 1.2, section 5.4.3: a buffer over the host's memory maps to that memory.
    guard mapped == bytes.baseAddress else { throw .callFailed(call: "clEnqueueMapBuffer", code: CL_MAP_FAILURE) }
  }

  private func unmap(on queue: OpenCLQueue) throws(ComputeError) {
    guard isMapped, let base = bytes.baseAddress else { return }
    try queue.unmap(buffer, base)
    isMapped = false
  }

  private func upload(_ range: Range<Int>, on queue: OpenCLQueue) throws(ComputeError) {
    guard let host = bytes.baseAddress else { return }
    try queue.write(buffer, range: range, from: host + range.lowerBound)
  }

  // MARK: Making memory

  /// What integrated GPUs ask of memory that they use in place, beside its alignment.
  private static let cacheLineByteCount = 64

  private static func isShared(_ bytes: UnsafeMutableRawBufferPointer, in context: OpenCLContext) -> Bool {
    switch context.memoryModel {
    case .host: true
    case .hostPages:
      UInt(bitPattern: bytes.baseAddress) % UInt(PageBuffer.pageByteCount) == 0 && bytes.count % cacheLineByteCount == 0
    case .copies: false
    }
  }

  private static func makePages(byteCount: Int) throws(ComputeError) -> PageBuffer {
    do {
      return try PageBuffer(byteCount: byteCount)
    } catch {
      throw .outOfMemory(byteCount: byteCount, reason: error.reason)
    }
  }

  /// Pinned memory for copies; nil where the driver has none at a page boundary, and common memory serves.
  private static func pin(
    byteCount: Int, queue: OpenCLQueue
  ) -> (buffer: OpenCLBuffer, address: UnsafeMutableRawPointer)? {
    guard let pinned = try? OpenCLBuffer(context: queue.context, byteCount: byteCount, backing: .pinned),
      let address = try? queue.map(pinned, blocking: true)
    else { return nil }
    if UInt(bitPattern: address) % UInt(PageBuffer.pageByteCount) == 0 { return (pinned, address) }
    try? queue.unmap(pinned, address)
    queue.drain()
    return nil
  }
}
