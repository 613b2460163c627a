import Glibc
import HoloFormat
import HoloModel
import HoloSystem
import Testing

@Suite struct WriterTests {
  private func kind(_ body: (ContainerWriter) throws -> Void) throws -> FormatError.Kind? {
    let container = try TestContainer()
    do { try body(container.writer) } catch let error as FormatError { return error.kind }
    return nil
  }

  private let constant = Coding(width: 1, methods: [.constant([0])])

  @Test(arguments: ["", "a\0b", "\\", "\\x41", String(repeating: "n", count: 4_097)])
  func refusesNamesThatAreNotCanonical(name: String) throws {
    #expect(try kind { try $0.beginRegion(name: name, elementType: .bytes) } == .invalidInput)
    #expect(
      try kind { writer in
        _ = try writer.finish(directories: [DirectoryEntry(name: name)]) { TestContainer.summary(totals: $0) }
      } == .invalidInput)
  }

  @Test func refusesWhatComesOutOfOrder() throws {
    let value = Digest256()
    #expect(try kind { try $0.append(chunk: value, coding: constant, frame: nil) } == .invalidInput)
    #expect(try kind { try $0.endRegion(TestContainer.descriptor("a", [])) } == .invalidInput)
    #expect(try kind { try $0.restartRegion(elementType: .u8) } == .invalidInput)
    #expect(try kind { try $0.abandonRegion() } == .invalidInput)
    #expect(
      try kind { writer in
        try writer.beginRegion(name: "a", elementType: .bytes)
        try writer.beginRegion(name: "b", elementType: .bytes)
      } == .invalidInput)
    #expect(
      try kind { writer in
        for _ in 0..<2 { _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) } }
      } == .invalidInput)
  }

  @Test func refusesDescriptorsThatContradictTheChunks() throws {
    func ending(_ change: (inout RegionDescriptor) -> Void) throws -> FormatError.Kind? {
      try kind { writer in
        try writer.beginRegion(name: "a", elementType: .u16)
        for _ in 0..<2 { try writer.append(chunk: Digest256(), coding: constant, frame: nil) }
        var descriptor = RegionDescriptor(
          name: "a", component: .index, elementType: .u16, shape: [131_073], byteCount: 262_146,
          root: BLAKE3.parent(Digest256(), Digest256(), isRoot: true))
        change(&descriptor)
        try writer.endRegion(descriptor)
      }
    }
    #expect(try ending { _ in } == nil)
    #expect(try ending { $0.name = "b" } == .invalidInput)
    #expect(try ending { $0.elementType = .u8 } == .invalidInput)
    #expect(try ending { $0.byteCount = 262_144 } == .invalidInput)
    #expect(try ending { $0.byteCount = 262_147 } == .invalidInput)
    #expect(try ending { $0.shape = [131_072] } == .invalidInput)
    #expect(try ending { $0.shape = [1 << 63, 1 << 63] } == .invalidInput)
    #expect(try ending { $0.shape = [UInt64](repeating: 1, count: 33) } == .invalidInput)
    #expect(try ending { $0.root = Digest256() } == .invalidInput)
    #expect(try ending { $0.permissions = 0o10000 } == .invalidInput)
    #expect(try ending { $0.modified = Timestamp(seconds: 0, nanoseconds: 1_000_000_000) } == .invalidInput)
    #expect(try ending { $0.header = [UInt8](repeating: 0, count: 16 << 20 + 1) } == .invalidInput)
  }

  @Test func refusesChunksThatContradictThemselves() throws {
    let bytes = [UInt8](repeating: 0, count: 28)
    func appending(_ coding: Coding, hasFrame: Bool, byteCount: Int = 28) throws -> FormatError.Kind? {
      try kind { writer in
        try writer.beginRegion(name: "a", elementType: .bytes)
        try bytes.withUnsafeBytes { buffer in
          let frame = UnsafeRawBufferPointer(rebasing: buffer[..<byteCount])
          try writer.append(chunk: Digest256(), coding: coding, frame: hasFrame ? (frame, Digest128()) : nil)
        }
      }
    }
    #expect(try appending(.stored, hasFrame: true) == nil)
    #expect(try appending(.stored, hasFrame: false) == .invalidInput)
    #expect(try appending(.stored, hasFrame: true, byteCount: 27) == .invalidInput)
    #expect(try appending(constant, hasFrame: true) == .invalidInput)
    for coding in [
      Coding(width: 3, methods: [.raw]), Coding(width: 1, methods: []), Coding(width: 16, methods: [.raw, .raw]),
      Coding(width: 16, methods: [.planes]), Coding(width: 4, methods: [.constant([1])]),
      Coding(width: 4, methods: [.palette(count: 257)]),
      Coding(width: 2, methods: [.ratioPalette(count: 2, divisor: 3)]),
      Coding(width: 4, methods: [.ratioPalette(count: 2, divisor: 0)]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .unsigned, streamByteCount: 0))]),
      Coding(width: 16, methods: [.bins(Bins(mapping: .unsigned, streamByteCount: 1))]),
      Coding(width: 2, methods: [.bins(Bins(mapping: .ratio, divisor: 1, streamByteCount: 1))]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .ratio, divisor: 0, streamByteCount: 1))]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .float, divisor: 1, streamByteCount: 1))]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .signed, lags: [0], streamByteCount: 1))]),
      Coding(width: 4, methods: [.bins(Bins(mapping: .signed, lags: [1, 1, 1, 1], streamByteCount: 1))]),
    ] {
      #expect(try appending(coding, hasFrame: true) == .invalidInput, "\(coding)")
    }
  }

  @Test func refusesANameThatIsThereTwice() throws {
    #expect(
      try kind { writer in
        for _ in 0..<2 {
          try writer.beginRegion(name: "a", elementType: .bytes)
          try writer.endRegion(TestContainer.descriptor("a", []))
        }
      } == .invalidInput)
    for directories in [[DirectoryEntry(name: "a")], [DirectoryEntry(name: "b"), DirectoryEntry(name: "b")]] {
      #expect(
        try kind { writer in
          try writer.beginRegion(name: "a", elementType: .bytes)
          try writer.endRegion(TestContainer.descriptor("a", []))
          _ = try writer.finish(directories: directories) { TestContainer.summary(totals: $0) }
        } == .invalidInput)
    }
  }

  /// Headers and tails of 16 MiB: segments stay within their 64.
  @Test func largeHeadersGoIntoSegmentsOfTheirOwn() throws {
    let large = [UInt8](repeating: 5, count: 16 << 20)
    var container = try TestContainer()
    for name in ["a", "b", "c"] {
      var descriptor = TestContainer.descriptor(name, [1, 2])
      descriptor.header = large
      descriptor.tail = large
      try container.add(descriptor, [1, 2])
    }
    try container.finish()
    let source = MemorySource(container.sink.bytes)
    let map = try ContainerReader.open(source, path: "").index()
    #expect(map.regions.count == 3 && map.regions[2].tail == large)
    #expect(try map.bytes(ofRegion: 1, from: source) == [1, 2])
  }

  @Test func refusesASummaryThatIsTooLarge() throws {
    let long = String(repeating: "s", count: 65_536)
    #expect(
      try kind { writer in
        _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0, series: long) }
      } == .limitExceeded)
  }

  @Test func everyFailingWriteIsReported() throws {
    let path = "/tmp/holosnap-format-test.\(UInt64.random(in: 0 ... .max))"
    defer { try? Syscalls().remove(path) }
    // Header, frame, segment, manifest, trailer.
    for failing in 0..<5 {
      let counter = Counter()
      let syscalls = Syscalls { call, _ in call == .pwrite && counter.next() == failing ? .fail(ENOSPC) : .proceed }
      let file = try syscalls.open(path, O_RDWR | O_CREAT | O_TRUNC)
      let error = #expect(throws: FormatError.self) {
        let writer = try ContainerWriter(sink: FileSink(file), containerID: .random(), createdNanoseconds: 0)
        try writer.beginRegion(name: "a", elementType: .bytes)
        try [UInt8](repeating: 1, count: 40).withUnsafeBytes {
          try writer.append(chunk: Digest256(), coding: .stored, frame: ($0, Digest128()))
        }
        try writer.endRegion(TestContainer.descriptor("a", [1, 2]))
        _ = try writer.finish(directories: []) { TestContainer.summary(totals: $0) }
      }
      #expect(error?.kind == .inputOutput)
      #expect(error?.cause?.code == ENOSPC && error?.path == path)
    }
  }

  @Test func everyFailingReadIsReported() throws {
    let path = "/tmp/holosnap-format-test.\(UInt64.random(in: 0 ... .max))"
    defer { try? Syscalls().remove(path) }
    var container = try TestContainer()
    try container.add("a", [1, 2, 3])
    try container.finish()
    try Syscalls().open(path, O_WRONLY | O_CREAT).append(container.sink.bytes)
    let isFailing = Counter()
    let syscalls = Syscalls { call, _ in call == .pread && isFailing.value > 0 ? .fail(EIO) : .proceed }
    let source = try FileSource(try syscalls.open(path, O_RDONLY))
    let reader = try ContainerReader.open(source, path: path)
    #expect(reader.verifyStoredFrames().isEmpty)
    _ = isFailing.next()
    let problems = reader.verifyStoredFrames()
    #expect(problems.map(\.frame) == [0, 1, 2])
    #expect(problems.allSatisfy { $0.kind == .inputOutput && $0.cause?.code == EIO })
    #expect(reader.intactIndex().problems.first?.cause?.code == EIO)
    #expect(throws: FormatError.self) { _ = try reader.index() }
    #expect(throws: FormatError.self) { _ = try ContainerReader.open(source, path: path) }
    #expect(throws: FormatError.self) { _ = try Salvage.scan(source, path: path) }
  }
}
