import HoloCompute
import HoloFormat
import HoloModel

/// The chunks of another container, each batch brought back and proved by the worker that has it. A region that is cut otherwise
/// where it goes is read, and cut anew, as batches are filled.
final class StoredBatches: BatchSource {
  /// A region, and what it is to the container that is written.
  struct Region {
    var stored: StoredRegion
    var source: RegionSource

    var isCutAnew: Bool { stored.descriptor.chunking != source.chunking }
  }

  private let regions: [Region]
  private let container: StoredContainer
  /// Each is used by its own worker alone.
  private let decoders: [ChunkDecoder]
  /// What the plans that a decoder takes at once may weigh.
  private let decoderByteCount: Int
  /// For regions that are cut anew.
  private let backend: any ComputeBackend
  private var recutter: RegionRecutter?
  private var region = 0
  private var chunk: UInt64 = 0
  private var isBegun = false

  /// - Parameters:
  ///   - regions: in the order in which they are written.
  ///   - decoders: one a worker, each made for so many bytes.
  init(
    _ regions: [Region], of container: StoredContainer, decoders: [ChunkDecoder], byteCount: Int,
    backend: any ComputeBackend
  ) {
    self.backend = backend
    self.regions = regions
    self.container = container
    self.decoders = decoders
    decoderByteCount = byteCount
  }

  func fill(_ batch: CaptureBatch) throws(HoloError) -> Bool {
    batch.reset()
    while region < regions.count, batch.events.count < 4 * batch.chunkLimit {
      let (stored, source) = (regions[region].stored, regions[region].source)
      if !isBegun {
        batch.events.append(.begin(source))
        isBegun = true
        recutter =
          regions[region].isCutAnew
          ? RegionRecutter(try RegionReader(stored, of: container, backend: backend), chunking: source.chunking) : nil
      }
      if let recutter, let byteCount = try recutter.nextByteCount() {
        // A batch has plans of all its chunks, or of none.
        guard batch.plans.isEmpty, let target = batch.reserve(byteCount) else { break }
        recutter.take(into: target)
        batch.append(index: chunk, byteCount: byteCount, of: source)
        chunk += 1
      } else if recutter == nil, chunk < stored.chunkCount {
        guard batch.plans.count == batch.chunks.count else { break }
        let plan = stored.plan(chunk: chunk, region: region)
        guard batch.reserve(plan.byteCount) != nil else { break }
        batch.append(index: plan.index, byteCount: plan.byteCount, of: source)
        batch.chunks[batch.chunks.count - 1].recordedRawValue = source.quantizer == nil ? nil : plan.rawChainingValue
        batch.plans.append(plan)
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

  func load(_ batch: CaptureBatch, worker: Int) throws(HoloError) {
    let plans = batch.plans
    var cursor = PlanCursor(
      regions: [PlanCursor.Region(chunkCount: UInt64(plans.count)) { plans[Int($0)] }],
      batchByteCount: decoderByteCount, chunkLimit: plans.count)
    var first = 0
    while let next = cursor.next() {
      try load(next, at: first, into: batch, decoders[worker])
      first += next.count
    }
  }

  /// - Parameter first: index of the first chunk in the batch.
  private func load(
    _ plans: [ChunkPlan], at first: Int, into batch: CaptureBatch, _ decoder: ChunkDecoder
  ) throws(HoloError) {
    let outcomes = try decoder.decode(plans, .init(source: container.source, checksFrames: false))
    for ((index, plan), outcome) in zip(zip(first..., plans), outcomes) {
      if let problem = Problem(outcome, of: plan, in: regions[plan.region].stored, path: container.path) {
        throw HoloError(problem)
      }
      if case .sound(let offset) = outcome {
        let start = batch.chunks[index].offset
        UnsafeMutableRawBufferPointer(rebasing: batch.source.bytes[start..<(start + plan.byteCount)]).copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(decoder.output.bytes)[offset..<(offset + plan.byteCount)]))
      }
    }
  }

  private static func ending(_ region: RegionDescriptor, _ source: RegionSource) -> CaptureBatch.RegionEnding {
    CaptureBatch.RegionEnding(
      source: source, byteCount: region.byteCount, shape: region.shape, header: region.header, tail: region.tail,
      changedWhileRead: region.changedWhileRead)
  }
}
