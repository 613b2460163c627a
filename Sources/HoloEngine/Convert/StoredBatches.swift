import HoloCompute
import HoloFormat
import HoloModel

/// The chunks of another container, brought back and proved.
final class StoredBatches: BatchSource {
  /// A region, and what it is to the container that is written.
  struct Region {
    var stored: StoredRegion
    var source: RegionSource
  }

  private let regions: [Region]
  private let container: StoredContainer
  private let decoder: ChunkDecoder
  private var region = 0
  private var chunk: UInt64 = 0
  private var isBegun = false

  /// - Parameter regions: in the order in which they are written.
  init(_ regions: [Region], of container: StoredContainer, decoder: ChunkDecoder) {
    self.regions = regions
    self.container = container
    self.decoder = decoder
  }

  func fill(_ batch: CaptureBatch) throws(HoloError) -> Bool {
    batch.reset()
    while region < regions.count, batch.events.count < 4 * batch.chunkLimit {
      let (stored, source) = (regions[region].stored, regions[region].source)
      if !isBegun {
        batch.events.append(.begin(source))
        isBegun = true
      }
      if chunk < stored.descriptor.chunkCount {
        guard try append(stored.plan(chunk: chunk, region: region), source, to: batch) else { break }
        chunk += 1
      } else {
        batch.events.append(.end(Self.ending(stored.descriptor, source)))
        region += 1
        chunk = 0
        isBegun = false
      }
    }
    return !batch.events.isEmpty
  }

  /// False where the batch is full.
  private func append(
    _ plan: ChunkPlan, _ source: RegionSource, to batch: CaptureBatch
  ) throws(HoloError) -> Bool {
    guard let target = batch.reserve(plan.byteCount) else { return false }
    let outcomes = try decoder.decode([plan], .init(source: container.source, checksFrames: false))
    switch outcomes[0] {
    case .damaged(let reason):
      throw HoloError(Problem(plan, of: regions[region].stored, path: container.path, reason: reason))
    case .sound(let offset):
      target.copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(decoder.output.bytes)[offset..<(offset + plan.byteCount)]))
    }
    batch.append(index: plan.index, byteCount: plan.byteCount, elementType: source.elementType)
    return true
  }

  private static func ending(_ region: RegionDescriptor, _ source: RegionSource) -> CaptureBatch.RegionEnding {
    CaptureBatch.RegionEnding(
      source: source, byteCount: region.byteCount, shape: region.shape, header: region.header, tail: region.tail,
      changedWhileRead: region.changedWhileRead)
  }
}
