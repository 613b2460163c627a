import CHoloSnap
import HoloEngine
import HoloModel
import Synchronization

/// What is captured: regions, blobs, hooks. Its captures and restores take turns. Any thread.
final class ProgramState: Handle, @unchecked Sendable {
  enum Part: DescribedPart {
    case region(RegionPart)
    case blob(BlobPart)

    private var part: any DescribedPart {
      switch self {
      case .region(let region): region
      case .blob(let blob): blob
      }
    }

    var traits: PartTraits { part.traits }
    var canBeRestored: Bool { part.canBeRestored }
  }

  /// As it is described at a moment.
  struct Description: Sendable {
    var parts: [Part] = []
    var hooks: Hooks

    /// Bytes that blobs are said to have.
    var blobHint: UInt64 {
      parts.reduce(0) { sum, part in
        guard case .blob(let blob) = part else { return sum }
        return sum.addingReportingOverflow(blob.sizeHint).overflow ? .max : sum + blob.sizeHint
      }
    }
  }

  let engine: Engine
  let series: String
  let turns = Turns()
  /// Used by who has the turn.
  let staging: Staging
  private let described: Mutex<(description: Description, names: PartNames)>

  init(_ engine: Engine, _ options: holosnap_state_options?) throws(Failure) {
    self.engine = engine
    let options = options ?? holosnap_state_options()
    series = try text(options.series, "the series") ?? "default"
    let given = series
    guard !series.isEmpty else { throw .invalid("the series is empty") }
    try Failure.wrapping { () throws(HoloError) in try SeriesName.check(given) }
    staging = try Staging(engine, byteCount: Int(clamping: min(options.staging_bytes, UInt64(Int.max / 2))))
    described = Mutex((Description(hooks: try Hooks(holosnap_hooks())), PartNames()))
  }

  var description: Description { described.withLock { $0.description } }

  func add(_ part: Part) throws(Failure) {
    try described.withLock { (state) throws(Failure) in
      if let problem = state.names.insert(part.name) { throw .invalid(problem, region: part.name) }
      state.description.parts.append(part)
    }
  }

  func remove(named given: String) throws(Failure) {
    let name = RegionName.escape(Array(given.utf8))
    try described.withLock { (state) throws(Failure) in
      let parts = state.description.parts
      guard let index = parts.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        throw .invalid("the state has no region or blob of that name", region: given)
      }
      state.description.parts.remove(at: index)
      state.names.remove(name)
    }
  }

  func set(_ hooks: Hooks) { described.withLock { $0.description.hooks = hooks } }
}
