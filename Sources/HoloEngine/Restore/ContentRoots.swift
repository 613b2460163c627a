import HoloFormat
import HoloModel
import Synchronization

/// Hashes regions that are cut by their content together: the hashes of their chunks do not give theirs (HWP-Format.md, section 15).
/// A region's chunks come in order, as a ``DecodePipeline`` delivers them.
final class ContentRoots: Sendable {
  private let regions: [StoredRegion]
  private let streams = Mutex<[Int: BLAKE3Stream]>([:])

  /// - Parameter regions: of the job.
  init(_ regions: [StoredRegion]) { self.regions = regions }

  func append(_ plan: ChunkPlan, _ bytes: UnsafeRawBufferPointer) {
    // The one chunk of a region has been compared with the region's root.
    guard plan.chunking == .content, plan.root == nil else { return }
    streams.withLock { $0[plan.region, default: BLAKE3Stream()].append(bytes) }
  }

  /// What is wrong with a region of which every chunk was sound and came here; nil for nothing.
  func problem(ofRegion region: Int, path: String) -> Problem? {
    let descriptor = regions[region].descriptor
    guard let stream = streams.withLock({ $0.removeValue(forKey: region) }), stream.value != descriptor.root else {
      return nil
    }
    return Problem(
      path: path, region: descriptor.name, code: .damaged, message: "the region's chunks do not give its checksum",
      remedy: "use another snapshot of it")
  }
}
