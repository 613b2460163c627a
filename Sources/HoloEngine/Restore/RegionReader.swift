import HoloCompute
import HoloFormat
import HoloModel

/// Brings a region back from front to back, each chunk proved before a byte of it is handed out. Used by one thread at a time.
package final class RegionReader {
  private let region: StoredRegion
  private let container: StoredContainer
  private let decoder: ChunkDecoder
  private let roots: ContentRoots
  private var chunk: UInt64 = 0
  /// Of the present chunk, in the decoder's output, what was not handed out.
  private var rest = 0..<0

  /// - Parameter other: whose buffers are taken over, and which reads no more.
  package convenience init(
    _ region: StoredRegion, of container: StoredContainer, backend: any ComputeBackend,
    instead other: RegionReader? = nil
  ) throws(HoloError) {
    if let other {
      self.init(region, of: container, decoder: other.decoder)
      return
    }
    let session: any ComputeSession
    do { session = try backend.makeSession() } catch { throw HoloError(error) }
    self.init(
      region, of: container, decoder: try ChunkDecoder(session: session, byteCount: ChunkGeometry.chunkByteCount))
  }

  init(_ region: StoredRegion, of container: StoredContainer, decoder: ChunkDecoder) {
    self.region = region
    self.container = container
    self.decoder = decoder
    roots = ContentRoots([region])
  }

  /// Copies the next bytes; fewer than there is room for only at the end, and 0 behind it. Throws at damage, also where what has
  /// been read turns out not to be the region.
  package func read(into target: UnsafeMutableRawBufferPointer) throws(HoloError) -> Int {
    var done = 0
    while done < target.count {
      if rest.isEmpty {
        guard try decodeNext() else { break }
      }
      let count = min(rest.count, target.count - done)
      let bytes = UnsafeRawBufferPointer(decoder.output.bytes)[rest.lowerBound..<(rest.lowerBound + count)]
      UnsafeMutableRawBufferPointer(rebasing: target[done..<(done + count)]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes))
      rest.removeFirst(count)
      done += count
    }
    return done
  }

  /// Proves the rest without handing it out.
  package func readRest() throws(HoloError) {
    while try decodeNext() {}
    rest = 0..<0
  }

  /// False at the end. That the last chunk is followed by none is proved before it is handed out.
  private func decodeNext() throws(HoloError) -> Bool {
    guard chunk < region.chunkCount else { return false }
    let plan = region.plan(chunk: chunk, region: 0)
    let outcome = try decoder.decode([plan], .init(source: container.source, checksFrames: false))[0]
    if let problem = Problem(outcome, of: plan, in: region, path: container.path) { throw HoloError(problem) }
    guard case .sound(let offset) = outcome else {
      throw HoloError(.internal, "a chunk that is neither sound nor damaged", place: .init(path: container.path))
    }
    rest = offset..<(offset + plan.byteCount)
    roots.append(plan, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(decoder.output.bytes)[rest]))
    chunk += 1
    if chunk == region.chunkCount, let problem = roots.problem(ofRegion: 0, path: container.path) {
      throw HoloError(problem)
    }
    return true
  }
}

extension Range<Int> {
  fileprivate mutating func removeFirst(_ count: Int) { self = (lowerBound + count)..<upperBound }
}
