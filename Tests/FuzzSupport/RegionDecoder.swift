import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel

/// A region as its container names it.
struct KnownRegion: Hashable {
  let name: [UInt8]
  let root: Digest256

  init(_ descriptor: RegionDescriptor) {
    name = Array(descriptor.name.utf8)
    root = descriptor.root
  }
}

/// Brings the regions of a container back, and compares them with their roots.
final class RegionDecoder {
  private let backend: any ComputeBackend
  private let workspace: RestoreWorkspace
  private let options: RestoreOptions
  /// What came back since this was emptied.
  var restored: [KnownRegion] = []

  /// Where regions go, side by side.
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: memoryByteCount, alignment: 64)

  /// A few bytes of input can stand for many: a state of more is not restored.
  private static let memoryByteCount = 1 << 20

  init() throws {
    var options = RestoreOptions()
    options.workers = 1
    self.options = options
    backend = try BackendSelection.makeBackend(choice: .host)
    workspace = try RestoreWorkspace(options: options, backend: backend, stateByteCount: 0)
  }

  deinit { memory.deallocate() }

  /// Whether every region came back. One that did not is named by a problem.
  func isWhole(_ container: StoredContainer) throws(FormatError) -> Bool {
    guard container.totals.byteCount <= UInt64(Self.memoryByteCount) else { return false }
    var end = 0
    let buffers = container.regions.map { region in
      let start = end
      end += Int(region.descriptor.byteCount)
      return UnsafeMutableRawBufferPointer(rebasing: memory[start..<end])
    }
    let outcome: Restore.Outcome
    do throws(HoloError) {
      outcome = try Restore(options: options).run(
        container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: false, backend: backend,
        workspace: workspace)
    } catch { throw finding("restoring fails: \(error)") }
    for index in outcome.complete {
      let descriptor = container.regions[index].descriptor
      try require(
        BLAKE3.hash(UnsafeRawBufferPointer(buffers[index])) == descriptor.root, "a wrong byte in \(descriptor.name)")
      restored.append(KnownRegion(descriptor))
    }
    let named = Set(outcome.problems.compactMap { $0.region.map { Array($0.utf8) } })
    for index in Set(container.regions.indices).subtracting(outcome.complete) {
      let name = container.regions[index].descriptor.name
      try require(named.contains(Array(name.utf8)), "\(name) is lost without a word")
    }
    return outcome.complete.count == container.regions.count && outcome.problems.isEmpty
  }
}
