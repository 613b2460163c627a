import Glibc
import HoloFormat
import HoloModel
import HoloSystem
import TestSupport
import Testing

@Suite struct WaveWriterTests {
  private func kind(_ sampleType: ElementType? = .f32, _ body: (WaveWriter) throws -> Void) throws -> FormatError.Kind?
  {
    do { try body(try TestWave.writer(MemorySink(), sampleType: sampleType)) } catch let error as FormatError {
      return error.kind
    }
    return nil
  }

  private func begin(_ writer: WaveWriter, _ name: String, _ type: ElementType = .bytes, ordinal: Int = 0) throws {
    try writer.beginRegion(name: name, component: .memory, elementType: type, ordinal: ordinal)
  }

  @Test(arguments: ["", "a\0b", "\\", "\\x41", String(repeating: "n", count: 4_097)])
  func refusesNamesThatAreNotCanonical(name: String) throws {
    #expect(try kind { try begin($0, name) } == .invalidInput)
    #expect(try kind { _ = try TestWave.finish($0, directories: [DirectoryEntry(name: name)]) } == .invalidInput)
  }

  @Test func refusesWhatComesOutOfOrder() throws {
    #expect(try kind { try TestWave.append([1], to: $0) } == .invalidInput)
    #expect(try kind { try $0.endRegion(TestContainer.descriptor("a", [])) } == .invalidInput)
    #expect(try kind { try $0.restartRegion() } == .invalidInput)
    #expect(try kind { try $0.abandonRegion() } == .invalidInput)
    #expect(try kind { for _ in 0..<2 { _ = try TestWave.finish($0) } } == .invalidInput)
    #expect(
      try kind { writer in
        try begin(writer, "a")
        try begin(writer, "b", ordinal: 1)
      } == .invalidInput)
    #expect(
      try kind { writer in
        try begin(writer, "a")
        _ = try TestWave.finish(writer)
      } == .invalidInput)
    // A region of samples after another.
    #expect(
      try kind { writer in
        try begin(writer, "a")
        try writer.endRegion(TestContainer.descriptor("a", []))
        try begin(writer, "b", .f32, ordinal: 1)
      } == .invalidInput)
    // One name, one place.
    for (name, ordinal) in [("a", 1), ("b", 0)] {
      #expect(
        try kind { writer in
          try begin(writer, "a")
          try writer.endRegion(TestContainer.descriptor("a", []))
          try begin(writer, name, ordinal: ordinal)
          try writer.endRegion(TestContainer.descriptor(name, []))
          _ = try TestWave.finish(writer)
        } == .invalidInput)
    }
    // A directory with a region's name, and one twice.
    for names in [["a"], ["d", "d"]] {
      #expect(
        try kind { writer in
          try begin(writer, "a")
          try writer.endRegion(TestContainer.descriptor("a", []))
          _ = try TestWave.finish(writer, directories: names.map { DirectoryEntry(name: $0) })
        } == .invalidInput)
    }
  }

  @Test func refusesChunksAndDescriptorsThatContradictThemselves() throws {
    func ending(_ bytes: [UInt8], _ change: (inout RegionDescriptor) -> Void) throws -> FormatError.Kind? {
      try kind { writer in
        try begin(writer, "a", .u16)
        try TestWave.append(bytes, to: writer)
        var descriptor = TestContainer.descriptor("a", bytes, type: .u16)
        change(&descriptor)
        try writer.endRegion(descriptor)
      }
    }
    let bytes = [UInt8](repeating: 1, count: 262_146)
    #expect(try ending(bytes) { _ in } == nil)
    #expect(try ending(bytes) { $0.name = "b" } == .invalidInput)
    #expect(try ending(bytes) { $0.elementType = .i16 } == .invalidInput)
    #expect(try ending(bytes) { $0.component = .index } == .invalidInput)
    #expect(try ending(bytes) { $0.byteCount = 262_148 } == .invalidInput)
    #expect(try ending(bytes) { $0.shape = [5] } == .invalidInput)
    #expect(try ending(bytes) { $0.root = Digest256() } == .invalidInput)
    #expect(try ending([]) { $0.root = Digest256() } == .invalidInput)
    for counts in [[0], [262_145], [5, 1], [262_143, 262_144]] {
      #expect(
        try kind { writer in
          try begin(writer, "a")
          for count in counts {
            try [UInt8](repeating: 0, count: count).withUnsafeBytes {
              try writer.append(chunk: Digest256(), bytes: $0)
            }
          }
        } == .invalidInput)
    }
  }

  @Test func refusesWhatAWaveIsNot() throws {
    #expect(throws: FormatError.self) { try TestWave.writer(MemorySink(), sampleType: .u8) }
    for change in [{ $0.type = "incremental" }, { $0.parent = "0" }] as [(inout Summary) -> Void] {
      let found = try kind { writer in
        _ = try writer.finish(directories: []) { totals in
          var summary = TestContainer.summary(totals: totals)
          change(&summary)
          return summary
        }
      }
      #expect(found == .invalidInput)
    }
  }

  @Test func theTypeWithTheMostBytesIsTheSamples() {
    func type(_ regions: (ElementType, UInt64)...) -> ElementType? {
      WaveWriter.sampleType(of: regions.map { (elementType: $0.0, byteCount: $0.1) })
    }
    #expect(type() == nil)
    #expect(type((.bytes, 100), (.u64, 5), (.bf16, 4)) == nil)
    #expect(type((.f32, 0)) == nil)
    #expect(type((.bytes, 100), (.f32, 4)) == .f32)
    #expect(type((.f32, 8), (.c128, 16), (.f32, 12)) == .f32)
    #expect(type((.f32, 8), (.c128, 16), (.c64, 8)) == .c128)
    #expect(type((.f64, .max), (.f64, .max), (.f32, 8)) == .f64)
  }

  /// The most regions that there can be are written and read; one more is refused.
  @Test func aMillionRegionsAreTheMost() throws {
    let sink = MemorySink()
    let writer = try TestWave.writer(sink, sampleType: nil)
    let empty = TestContainer.descriptor("", [])
    for index in 0..<WAVE.Limit.regionCount {
      var descriptor = empty
      descriptor.name = String(index, radix: 36)
      try TestWave.begin(writer, descriptor, ordinal: index)
      try writer.endRegion(descriptor)
    }
    let error = #expect(throws: FormatError.self) { try begin(writer, "more", ordinal: -1) }
    #expect(error?.kind == .limitExceeded)
    _ = try TestWave.finish(writer)
    let reader = try WaveReader.open(MemorySource(sink.bytes), path: "")
    #expect(reader.regions.count == WAVE.Limit.regionCount)
    #expect(reader.regions[WAVE.Limit.regionCount - 1].name == String(WAVE.Limit.regionCount - 1, radix: 36))
  }

  private func write(to file: OpenFile) throws {
    let writer = try TestWave.writer(FileSink(file), sampleType: .f32)
    for (ordinal, region) in [
      TestWave.region("a", [1, 2, 3, 4], .f32), TestWave.region("b", [5], component: .index),
    ].enumerated() {
      try TestWave.begin(writer, region.descriptor, ordinal: ordinal)
      try TestWave.append(region.bytes, to: writer)
      try writer.restartRegion()
      try TestWave.append(region.bytes, to: writer)
      try writer.endRegion(region.descriptor)
    }
    _ = try TestWave.finish(writer)
  }

  /// Each call in turn fails: an error that names it, never a file that looks whole.
  @Test func everyCallThatFailsIsReported() throws {
    let directory = ScratchDirectory()
    var kinds: [Syscalls.Call] = []
    while true {
      // Call 0 opens the file.
      let injector = FaultInjector(failing: kinds.count + 1, with: ENOSPC)
      let file = try injector.syscalls.open(directory.path("\(kinds.count).wave"), O_RDWR | O_CREAT | O_EXCL)
      do { try write(to: file) } catch let error as FormatError {
        let cause = try #require(error.cause)
        #expect(error.kind == .inputOutput && cause.code == ENOSPC)
        kinds.append(cause.call)
        #expect(throws: FormatError.self) { try WaveReader.open(try FileSource(file), path: "") }
        continue
      }
      break
    }
    #expect(Set(kinds) == [.pwrite, .ftruncate])
    #expect(kinds.count > 15)
  }
}
