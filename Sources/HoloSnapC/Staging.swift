import CHoloSnap
import Glibc
import HoloEngine
import HoloSystem

// Unsafe here: memory of our own, filled within its bounds.

/// What no part of a state can be longer than: no address space has more.
enum PartLimit {
  static let byteCount: UInt64 = 1 << 47
}

/// Memory that a state is copied to while it is quiet: allocated and faulted in before. Kept from capture to capture; used by one
/// at a time.
final class Staging: @unchecked Sendable {
  fileprivate let engine: Engine
  private var buffer: PageBuffer?
  /// Bytes that the last capture took; at first what the application asks for.
  private var lastByteCount: Int

  init(_ engine: Engine, byteCount: Int) throws(Failure) {
    self.engine = engine
    lastByteCount = byteCount
    try reserve(byteCount)
  }

  deinit { if let buffer { engine.returnStaging(buffer.bytes.count) } }

  var byteCount: Int { buffer?.bytes.count ?? 0 }
  var memory: UnsafeMutableRawBufferPointer { buffer?.bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0) }

  /// Makes ready what the last staged capture took; before the first, what blobs are said to take.
  func makeReady(_ mode: QuietMoment.Mode, hint: UInt64) throws(Failure) {
    if mode == .staged, lastByteCount < byteCount / 2 { release() }
    if lastByteCount > 0, mode == .staged { return try reserve(lastByteCount) }
    // A hint that is wrong is no reason to fail.
    if byteCount == 0, hint > 0 { try? reserve(Int(clamping: min(hint, PartLimit.byteCount))) }
  }

  /// Notes what a staged capture took.
  func note(_ byteCount: Int) { lastByteCount = byteCount }

  /// Makes room for so many bytes, and a sixteenth more where there was not enough.
  func reserve(_ needed: Int) throws(Failure) {
    guard needed > byteCount else { return }
    // The old goes first: the two together may be more than there is.
    release()
    do { buffer = try engine.stagingBuffer(needed + needed / 16) } catch {
      buffer = try engine.stagingBuffer(needed)
    }
  }

  private func release() {
    engine.returnStaging(byteCount)
    buffer = nil
  }
}

/// What one quiet moment puts into staging, side by side. Where there is too little, it says how much it would take, or, at the last
/// attempt, allocates.
final class StagingSpace {
  /// Where parts begin: small ones side by side, large ones at a page, which devices can take as it is.
  private static let alignments = (small: 64, large: 4_096)
  private static let largeByteCount = 1 << 20

  private let staging: Staging
  private let allocates: Bool
  /// Bytes that all parts so far take, those that had no room too.
  private(set) var neededByteCount = 0
  /// Bytes that stand in it.
  private(set) var filledByteCount = 0
  /// Allocated while the state was quiet; kept until the capture ends.
  private(set) var extras: [PageBuffer] = []
  private var part: Part?

  /// The part that is being filled.
  private struct Part {
    /// In staging, where it has room there.
    var start: Int
    var memory: UnsafeMutableRawBufferPointer
    var count = 0
    /// There was no room for all of it.
    var isCut = false
  }

  /// - Parameter allocates: memory may be allocated for what has no room.
  init(_ staging: Staging, allocates: Bool) {
    self.staging = staging
    self.allocates = allocates
  }

  deinit { for buffer in extras { staging.engine.returnStaging(buffer.bytes.count) } }

  var isSufficient: Bool { neededByteCount <= staging.byteCount || allocates }

  /// Room for so many bytes; nil where there is none.
  func take(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawBufferPointer? {
    let start = start(byteCount < Self.largeByteCount ? Self.alignments.small : Self.alignments.large)
    try need(byteCount, from: start)
    guard neededByteCount > staging.byteCount else {
      return UnsafeMutableRawBufferPointer(rebasing: staging.memory[start..<(start + byteCount)])
    }
    return allocates ? try allocate(byteCount) : nil
  }

  func didFill(_ byteCount: Int) { filledByteCount += byteCount }

  /// Begins a part whose length shows as it comes.
  func beginPart() {
    let start = start(Self.alignments.small)
    part = Part(
      start: start, memory: UnsafeMutableRawBufferPointer(rebasing: staging.memory[min(start, staging.byteCount)...]))
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard var part else { return }
    defer { self.part = part }
    if part.count + bytes.count > part.memory.count, !part.isCut {
      if allocates {
        let larger = try allocate(max(part.count + bytes.count, 2 * part.count))
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: part.memory[..<part.count]))
        part.memory = larger
      } else {
        part.isCut = true
      }
    }
    if !part.isCut {
      UnsafeMutableRawBufferPointer(rebasing: part.memory[part.count...]).copyMemory(from: bytes)
    }
    part.count += bytes.count
  }

  /// The part's bytes; nil where they had no room.
  func endPart() throws(Failure) -> UnsafeRawBufferPointer? {
    guard let part else { return nil }
    self.part = nil
    try need(part.count, from: part.start)
    guard !part.isCut else { return nil }
    filledByteCount += part.count
    return UnsafeRawBufferPointer(rebasing: part.memory[..<part.count])
  }

  private func start(_ alignment: Int) -> Int { (neededByteCount + alignment - 1) / alignment * alignment }

  /// Parts of most lengths can add up to more than there are numbers.
  private func need(_ byteCount: Int, from start: Int) throws(Failure) {
    let (sum, overflow) = start.addingReportingOverflow(byteCount)
    guard !overflow, sum <= Int.max / 2 else { throw Failure(HOLOSNAP_NO_MEMORY, "the state has too many bytes") }
    neededByteCount = sum
  }

  private func allocate(_ byteCount: Int) throws(Failure) -> UnsafeMutableRawBufferPointer {
    let buffer = try staging.engine.stagingBuffer(byteCount)
    extras.append(buffer)
    return buffer.bytes
  }
}
