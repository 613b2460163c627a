import Glibc
import HoloModel
import HoloSystem

// Unsafe here: a region in memory is looked at where it lies; files are read into a buffer of each worker.

/// Makes the modes of regions ready. Where a bound depends on the range of a region's numbers, all of it is read once for
/// that, by several threads.
final class RangePass: Sendable {
  /// A part of a region.
  private struct Piece {
    var job: Int
    var offset: UInt64
    var byteCount: Int
  }

  private struct State {
    var job = 0
    var offset: UInt64 = 0
    var ranges: [ClosedRange<Double>?]
    var failure: HoloError?
  }

  /// Whole elements of any type; so much memory has each worker.
  private static let pieceByteCount = 1 << 20

  private let regions: [RegionSource]
  private let syscalls: Syscalls
  private let cancellation: Cancellation
  private let monitor: Monitor<State>

  private init(_ regions: [RegionSource], syscalls: Syscalls, cancellation: Cancellation) {
    self.regions = regions
    self.syscalls = syscalls
    self.cancellation = cancellation
    monitor = Monitor(State(ranges: Array(repeating: nil, count: regions.count)))
  }

  /// The regions, each for which an error is allowed with its quantizer.
  ///
  /// - Parameter base: whose grids are kept, where they keep the bounds.
  static func prepared(
    _ regions: [RegionSource], base: CaptureBase?, syscalls: Syscalls, workers: Int, cancellation: Cancellation
  ) throws(HoloError) -> [RegionSource] {
    var prepared = regions
    let ranged = regions.indices.filter {
      regions[$0].quantizer == nil && regions[$0].quantization?.needsRange == true
    }
    let ranges =
      ranged.isEmpty
      ? []
      : try RangePass(ranged.map { regions[$0] }, syscalls: syscalls, cancellation: cancellation).run(workers: workers)
    let known = Dictionary(uniqueKeysWithValues: zip(ranged, ranges))
    // Those of a container have theirs.
    for index in prepared.indices where prepared[index].quantizer == nil {
      guard let mode = prepared[index].quantization else { continue }
      let first = mode.needsFirst ? try firstModulus(of: prepared[index], syscalls: syscalls) : 0
      prepared[index].quantizer = RegionQuantizer(
        mode, type: prepared[index].elementType, range: known[index] ?? nil, first: first,
        used: base?.quantizer(like: prepared[index]))
    }
    return prepared
  }

  /// |z| of the first element; 0 where there is none.
  private static func firstModulus(of region: RegionSource, syscalls: Syscalls) throws(HoloError) -> Double {
    let size = region.elementType.byteCount
    guard region.byteCount >= UInt64(size) else { return 0 }
    if case .memory(let memory) = region.origin {
      return Quantization.amplitude(ofFirst: memory, type: region.elementType)
    }
    do {
      let bytes = try region.open(syscalls).bytes(at: Int64(region.elementsOffset), count: size)
      return bytes.withUnsafeBytes { Quantization.amplitude(ofFirst: $0, type: region.elementType) }
    } catch { throw HoloError(reading: error, region: region.name) }
  }

  private func run(workers: Int) throws(HoloError) -> [ClosedRange<Double>?] {
    let byteCount = regions.reduce(0) { $0 + $1.byteCount }
    let pieceCount = byteCount / UInt64(Self.pieceByteCount) + 1
    WorkerGroup().run(
      Int(min(UInt64(workers), pieceCount)), failed: { error in fail(HoloError(error)) }, work: { [self] _ in work() })
    let (failure, ranges) = monitor.change { ($0.failure, $0.ranges) }
    if let failure { throw failure }
    return ranges
  }

  private func fail(_ error: HoloError) { monitor.change { $0.failure = $0.failure ?? error } }

  private func work() {
    do {
      let buffer: PageBuffer
      do { buffer = try PageBuffer(byteCount: Self.pieceByteCount) } catch { throw HoloError(error) }
      var file: (job: Int, file: OpenFile)?
      while let piece = monitor.change({ next(&$0) }) {
        try cancellation.check()
        let region = regions[piece.job]
        let bytes: UnsafeRawBufferPointer
        switch region.origin {
        case .memory(let memory):
          let start = Int(piece.offset)
          bytes = UnsafeRawBufferPointer(rebasing: memory[start..<(start + piece.byteCount)])
        case .file:
          if file?.job != piece.job {
            file = nil
            file = try opened(region).map { (piece.job, $0) }
          }
          guard let open = file?.file else { continue }
          let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<piece.byteCount])
          bytes = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(target)[..<(try read(piece, of: region, open, into: target))])
        }
        let range = Quantization.range(of: bytes, type: region.elementType, clip: region.quantization?.clip)
        monitor.change { $0.ranges[piece.job] = $0.ranges[piece.job].joined(with: range) }
      }
    } catch { fail(HoloError(wrapping: error)) }
  }

  private func next(_ state: inout State) -> Piece? {
    guard state.failure == nil else { return nil }
    while state.job < regions.count, state.offset >= regions[state.job].byteCount {
      state.job += 1
      state.offset = 0
    }
    guard state.job < regions.count else { return nil }
    let count = Int(min(UInt64(Self.pieceByteCount), regions[state.job].byteCount - state.offset))
    let piece = Piece(job: state.job, offset: state.offset, byteCount: count)
    state.offset += UInt64(count)
    return piece
  }

  /// Nil where the file is gone: who reads it for the capture says so.
  private func opened(_ region: RegionSource) throws(HoloError) -> OpenFile? {
    do { return try region.open(syscalls) } catch {
      if error.code == ENOENT { return nil }
      throw HoloError(reading: error, region: region.name)
    }
  }

  /// Returns how many bytes there were, whole elements. A file that was cut short has changed, and is looked at again.
  private func read(
    _ piece: Piece, of region: RegionSource, _ file: OpenFile, into target: UnsafeMutableRawBufferPointer
  ) throws(HoloError) -> Int {
    do {
      let count = try file.read(into: target, at: Int64(region.elementsOffset + piece.offset))
      return count - count % region.elementType.byteCount
    } catch { throw HoloError(reading: error, region: region.name) }
  }
}

extension ClosedRange<Double>? {
  /// The range of two sets of numbers; nil of none.
  func joined(with other: Self) -> Self {
    guard let self, let other else { return self ?? other }
    return min(self.lowerBound, other.lowerBound)...max(self.upperBound, other.upperBound)
  }
}
