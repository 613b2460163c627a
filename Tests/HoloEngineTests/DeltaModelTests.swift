import Foundation
import HoloEngine
import HoloFormat
import HoloModel
import HoloStore
import HoloSystem
import TestSupport
import Testing

/// Random operations on a state and a store, against a plain model: which bytes each snapshot has to give back. `make soak` makes many more.
@Suite struct DeltaModelTests {
  private static let isSoak = ProcessInfo.processInfo.environment["HOLOSNAP_SOAK"] != nil
  private static let operationCount = isSoak ? 20_000 : 400

  @Test func everySnapshotGivesBackWhatItWasTakenOf() throws {
    var model = try Model(SeededGenerator.announced())
    for step in 0..<Self.operationCount {
      try model.perform(step)
      if Self.isSoak && step % 500 == 0 { print("\(step) operations") }
    }
    try model.checkAll()
  }
}

private struct Model {
  private struct Snapshot {
    var path: String
    var files: [String: [UInt8]]
    var stateRoot: String
  }

  private var generator: SeededGenerator
  private let scratch = ScratchDirectory()
  private var files: [String: [UInt8]] = [:]
  private var snapshots: [Snapshot] = []
  /// Quantized: small batches have it beside others.
  private static let bounded = "q.f32"
  private static let names = ["a.f32", "b.bin", "c.c128", "d/e.u8", "d/f.f64", "g.npy", "h", bounded]
  private static let mostSnapshots = 24
  /// What is left of containers whose snapshots were given up.
  private var remnants: [(id: Digest128, path: String)] = []

  init(_ generator: SeededGenerator) throws {
    self.generator = generator
    try scratch.makeDirectory("state")
    for name in Self.names.prefix(4) { try write(name, random(byteCount: randomLength())) }
    try capture(.full)
  }

  private var store: String { scratch.path("store") }

