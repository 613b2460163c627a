import HoloCompute
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// What modes would make of a state's floating-point regions, tried on samples.
package struct Advice: Sendable {
  /// A mode, tried.
  package struct Trial: Sendable {
    /// Nil: exactly as it is.
    package var mode: QuantizationMode?
    package var storedByteCount: UInt64
    package var quantization: RegionQuantization?
  }

  package struct Region: Sendable {
    package var name: String
    package var elementType: ElementType
    package var shape: [UInt64]
    package var byteCount: UInt64
    /// Bytes that were tried.
    package var sampleByteCount: UInt64
    /// The exact one first.
    package var trials: [Trial]
  }

  package var regions: [Region]
  package var backend: BackendSummary
  package var notices: [String]
}

extension Snapshots {
  /// Captures samples of the floating-point regions of a state to memory, exactly and with each mode that their type takes.
  ///
  /// - Parameters:
  ///   - globs: which regions; empty: all of floating-point numbers.
  ///   - modes: empty: usual ones.
  ///   - sampleByteCount: of a region, at most; chunks from all over it.
  package func advise(
    states: [String], globs: [String], modes: [QuantizationMode], sampleByteCount: Int, options: CaptureOptions,
    cancellation: Cancellation = Cancellation(), progress: ProgressHandler? = nil
  ) throws(HoloError) -> Advice {
    let start = Clock.now()
    let state = try StateScan.describe(states, syscalls: syscalls)
    let patterns = try RegionGlobs(globs).readingShownNames(among: state.regions.map(\.name))
    try patterns.expectMatches(state.regions.map(\.name), problems: [], path: states.first ?? "")
    let regions = state.regions.filter {
      $0.elementType.isFloatingPoint && $0.byteCount > 0 && patterns.matches($0.name)
    }
    guard let largest = regions.map(\.byteCount).max() else {
      throw HoloError(
        .noInput, "there are no regions of floating-point numbers", place: .init(path: states.first),
        remedy: "name files by their type (.f32, .c64 …), or as .npy or .safetensors")
    }
    if let mode = modes.first(where: { mode in !regions.contains { mode.applies(to: $0.elementType) } }) {
      throw HoloError(
        .usage, "--mode \(mode.text) fits none of the regions", place: .init(path: states.first),
        remedy: "real numbers take abs, rel and pw; complex ones l2 and phase, too")
    }
    let backend = try options.makeBackend(stateByteCount: largest)
    let total = regions.reduce(UInt64(0)) { $0 + min($1.byteCount, UInt64(sampleByteCount)) }
    var advice = Advice(regions: [], backend: backend.summary, notices: state.notices)
    var done: UInt64 = 0
    for region in regions {
      try cancellation.check()
      let sample = try RegionSample(of: region, byteCount: sampleByteCount, syscalls: syscalls)
      let usual = modes.isEmpty ? Self.usualModes(for: region.elementType) : modes
      let fitting = usual.filter { $0.applies(to: region.elementType) }
      var trials: [Advice.Trial] = []
      for mode in [nil] + fitting.map(Optional.some) {
        try cancellation.check()
        trials.append(
          try sample.tried(mode, options: options, backend: backend, syscalls: syscalls, cancellation: cancellation))
      }
      advice.regions.append(
        Advice.Region(
          name: region.name, elementType: region.elementType, shape: region.shape, byteCount: region.byteCount,
          sampleByteCount: UInt64(sample.byteCount), trials: trials))
      done += min(region.byteCount, UInt64(sampleByteCount))
      progress?(Progress(doneByteCount: done, totalByteCount: total, seconds: Clock.seconds(since: start)))
    }
    return advice
  }

  /// Writes a text to a file that is not there yet: whole, or not at all.
  package func write(_ text: String, toNewFile path: String) throws(HoloError) {
    let pending: PendingContainer
    do {
      pending = try SnapshotStore.begin(outputPath: path, containerID: .random(), syscalls: syscalls)
    } catch { throw HoloError(error) }
    let failure: SystemError? = Array(text.utf8).withUnsafeBytes { bytes in
      do throws(SystemError) { try pending.file.write(bytes, at: 0) } catch { return error }
      return nil
    }
    if let failure {
      pending.abandon()
      throw HoloError(writing: failure, path: path)
    }
    do { _ = try pending.publish() } catch { throw HoloError(error) }
  }

  private static func usualModes(for type: ElementType) -> [QuantizationMode] {
    let real: [QuantizationMode] =
      [1e-2, 1e-3, 1e-4, 1e-5].map { .relative($0, clip: nil) } + [1e-2, 1e-3, 1e-4].map { .pointwise($0) }
    guard type.componentCount == 2 else { return real }
    return real + [8, 11, 14].map { .phase(bits: $0, amplitude: nil) }
  }
}
