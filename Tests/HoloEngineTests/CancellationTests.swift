import Glibc
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization
import TestSupport
import Testing

/// Work that is stopped at each of its reads: it ends there, and never with a report that is wrong.
@Suite struct CancellationTests {
  /// Asks for a stop at one of its reads.
  private final class StoppingSource: RandomAccessSource {
    private let bytes: MemorySource
    private let stop: Int
    private let reads = Mutex(0)
    let cancellation = Cancellation()

    init(_ bytes: [UInt8], stop: Int) {
      self.bytes = MemorySource(bytes)
      self.stop = stop
    }

    var readCount: Int { reads.withLock { $0 } }
    var byteCount: UInt64 { bytes.byteCount }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
      let number = reads.withLock { reads in
        reads += 1
        return reads - 1
      }
      if number == stop { cancellation.cancel() }
      return bytes.read(into: buffer, at: offset)
    }
  }

  private static func container() throws -> [UInt8] {
    let state = TestState()
    for index in 0..<4_200 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    return try capture(state, backend: .host).bytes
  }

  private func verify(_ source: StoppingSource, quick: Bool) throws -> [Problem] {
    var options = RestoreOptions()
    options.workers = 1
    return try Verification(options: options).run(
      source, path: "memory", quick: quick, backend: TestBackend.host.make(), cancellation: source.cancellation
    ).problems
  }

  enum Damage: CaseIterable { case none, manifest, segment, end }

  @Test(arguments: Damage.allCases, [true, false])
  func aVerificationStopsAtItsNextRead(damage: Damage, quick: Bool) throws {
    var bytes = try Self.container()
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    switch damage {
    case .none: break
    case .manifest: bytes[Int(try #require(reader.trailer).manifestOffset) + 100] ^= 1
    case .segment: bytes[Int(reader.frames.extent(of: reader.segmentReferences[0].frame).offset) + 100] ^= 1
    case .end: bytes.removeLast(1_000)
    }
    let whole = StoppingSource(bytes, stop: .max)
    let problems = try verify(whole, quick: quick)
    #expect(problems.isEmpty == (damage == .none))
    for stop in 0..<whole.readCount - 1 {
      let source = StoppingSource(bytes, stop: stop)
      let error = #expect(throws: HoloError.self, "read \(stop)") { _ = try verify(source, quick: quick) }
      #expect(error?.code == .cancelled, "read \(stop)")
      #expect(source.readCount == stop + 1)
    }
  }

  /// Its index has more segments than are kept in memory, so that they are read again with the chunks.
  private static func longContainer() throws -> [UInt8] {
    let state = TestState()
    for index in 0..<20_500 { state.add(.bytes, count: 20, .noise, seed: UInt64(index)) }
    return try capture(state, backend: .host).bytes
  }

  /// A restore, a conversion and an extraction read the index as they go: what stops that is no damage.
  @Test(arguments: [(ECANCELED, "cancelled"), (EIO, "inputOutput"), (ENOMEM, "noMemory"), (EMFILE, "inputOutput")])
  func anIndexThatCannotBeReadAgainIsNotDamaged(code: Int32, name: String) throws {
    let scratch = ScratchDirectory()
    let bytes = try Self.longContainer()
    try scratch.write(bytes, to: "x.hwp")
    let opening = StoppingSource(bytes, stop: .max)
    _ = try StoredContainer(opening: opening, path: "")
    let reference = scratch.reference("x.hwp")
    for verb in ["restore", "region", "extract", "convert"] {
      let reads = Mutex(0)
      let failing = Syscalls { call, _ in
        guard call == .pread else { return .proceed }
        return reads.withLock { reads in
          reads += 1
          // A conversion looks first whether the file is a legacy one.
          return reads > opening.readCount + (verb == "convert" ? 1 : 0) ? .fail(code) : .proceed
        }
      }
      let snapshots = Snapshots(syscalls: failing)
      var options = RestoreOptions()
      options.workers = 1
      if verb == "region" { options.regions = ["**"] }
      let error = #expect(throws: HoloError.self) {
        switch verb {
        case "extract":
          _ = try snapshots.extract(
            snapshot: reference, region: "5000/bytes-noise-20", to: .file(path: scratch.path("out")), options: options)
        case "convert":
          _ = try snapshots.convert(reference, to: scratch.path("out"), as: .wave, options: CaptureOptions())
        default: _ = try snapshots.restore(snapshot: reference, to: scratch.path("out"), options: options)
        }
      }
      #expect(error?.code.name == name, "\(verb): \(String(describing: error))")
      #expect(try scratch.names() == ["x.hwp"])
    }
  }

  @Test func aRestoreOutOfADamagedContainerStopsAtItsNextRead() throws {
    let scratch = ScratchDirectory()
    try scratch.write(Array(try Self.container().dropLast(1_000)), to: "x.hwp")
    var options = RestoreOptions()
    options.regions = ["4/**"]
    options.workers = 1
    func restore(_ syscalls: Syscalls, _ cancellation: Cancellation) throws {
      _ = try Snapshots(syscalls: syscalls).restore(
        snapshot: scratch.reference("x.hwp"), to: scratch.path("t"), options: options,
        cancellation: cancellation)
    }
    let injector = FaultInjector()
    try restore(injector.syscalls, Cancellation())
    try Syscalls().remove(scratch.path("t/4/bytes-noise-20"))
    try Syscalls().removeDirectory(scratch.path("t/4"))
    try Syscalls().removeDirectory(scratch.path("t"))

    for stop in 0..<injector.calls.count(where: { $0.call == .pread }) {
      let cancellation = Cancellation()
      let reads = Mutex(0)
      let stopping = Syscalls { call, _ in
        guard call == .pread else { return .proceed }
        let number = reads.withLock { reads in
          reads += 1
          return reads - 1
        }
        if number == stop { cancellation.cancel() }
        return .proceed
      }
      let error = #expect(throws: HoloError.self) { try restore(stopping, cancellation) }
      #expect(error?.code == .cancelled, "read \(stop)")
      #expect(try scratch.names() == ["x.hwp"])
    }
  }
}
