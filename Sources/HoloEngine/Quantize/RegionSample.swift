import HoloCompute
import HoloFormat
import HoloModel
import HoloSystem

// Unsafe here: the sample is read into pages of its own, which live as long as it.

/// Chunks from all over a region, side by side in memory.
final class RegionSample {
  private let pages: PageBuffer
  private let region: RegionSource
  let byteCount: Int
  private let shape: [UInt64]

  /// - Parameter byteCount: at most; at least one chunk is taken.
  init(of region: RegionSource, byteCount limit: Int, syscalls: Syscalls) throws(HoloError) {
    self.region = region
    let chunk = ChunkGeometry.chunkByteCount
    let chunkCount = ChunkGeometry.chunkCount(regionByteCount: region.byteCount)
    let taken = min(chunkCount, UInt64(max(1, limit / chunk)))
    do {
      pages = try PageBuffer(byteCount: Int(taken) * chunk)
      let file = try region.open(syscalls)
      var filled = 0
      for index in 0..<taken {
        let source = index * chunkCount / taken
        let count = ChunkGeometry.chunkByteCount(at: source, regionByteCount: region.byteCount)
        let target = UnsafeMutableRawBufferPointer(rebasing: pages.bytes[filled..<(filled + count)])
        guard try file.read(into: target, at: Int64(region.elementsOffset + source * UInt64(chunk))) == count else {
          throw HoloError(.changed, "the file changes while it is read", place: .init(path: region.path))
        }
        filled += count
      }
      (byteCount, shape) = Self.cut(filled, region)
    } catch { throw HoloError(wrapping: error) }
  }

  /// Captures the sample to nowhere.
  func tried(
    _ mode: QuantizationMode?, options: CaptureOptions, backend: any ComputeBackend, syscalls: Syscalls,
    cancellation: Cancellation
  ) throws(HoloError) -> Advice.Trial {
    var source = RegionSource(
      name: region.name, component: region.component, elementType: region.elementType, shape: shape,
      memory: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(pages.bytes)[..<byteCount]))
    source.quantization = mode
    let report = try Capture(options: options, syscalls: syscalls).run(
      StateDescription(regions: [source], series: region.name), into: NullSink(), backend: backend,
      cancellation: cancellation)
    return Advice.Trial(
      mode: mode, storedByteCount: report.regions[0].storedByteCount,
      quantization: report.regions[0].descriptor.quantization)
  }

  /// As much as has whole planes, or rows, of the region's shape, and the shape that it has.
  private static func cut(_ byteCount: Int, _ region: RegionSource) -> (Int, [UInt64]) {
    let size = region.elementType.byteCount
    let elements = byteCount / size
    for inner in [Array(region.shape.dropFirst()), Array(region.shape.suffix(1))] where region.shape.count > 1 {
      let plane = inner.reduce(1) {
        Int(clamping: UInt64(clamping: $0).multipliedReportingOverflow(by: $1).partialValue)
      }
      if plane > 0, elements >= plane {
        return (elements / plane * plane * size, [UInt64(elements / plane)] + inner)
      }
    }
    return (elements * size, [])
  }
}

/// Counts bytes, and forgets them.
private final class NullSink: ByteSink {
  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {}
}
