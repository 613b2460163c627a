import Glibc
import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// Regions captured within a bound, from memory to memory and back.
@Suite struct QuantizationTests {
  private static let chunk = ChunkGeometry.chunkByteCount

  private static let realModes: [QuantizationMode] = [
    .absolute(1e-3), .relative(1e-3, clip: nil), .relative(1e-4, clip: 100), .pointwise(1e-3),
  ]
  private static let complexModes: [QuantizationMode] =
    realModes + [.euclidean(1e-2), .phase(bits: 11, amplitude: nil), .phase(bits: 8, amplitude: 1e-3)]

  private static let types: [ElementType] = [.f16, .bf16, .f32, .f64, .c64, .c128]

  private static func modes(_ type: ElementType) -> [QuantizationMode] {
    type.componentCount == 2 ? complexModes : realModes
  }

  private static func counts(_ type: ElementType) -> [Int] {
    let size = type.byteCount
    return [0, 1, 2, 7, 9, 1_000, chunk / size - 1, chunk / size, chunk / size + 1]
  }

  private func restored(_ bytes: [UInt8], backend: TestBackend) throws -> [[UInt8]] {
    let container = try StoredContainer(opening: MemorySource(bytes), path: "memory")
    let buffers = container.regions.map {
      UnsafeMutableRawBufferPointer.allocate(byteCount: Int($0.descriptor.byteCount), alignment: 64)
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    let outcome = try Restore(options: RestoreOptions()).run(
      container.regions, of: container, into: MemoryTarget(buffers), stopsAtDamage: true, backend: backend.make())
    #expect(outcome.complete == Array(container.regions.indices))
    return buffers.map { Array($0) }
  }

  /// The numbers of a region, as doubles.
  private static func numbers(_ bytes: [UInt8], _ type: ElementType) -> [Double] {
    let width = type.wordByteCount
    return bytes.withUnsafeBytes { buffer in
      (0..<(bytes.count / width)).map { index in
        let at = index * width
        return switch type {
        case .f16: Double(buffer.loadUnaligned(fromByteOffset: at, as: Float16.self))
        case .bf16: Double(Float(bitPattern: UInt32(buffer.loadUnaligned(fromByteOffset: at, as: UInt16.self)) << 16))
        case .f64, .c128: buffer.loadUnaligned(fromByteOffset: at, as: Double.self)
        default: Double(buffer.loadUnaligned(fromByteOffset: at, as: Float.self))
        }
      }
    }
  }

  /// Whether each value is within what was allowed. Differences are of numbers that `Double` has with room to spare, or
  /// nearly so: a last place is allowed for.
  private static func isWithin(_ mode: QuantizationMode, _ old: [Double], _ new: [Double]) -> Bool {
    let slack = 1 + 1e-12
    func each(_ holds: (Double, Double) -> Bool) -> Bool {
      zip(old, new).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) || holds($0, $1) }
    }
    func pairs(_ holds: (_ modulus: Double, _ distance: Double) -> Bool) -> Bool {
      stride(from: 0, to: old.count, by: 2).allSatisfy { at in
        let (x, y) = (old[at], old[at + 1])
        // Squares of the smallest would have few digits left.
        let distance = hypot(x - new[at], y - new[at + 1])
        return distance == 0 || old[at...at + 1].elementsEqual(new[at...at + 1], by: { $0.bitPattern == $1.bitPattern })
          || holds(hypot(x, y), distance)
      }
    }
    switch mode {
    case .absolute(let bound): return each { abs($0 - $1) <= bound * slack }
    case .relative(let bound, let clip):
      let inside = old.filter { $0.isFinite && abs($0) <= clip ?? .infinity }
      let range = (inside.max() ?? 0) - (inside.min() ?? 0)
      return each { abs($0 - $1) <= bound * range * slack && abs($0) <= clip ?? .infinity }
    case .pointwise(let bound): return each { abs($0 - $1) <= bound * abs($0) * slack }
    case .euclidean(let bound): return pairs { $1 <= bound * slack }
    case .phase(let bits, let amplitude):
      return pairs { $1 <= ($0 * .pi / Double(1 << bits) + (amplitude ?? 0)) * slack }
    }
  }

  private func state(_ type: ElementType, _ mode: QuantizationMode, seed: UInt64) -> TestState {
    let state = TestState()
    for count in Self.counts(type) {
      for filling in [TestState.Filling.smooth, .noise, .zeros, .ratios] {
        state.add(type, count: count, filling, seed: seed &+ UInt64(count))
      }
    }
    state.allow(mode)
    return state
  }

  @Test(arguments: types, TestBackend.available)
  func everyModeAtEveryBoundary(type: ElementType, backend: TestBackend) throws {
    let seed = SeededGenerator.announced().seed
    for mode in Self.modes(type) {
      let state = state(type, mode, seed: seed)
      let (bytes, report) = try capture(state, backend: backend)
      let again = try restored(bytes, backend: backend)
      for (index, region) in report.regions.enumerated() {
        let (old, new) = (state.bytes(of: index), again[index])
        let place = "\(mode.text) \(region.descriptor.name)"
        #expect(Self.isWithin(mode, Self.numbers(old, type), Self.numbers(new, type)), "\(place)")
        #expect(region.descriptor.root == BLAKE3.hash(new), "\(place)")
        let quantization = try #require(region.descriptor.quantization)
        #expect(quantization.mode == mode)
        #expect(quantization.rawRoot == BLAKE3.hash(old), "\(place)")
        #expect(quantization.exactCount <= UInt64(old.count / type.wordByteCount))
      }
      let verified = try Verification(options: RestoreOptions()).run(
        MemorySource(bytes), path: "memory", quick: false, backend: backend.make())
      #expect(verified.problems == [])
    }
  }

  @Test(arguments: types)
  func aRestoredStateComesBackUnchanged(type: ElementType) throws {
    let seed = SeededGenerator.announced().seed
    for mode in Self.modes(type) {
      let first = state(type, mode, seed: seed)
      let (bytes, report) = try capture(first, backend: .host)
      let second = TestState()
      for (region, content) in zip(first.regions, try restored(bytes, backend: .host)) {
        second.add(type, named: region.name, content)
      }
      second.allow(mode)
      let (_, again) = try capture(second, backend: .host)
      #expect(again.totals.stateRoot == report.totals.stateRoot, "\(mode.text)")
      for (one, other) in zip(report.regions, again.regions) {
        #expect(one.descriptor.root == other.descriptor.root, "\(mode.text) \(one.descriptor.name)")
        #expect(other.descriptor.quantization?.largestError == 0, "\(mode.text) \(one.descriptor.name)")
      }
    }
  }

  @Test func payloadAndTablesAreTheSameForEveryWorkerCountAndBackend() throws {
    let state = TestState()
    state.add(.f32, count: 300_000, .smooth)
    state.add(.bytes, count: 300_000, .text)
    state.add(.f64, count: 70_000, .noise)
    state.add(.c64, count: 70_000, .smooth)
    state.add(.f32, count: 3, .noise)
    state.allow(.relative(1e-3, clip: nil), where: { $0 != .bytes })
    var reference: [UInt8]?
    for backend in TestBackend.available {
      for workers in [1, 2, 3] {
        var options = CaptureOptions()
        options.workers = workers
        options.memoryLimit = workers << 23
        let (bytes, _) = try capture(state, backend: backend, options: options)
        let container = try ContainerReader.open(MemorySource(bytes), path: "memory")
        let tables = Array(bytes[64..<Int(try #require(container.trailer).manifestOffset)])
        #expect(tables == reference ?? tables, "\(backend) with \(workers) workers")
        reference = tables
      }
    }
  }

  @Test("What is recorded as the largest error is not less than it", arguments: TestBackend.available)
  func recordedErrors(backend: TestBackend) throws {
    // What is restored of most is the least number of the range, of which the difference has more digits than f32.
    let values: [Float] = [.greatestFiniteMagnitude, -3.694_760_6, 4.166_072] + (0..<500).map { Float($0) / 61 - 3.5 }
    for bound in [9.7e-5, 0.11, 0.4] {
      let state = TestState()
      state.add(.f32, named: "x", values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } })
      state.allow(.relative(bound, clip: nil))
      let (bytes, report) = try capture(state, backend: backend)
      let again = try restored(bytes, backend: backend)[0]
      // Of two f32 of this size every digit of a difference fits a Double.
      let errors = zip(values, Self.numbers(again, .f32)).map { abs(Double($0) - $1) }
      let recorded = try #require(report.regions[0].descriptor.quantization?.largestError)
      #expect(recorded >= errors.max() ?? 0, "\(bound)")
      #expect(errors.max() ?? 0 > 0)
    }
  }

  /// Values that no quantizer may touch: NaNs with payloads, infinities, −0.0, fill values.
  @Test(arguments: TestBackend.available)
  func whatIsNoOrdinaryNumberKeepsItsBits(backend: TestBackend) throws {
    let odd: [Float] = [
      .nan, Float(bitPattern: 0x7FC0_1234), Float(bitPattern: 0xFFA0_0001), .infinity, -.infinity, -0.0, 9.97e36, 1e20,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    var values = (0..<70_000).map { Float($0 % 977) / 64 - 3 }
    for index in stride(from: 5, to: values.count, by: 7) { values[index] = odd[index % odd.count] }
    for mode in Self.realModes + [.relative(1e-3, clip: 1e19)] {
      let state = TestState()
      state.add(.f32, named: "r", values.withUnsafeBytes { Array($0) })
      state.allow(mode)
      let (bytes, _) = try capture(state, backend: backend)
      let again = try restored(bytes, backend: backend)[0].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      for (old, new) in zip(values, again) where !old.isFinite || old.isZero && old.sign == .minus {
        #expect(old.bitPattern == new.bitPattern, "\(mode.text)")
      }
      if mode.clip == 1e19 {
        for (old, new) in zip(values, again) where abs(old) > 1e19 { #expect(old == new) }
        #expect(zip(values, again).filter { abs($0.0) < 20 }.allSatisfy { abs($0.0 - $0.1) <= 0.1 })
      }
    }
  }

  /// A bound that cannot be resolved, and regions in which there is nothing to resolve.
  @Test(arguments: [
    ("one value", QuantizationMode.relative(1e-3, clip: nil)), ("nothing finite", .relative(1e-3, clip: nil)),
    ("below the resolution", .absolute(1e-30)), ("of no size", .absolute(.leastNonzeroMagnitude)),
    ("finer than floats", .pointwise(1e-9)),
  ])
  func whatCannotBeResolvedIsStoredExactly(kind: String, mode: QuantizationMode) throws {
    var random = SeededGenerator.announced()
    let values: [Float] = (0..<70_000).map { _ in
      switch kind {
      case "one value": 2.5
      case "nothing finite": .nan
      default: Float.random(in: 1..<2, using: &random)
      }
    }
    let state = TestState()
    state.add(.f32, named: "r", values.withUnsafeBytes { Array($0) })
    state.allow(mode)
    let (bytes, report) = try capture(state, backend: .host)
    #expect(try restored(bytes, backend: .host)[0] == state.bytes(of: 0))
    let quantization = try #require(report.regions[0].descriptor.quantization)
    #expect(quantization.exactCount == 70_000 && quantization.largestError == 0)
    #expect(quantization.rawRoot == report.regions[0].descriptor.root)
    #expect(report.notices.count == 1 && report.notices[0].contains("stored exactly"))
  }

  @Test func aQuantizedRegionIsConvertedWithItsCodes() throws {
    let scratch = ScratchDirectory()
    for mode in Self.complexModes {
      let state = TestState()
      state.add(.c64, count: 40_000, .smooth)
      state.add(.c64, count: 40_000, .noise)
      state.allow(mode)
      let (bytes, report) = try capture(state, backend: .host)
      try scratch.write(bytes, to: "a.hwp")
      for format in [ConversionFormat.hwp, .wave] {
        let path = scratch.path("b")
        _ = try Snapshots().convert(
          scratch.reference("a.hwp"), to: path, as: format, options: CaptureOptions())
        let description = try Snapshots().inspect(snapshot: SnapshotReference(path, store: ""))
        #expect(description.totals.stateRoot == report.totals.stateRoot, "\(mode.text)")
        for (one, other) in zip(report.regions, description.regions) {
          #expect(other.descriptor.root == one.descriptor.root)
          let isKept = format == .hwp
          // The record of what was read stays, though it is not read again.
          #expect(other.descriptor.quantization == (isKept ? one.descriptor.quantization : nil))
          // Several amplitudes may make the same number of a phase.
          if isKept, mode != .phase(bits: 11, amplitude: nil) {
            #expect(other.storedByteCount == one.storedByteCount, "\(mode.text)")
          }
        }
        try Syscalls().remove(path)
      }
    }
  }

  @Test func chunksOfOneValueStayExact() throws {
    let chunk = ChunkGeometry.chunkByteCount / 4
    var values = [Float](repeating: 0.1, count: 2 * chunk)
    values[chunk + 1] = 0.7
    let state = TestState()
    state.add(.f32, named: "r", values.withUnsafeBytes { Array($0) })
    state.allow(.absolute(0.25))
    let (bytes, report) = try capture(state, backend: .host)
    let map = try ContainerReader.open(MemorySource(bytes), path: "memory").index()
    #expect(try map.chunk(0, ofRegion: 0).coding.quantization == nil)
    #expect(try map.chunk(0, ofRegion: 0).frame == nil)
    #expect(try map.chunk(1, ofRegion: 0).coding.quantization != nil)
    #expect(report.regions[0].descriptor.quantization?.exactCount == UInt64(chunk))
  }

  @Test func arraysOfAnArchiveWithChecksumsAreRefused() throws {
    let scratch = ScratchDirectory()
    let array = ZipArchive([.init(name: "x.npy", data: StateTypeTests.npy("<f4", "(2, 3)", data: 24))])
    try scratch.write(array.bytes, to: "state/z.npz")
    var options = CaptureOptions()
    func create(_ rule: String) throws {
      options.quantization = try QuantizationRules([rule])
      _ = try Snapshots().create(
        states: [scratch.path("state")], destination: .file(path: scratch.path("x.hwp")), options: options)
    }
    let error = #expect(throws: HoloError.self) { try create("z.npz/x=abs:1") }
    #expect(error?.code == .usage && error?.message.contains("CRC-32") == true)
    try create("z.npz/x=exact")
  }

  @Test func damageOfExceptionsIsFound() throws {
    var values = (0..<65_536).map { Float($0) }
    for index in stride(from: 0, to: values.count, by: 9) { values[index] = .nan }
    let state = TestState()
    state.add(.f32, named: "r", values.withUnsafeBytes { Array($0) })
    state.allow(.absolute(0.25))
    let (bytes, _) = try capture(state, backend: .host)
    let chunk = try ContainerReader.open(MemorySource(bytes), path: "memory").index().chunk(0, ofRegion: 0)
    #expect(chunk.coding.quantization?.exceptionCount == 7_282)
    var random = SeededGenerator.announced()
    let frame = 64..<64 + (try #require(chunk.frame)).byteCount
    for _ in 0..<200 {
      var bent = bytes
      bent[Int.random(in: frame, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let opened = try StoredContainer(opening: MemorySource(bent), path: "memory")
      let target = UnsafeMutableRawBufferPointer.allocate(byteCount: values.count * 4, alignment: 64)
      defer { target.deallocate() }
      let outcome = try Restore(options: RestoreOptions()).run(
        opened.regions, of: opened, into: MemoryTarget([target]), stopsAtDamage: false,
        backend: TestBackend.host.make())
      // Some flips of a bit decode to the same bytes.
      if outcome.complete == [0] { #expect(BLAKE3.hash(Array(target)) == opened.regions[0].descriptor.root) }
    }
  }

  @Test func aFileThatChangesItsRangeIsLookedAtAgain() throws {
    let scratch = ScratchDirectory()
    let old = (0..<100_000).map { Float($0) / 100_000 }
    let new = old.map { $0 * 50 }
    try scratch.write(old.withUnsafeBytes { Array($0) }, to: "x.f32")
    let path = scratch.path("x.f32")
    let reads = Mutex(0)
    let syscalls = Syscalls { call, _ in
      // Rewritten after the pass that finds the range, before the capture's first read.
      if call == .pread,
        reads.withLock({
          $0 += 1
          return $0 == 2
        }), let file = fopen(path, "w")
      {
        fwrite(new, 4, new.count, file)
        fclose(file)
      }
      return .proceed
    }
    var options = CaptureOptions()
    options.quantization = try QuantizationRules(["x.f32=rel:1e-3"])
    options.workers = 1
    let report = try Snapshots(syscalls: syscalls).create(
      states: [scratch.path("x.f32")], destination: .file(path: scratch.path("x.hwp")), options: options)
    let quantization = try #require(report.regions[0].descriptor.quantization)
    #expect(quantization.rawRoot == BLAKE3.hash(new.withUnsafeBytes { Array($0) }))
    #expect(quantization.absoluteBound > 0.045 && quantization.absoluteBound < 0.05)
  }
}
