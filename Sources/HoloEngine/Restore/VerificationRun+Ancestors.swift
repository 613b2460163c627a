import HoloFormat
import HoloModel

extension VerificationRun {
  /// The frames of other containers that the state needs, each against its hash; a container that is not to be had once for each
  /// region that needs it.
  ///
  /// - Returns: also how many bytes these frames have.
  func ancestorProblems(
    _ container: StoredContainer, of reader: ContainerReader
  ) throws(HoloError) -> (problems: [Problem], byteCount: UInt64) {
    guard case .frames(let chunks) = container.chunks, !reader.ancestorIDs.isEmpty else { return ([], 0) }
    var problems: [Problem] = []
    var byteCount: UInt64 = 0
    // By container: which chunk needs a frame.
    var needed: [Digest128: [UInt32: (region: Int, chunk: UInt64)]] = [:]
    do throws(FormatError) {
      for region in chunks.regions.indices {
        var told: Set<Digest128> = []
        try chunks.forEachChunk(ofRegion: region) { (index, chunk) throws(FormatError) in
          for layer in chunk.layers {
            if let defect = layer.defect {
              guard told.insert(layer.record.containerID).inserted else { continue }
              var problem = Problem(HoloError(defect), path: path)
              problem.region = chunks.regions[region].name
              problems.append(problem)
            } else if let frame = layer.frame, frame.isAncestor {
              needed[layer.record.containerID, default: [:]][frame.extent.number] = (region, index)
            }
          }
        }
      }
      for (id, frames) in needed.sorted(by: { $0.key.hexadecimal < $1.key.hexadecimal }) {
        let ancestor = try reader.container(id)
        for run in Self.runs(of: frames.keys.sorted()) {
          for error in ancestor.verifyStoredFrames(
            run,
            progress: {
              byteCount += $0
              return !cancellation.isCancelled
            })
          {
            let user = error.frame.flatMap { frames[$0] }
            var problem = Problem(HoloError(error), path: ancestor.path)
            problem.region = user.map { chunks.regions[$0.region].name }
            problem.chunk = user?.chunk
            problems.append(problem)
          }
        }
      }
    } catch { throw HoloError(error) }
    return (problems, byteCount)
  }

  /// Neighbours among ascending numbers.
  private static func runs(of numbers: [UInt32]) -> [Range<UInt32>] {
    var runs: [Range<UInt32>] = []
    for number in numbers {
      if let last = runs.last, last.upperBound == number {
        runs[runs.count - 1] = last.lowerBound..<(number + 1)
      } else {
        runs.append(number..<(number + 1))
      }
    }
    return runs
  }
}
