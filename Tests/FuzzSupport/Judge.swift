import CAllocationMeter
import HoloEngine
import HoloFormat

/// Hands bytes to a parser and checks what comes of them: an error that names the file, or values that hold together. Used
/// by one thread.
package final class Judge {
  package enum Verdict: Sendable {
    case refused
    /// Something was read: the header of an array, a container with damage in it.
    case accepted
    /// A container in which everything is as its hashes say.
    case whole
  }

  package let parser: FuzzParser
  /// The regions that a container may give back, if its hashes were not made anew.
  private let known: Set<KnownRegion>
  let decoder: RegionDecoder

  /// What a parser may hold of the heap: so many times its input, and its buffers of fixed size.
  private static let memoryFactor = 16
  private static let memoryAllowance = 640 << 10
  static let path = "fuzzed file"

  /// - Parameter sound: files whose regions are known.
  package init(_ parser: FuzzParser, sound: [[UInt8]] = []) throws {
    self.parser = parser
    decoder = try RegionDecoder()
    var known: Set<KnownRegion> = []
    for bytes in sound where parser == .hwp || parser == .wave {
      for region in (try? StoredContainer(opening: MemorySource(bytes), path: Self.path).regions) ?? [] {
        known.insert(KnownRegion(region.descriptor))
      }
    }
    self.known = known
  }

  /// Throws where a rule is broken, with a message that tells which.
  ///
  /// - Parameter isAuthentic: no hash in the bytes was made anew: what was changed must be found.
  package func check(_ bytes: [UInt8], isAuthentic: Bool = false) throws(FormatError) -> Verdict {
    decoder.restored = []
    meter_begin()
    let result: Result<Verdict, FormatError>
    do throws(FormatError) { result = .success(try read(bytes)) } catch { result = .failure(error) }
    let held = meter_end()
    try require(
      held <= Self.memoryFactor * bytes.count + Self.memoryAllowance, "\(bytes.count) bytes of input took \(held)")
    if isAuthentic {
      for region in decoder.restored { try require(known.contains(region), "a region that was never written") }
    }
    switch result {
    case .success(let verdict): return verdict
    case .failure(let error):
      try Self.allow(error)
      return .refused
    }
  }

  private func read(_ bytes: [UInt8]) throws(FormatError) -> Verdict {
    switch parser {
    case .hwp: try readHWP(bytes)
    case .wave: try readWave(bytes)
    case .legacy: try Self.readLegacy(bytes)
    case .npy: try Self.readNumPy(bytes)
    case .npz: try Self.readArchive(bytes)
    case .safetensors: try Self.readSafetensors(bytes)
    }
  }

  /// Errors of a reader are about the bytes, and name the file.
  static func allow(_ error: FormatError) throws(FormatError) {
    switch error.kind {
    case .notAContainer, .truncated, .unsupportedVersion, .unsupportedFeature, .damaged, .malformed, .missingAncestor:
      break
    case .limitExceeded, .invalidInput, .inputOutput: throw finding("\(error)")
    }
    try require(error.path == path && !error.message.isEmpty, "an error without a place: \(error)")
    try require(!error.description.isEmpty, "an error without a description")
  }
}
