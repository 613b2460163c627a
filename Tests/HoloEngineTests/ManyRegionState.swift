import HoloCompute
import HoloEngine
import HoloFormat
import TestSupport
import Testing

/// A directory with a state in it, what is captured of it, and what comes back.
struct ManyRegionState {
  let scratch = ScratchDirectory()

  var container: String { scratch.path("x.hwp") }
  var reference: SnapshotReference { SnapshotReference(container, store: "") }

  /// A tensor of a file that is made here, with bytes of its own.
  struct Tensor {
    var name: String
    var byteCount: Int
  }

  /// A `.safetensors` file of u8 tensors, in the order given.
  static func safetensors(_ tensors: [Tensor], seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var end = 0
    let entries = tensors.map { tensor in
      end += tensor.byteCount
      return SafetensorsTests.entry(
        tensor.name, "U8", "[\(tensor.byteCount)]", end - tensor.byteCount, end)
    }
    return SafetensorsTests.file("{" + entries.joined(separator: ",") + "}") + generator.bytes(end)
  }

  func write(_ tensors: [Tensor], to name: String = "m.safetensors") throws {
    try scratch.write(Self.safetensors(tensors), to: "state/\(name)")
  }

  @discardableResult
  func create(_ options: CaptureOptions = CaptureOptions(), snapshots: Snapshots = Snapshots()) throws -> CaptureReport
  {
    try snapshots.create(states: [scratch.path("state")], destination: .file(path: container), options: options)
  }

  @discardableResult
  func restore(_ regions: [String] = [], to name: String = "back", backend: BackendChoice = .host) throws
    -> RestoreReport
  {
    var options = RestoreOptions()
    options.regions = regions
    options.backend = backend
    return try Snapshots().restore(snapshot: reference, to: scratch.path(name), options: options)
  }

  func verify(quick: Bool = false) throws -> [Problem] {
    try Snapshots().verify(snapshots: [reference], store: "", quick: quick).problems
  }

  /// The bytes of one region, by way of a file.
  func extract(_ region: String) throws -> [UInt8] {
    let name = "extracted.\(region.utf8.map { String($0, radix: 16) }.joined().suffix(200))"
    _ = try Snapshots().extract(
      snapshot: reference, region: region, to: .file(path: scratch.path(name)), options: RestoreOptions())
    return try scratch.read(name)
  }

  /// Damages a stored chunk of a region.
  func damage(_ region: String) throws {
    var bytes = try scratch.read("x.hwp")
    let opened = try StoredContainer(opening: MemorySource(bytes), path: "x.hwp")
    let chunks = try ContainerReader.open(MemorySource(bytes), path: "x.hwp").index()
    let index = try #require(opened.regions.firstIndex { $0.descriptor.name.utf8.elementsEqual(region.utf8) })
    let frame = try #require(try chunks.chunk(0, ofRegion: index).frame)
    bytes[Int(frame.offset) + frame.byteCount / 2] ^= 1
    try scratch.write(bytes, to: "x.hwp")
  }
}