  private mutating func pick(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

  /// Around the bounds of blocks and chunks, and anywhere.
  private mutating func randomLength() -> Int {
    let edge = [0, 16, 4_096, 8_192, 262_144, 524_288][pick(6)]
    return (max(0, edge + (pick(3) - 1) * 16) + (pick(3) == 0 ? pick(300_000) : 0)) / 16 * 16
  }

  private mutating func random(byteCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    // Constant, of few values, numbers, or noise.
    switch pick(4) {
    case 0: break
    case 1: for index in bytes.indices { bytes[index] = UInt8(index / 16 % 5) }
    case 2:
      bytes.withUnsafeMutableBytes { bytes in
        let numbers = bytes.bindMemory(to: Float.self)
        for index in numbers.indices { numbers[index] = Float.random(in: 0..<1_000, using: &generator) }
      }
    default: bytes.withUnsafeMutableBytes { generator.fill($0) }
    }
    return bytes
  }

  private mutating func write(_ name: String, _ bytes: [UInt8]) throws {
    files[name] = bytes
    try scratch.write(bytes, to: "state/\(name)")
  }

  mutating func perform(_ step: Int) throws {
    switch pick(15) {
    case 0...3: try change()
    case 4: try write(Self.names[pick(Self.names.count)], random(byteCount: randomLength()))
    case 5:
      guard files.count > 1, let name = files.keys.sorted().randomElement(using: &generator) else { return }
      files[name] = nil
      try FileManager.default.removeItem(atPath: scratch.path("state/\(name)"))
    case 6: try resize()
    case 7, 8: try capture(.incremental)
    case 9: try capture([.full, .differential][pick(2)])
    case 10: try merge()
    case 11: try leaveRemnant()
    case 12, 13: try drift()
    default: try check(snapshots[pick(snapshots.count)])
    }
    if snapshots.count > Self.mostSnapshots { try remove() }
  }

  /// Some bytes of some blocks.
  private mutating func change() throws {
    guard let name = files.keys.sorted().randomElement(using: &generator), var bytes = files[name], !bytes.isEmpty
    else {
      return
    }
    for _ in 0...pick(6) { bytes[pick(bytes.count)] ^= UInt8(1 + pick(255)) }
    try write(name, bytes)
  }

  /// All of a file, a little: its words, as numbers or integers.
  private mutating func drift() throws {
    guard let name = files.keys.sorted().randomElement(using: &generator), var bytes = files[name] else { return }
    let isScaled = pick(2) == 0
    bytes.withUnsafeMutableBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        let word = bytes.load(fromByteOffset: offset, as: UInt32.self)
        let scaled = (Float(bitPattern: word) * (1 + Float(pick(8)) / 8_192)).bitPattern
        bytes.storeBytes(of: isScaled ? scaled : word &+ UInt32(pick(4)), toByteOffset: offset, as: UInt32.self)
      }
    }
    try write(name, bytes)
  }

  private mutating func resize() throws {
    guard let name = files.keys.sorted().randomElement(using: &generator), let bytes = files[name] else { return }
    let length = randomLength()
    try write(name, Array((bytes + random(byteCount: length)).prefix(length)))
  }

  private mutating func capture(_ type: SnapshotType) throws {
    var options = CaptureOptions()
    options.type = type
    options.workers = 1 + pick(2)
    if files[Self.bounded] != nil { options.quantization = try QuantizationRules(["\(Self.bounded)=abs:0.5"]) }
    if type == .incremental, pick(4) == 0 { options.base = snapshots[pick(snapshots.count)].path }
    let report = try Snapshots().create(
      states: [scratch.path("state")], destination: .store(path: store), options: options)
    let path = try #require(report.path)
    snapshots.append(Snapshot(path: path, files: files, stateRoot: report.stateRoot))
    if pick(4) == 0 {
      // The root is that of a full snapshot of the same state.
      let full = scratch.path("full-\(snapshots.count).hwp")
      options.type = .full
      options.base = nil
      let other = try Snapshots().create(
        states: [scratch.path("state")], destination: .file(path: full), options: options)
      #expect(other.stateRoot == report.stateRoot, "\(path)")
      try FileManager.default.removeItem(atPath: full)
    }
  }

  private mutating func merge() throws {
    let snapshot = snapshots[pick(snapshots.count)]
    let reference = SnapshotReference(snapshot.path, store: store)
    guard try !Snapshots().chain(of: reference).ancestors.isEmpty else { return }
    let report = try Snapshots().merge(reference, to: .store(path: store), options: CaptureOptions())
    #expect(report.stateRoot == snapshot.stateRoot)
    let merged = Snapshot(path: report.path, files: snapshot.files, stateRoot: snapshot.stateRoot)
    #expect(try Snapshots().chain(of: SnapshotReference(merged.path, store: store)).ancestors.isEmpty)
    snapshots.append(merged)
  }

  /// Gives a snapshot up that others need: of its container what they need stays.
  private mutating func leaveRemnant() throws {
    let index = pick(snapshots.count)
    let path = snapshots[index].path
    let reference = SnapshotReference(path, store: store)
    let chain = try Snapshots().chain(of: reference)
    guard !chain.dependents.isEmpty, try chain.summary.type != "full" || fullCount > 1 else { return }
    let reader = try open(path)
    var kept: Set<UInt32> = []
    for dependent in chain.dependents {
      let other = try open(dependent.path)
      kept.formUnion(try other.index().neededFrames(of: other)[reader.containerID]?.all ?? [])
    }
    let sink = MemorySink()
    try Remnant.write(of: reader, keeping: kept, into: sink)
    #expect(sink.bytes.count <= Int(reader.source.byteCount) + 1_000)
    try Data(sink.bytes).write(to: URL(filePath: path))
    snapshots.remove(at: index)
    remnants.append((reader.containerID, path))
  }

  private var fullCount: Int {
    get throws {
      try snapshots.count { try Snapshots().chain(of: SnapshotReference($0.path, store: store)).summary.type == "full" }
    }
  }

  private func open(_ path: String) throws -> ContainerReader {
    let source = try FileSource(Syscalls().open(path, O_RDONLY))
    return try ContainerReader.open(
      source, path: path, ancestors: AncestorDirectory(besides: path, store: nil, syscalls: Syscalls()))
  }

  /// One that no other needs, and what is left of others that nothing needs any more.
  private mutating func remove() throws {
    let needed = Set(try snapshots.flatMap { try open($0.path).ancestorIDs })
    for remnant in remnants where !needed.contains(remnant.id) {
      try FileManager.default.removeItem(atPath: remnant.path)
    }
    remnants.removeAll { !needed.contains($0.id) }
    for index in snapshots.indices.shuffled(using: &generator) {
      let chain = try Snapshots().chain(of: SnapshotReference(snapshots[index].path, store: store))
      guard chain.dependents.isEmpty, chain.summary.type != "full" || snapshots.count > 2 else { continue }
      try FileManager.default.removeItem(atPath: snapshots[index].path)
      snapshots.remove(at: index)
      break
    }
  }

  /// Every number is as it was, or within the bound.
  private func isNear(_ found: [UInt8], _ bytes: [UInt8]) -> Bool {
    found.count == bytes.count
      && found.withUnsafeBytes { found in
        bytes.withUnsafeBytes { bytes in
          (0..<(bytes.count / 4)).allSatisfy { index in
            let (x, y) = (
              bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self),
              found.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
            )
            return x.bitPattern == y.bitPattern || abs(Double(x) - Double(y)) <= 0.5
          }
        }
      }
  }

  func checkAll() throws { for snapshot in snapshots { try check(snapshot) } }

  private func check(_ snapshot: Snapshot) throws {
    let target = scratch.path("again")
    _ = try Snapshots().restore(
      snapshot: SnapshotReference(snapshot.path, store: store), to: target, options: RestoreOptions())
    let found = Set(try FileManager.default.subpathsOfDirectory(atPath: target)).subtracting(["d"])
    #expect(found == Set(snapshot.files.keys), "\(snapshot.path)")
    for (name, bytes) in snapshot.files {
      let found = try scratch.read("again/\(name)")
      #expect(name == Self.bounded ? isNear(found, bytes) : found == bytes, "\(snapshot.path): \(name)")
    }
    try FileManager.default.removeItem(atPath: target)
    let report = try Snapshots().verify(
      snapshots: [SnapshotReference(snapshot.path, store: store)], store: store, quick: snapshot.path.hasSuffix("2.hwp")
    )
    #expect(report.problems == [], "\(snapshot.path)")
  }
}
