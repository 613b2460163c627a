import CWaveKernels
import Glibc
import TestSupport
import Testing

@testable import HoloCompute

@Suite struct CodingTests {
  /// Every bit against the words of the format, up to a block.
  @Test(arguments: TestBackend.available)
  func encodesAsTheFormatSays(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let plan = CodingPlan(reachesChunk: false)
    let source = try session.makeBuffer(byteCount: plan.chunksByteCount)
    plan.fill(source.bytes, &generator)
    session.didWrite(source)
    let streams = try session.makeBuffer(byteCount: plan.streamsByteCount)
    try plan.dictionaries.withUnsafeBytes { dictionaries in
      try session.encode(source, tasks: plan.tasks, dictionaries: dictionaries, streams: streams)
    }
    let chunk = Array(source.bytes)
    for task in plan.tasks where task.width <= 8 {
      let start = Int(task.streamOffset)
      let actual = streams.bytes[start..<(start + Int(WorkGeometry.streamByteCount(of: task)))]
      let expected = ReferenceCoding.stream(of: task, chunk: chunk, dictionary: words(of: task, in: plan))
      #expect(actual.elementsEqual(expected), "\(task)")
    }
  }

  /// Every method, width and stride at every boundary up to a whole chunk: the same streams as the host's, and not a byte
  /// written beside them.
  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func encodesLikeTheHostAtEveryBoundary(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let plan = CodingPlan(reachesChunk: true)
    let (host, device) = (try TestBackend.host.session(), try test.session())
    let source = try host.makeBuffer(byteCount: plan.chunksByteCount)
    plan.fill(source.bytes, &generator)
    let expected = try host.makeBuffer(byteCount: plan.streamsByteCount, filledWith: 0xA5)
    let actual = try device.makeBuffer(byteCount: plan.streamsByteCount, filledWith: 0xA5)
    try plan.dictionaries.withUnsafeBytes { dictionaries in
      try host.encode(source, tasks: plan.tasks, dictionaries: dictionaries, streams: expected)
      try device.encode(
        try device.wrap(source.bytes), tasks: plan.tasks, dictionaries: dictionaries, streams: actual)
    }
    expectEqual(actual, expected) { task in
      Int(task.streamOffset)..<Int(task.streamOffset) + Int(WorkGeometry.streamByteCount(of: task))
    } of: {
      plan.tasks
    }
  }

  /// What was encoded comes back, and what stands between the words of one component stays.
  @Test(arguments: TestBackend.available)
  func decodesWhatItEncoded(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let plan = CodingPlan(reachesChunk: true)
    let session = try test.session()
    let source = try session.makeBuffer(byteCount: plan.chunksByteCount)
    plan.fill(source.bytes, &generator)
    session.didWrite(source)
    let streams = try session.makeBuffer(byteCount: plan.streamsByteCount)
    let target = try session.makeBuffer(byteCount: plan.chunksByteCount, filledWith: 0x5A)
    try plan.dictionaries.withUnsafeBytes { dictionaries in
      try session.encode(source, tasks: plan.tasks, dictionaries: dictionaries, streams: streams)
      try session.decode(streams, tasks: plan.tasks, dictionaries: dictionaries, target: target)
    }
    // The source with 0x5A wherever no task wrote.
    let expected = try TestBackend.host.session().makeBuffer(byteCount: plan.chunksByteCount, filledWith: 0x5A)
    copyWords(of: plan, from: source.bytes, to: expected.bytes)
    expectEqual(target, expected) { task in
      let step = Int(task.width) * Int(task.stride)
      return Int(task.chunkOffset)..<Int(task.chunkOffset) + max(0, (Int(task.words) - 1) * step + Int(task.width))
    } of: {
      plan.tasks
    }
  }

  /// Streams that nobody encoded, among them palette indices past the dictionary: every backend makes the same of them.
  @Test(.enabled(if: TestBackend.hasOpenCL), arguments: TestBackend.onDevice)
  func decodesHostileStreamsLikeTheHost(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let plan = CodingPlan(reachesChunk: true)
    let (host, device) = (try TestBackend.host.session(), try test.session())
    let streams = try host.makeBuffer(byteCount: plan.streamsByteCount)
    generator.fill(streams.bytes)
    let expected = try host.makeBuffer(byteCount: plan.chunksByteCount, filledWith: 0x5A)
    let actual = try device.makeBuffer(byteCount: plan.chunksByteCount, filledWith: 0x5A)
    try plan.dictionaries.withUnsafeBytes { dictionaries in
      try host.decode(streams, tasks: plan.tasks, dictionaries: dictionaries, target: expected)
      try device.decode(
        try device.wrap(streams.bytes), tasks: plan.tasks, dictionaries: dictionaries, target: actual)
    }
    expectEqual(actual, expected) { task in
      Int(task.chunkOffset)..<Int(task.chunkOffset) + Int(task.words) * Int(task.width) * Int(task.stride)
    } of: {
      plan.tasks
    }
  }

  /// A whole batch and one chunk more or less, both components of complex elements, in one call.
  @Test(arguments: TestBackend.available, [-1, 0, 1])
  func codesABatch(on test: TestBackend, chunksBeyond difference: Int) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let chunkCount = try test.backend().batchByteCount / chunkByteCount + difference
    let source = try session.makeBuffer(byteCount: chunkCount * chunkByteCount)
    generator.fill(source.bytes)
    session.didWrite(source)
    let words = chunkByteCount / 8
    let tasks = (0..<2 * chunkCount).map { index in
      wave_task.make(
        CodingPlan.integerMethods[index % 3], width: 4, stride: 2, words: words,
        chunkOffset: index / 2 * chunkByteCount + index % 2 * 4, streamOffset: index * chunkByteCount / 2)
    }
    let streams = try session.makeBuffer(byteCount: source.bytes.count)
    let target = try session.makeBuffer(byteCount: source.bytes.count)
    try session.encode(source, tasks: tasks, dictionaries: noDictionaries, streams: streams)
    try session.decode(streams, tasks: tasks, dictionaries: noDictionaries, target: target)
    #expect(areEqual(source.bytes, target.bytes))
  }

  /// More tasks than one launch takes.
  @Test(arguments: TestBackend.available)
  func codesTensOfThousandsOfSmallTasks(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let count = 70_000
    let source = try session.makeBuffer(byteCount: count * 8)
    generator.fill(source.bytes)
    session.didWrite(source)
    let tasks = (0..<count).map { index in
      wave_task.make(WAVE_METHOD_PLANES, width: 1, words: 8, chunkOffset: index * 8, streamOffset: index * 8)
    }
    let streams = try session.makeBuffer(byteCount: count * 8)
    let target = try session.makeBuffer(byteCount: count * 8)
    try session.encode(source, tasks: tasks, dictionaries: noDictionaries, streams: streams)
    #expect(!areEqual(source.bytes, streams.bytes))
    try session.decode(streams, tasks: tasks, dictionaries: noDictionaries, target: target)
    #expect(areEqual(source.bytes, target.bytes))
  }

  /// Memory that is the caller's, at an odd address: read and written in place.
  @Test(arguments: TestBackend.available)
  func worksOnMemoryOfTheCaller(on test: TestBackend) throws {
    var generator = SeededGenerator.announced()
    let session = try test.session()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 3 * chunkByteCount, alignment: 64)
    defer { memory.deallocate() }
    generator.fill(memory)
    let original = Array(memory)
    let wrapped = try session.wrap(UnsafeMutableRawBufferPointer(rebasing: memory[3...]))
    let streams = try session.makeBuffer(byteCount: chunkByteCount)
    let task = wave_task.make(WAVE_METHOD_FLOAT_DIFFERENCE, width: 8, words: chunkByteCount / 8, chunkOffset: 5)
    try session.encode(wrapped, tasks: [task], dictionaries: noDictionaries, streams: streams)
    memset(memory.baseAddress! + 8, 0, chunkByteCount)
    session.didWrite(wrapped)
    try session.decode(streams, tasks: [task], dictionaries: noDictionaries, target: wrapped)
    #expect(memory.elementsEqual(original))
  }

  @Test(arguments: TestBackend.available)
  func acceptsWorkOnNothing(on test: TestBackend) throws {
    let session = try test.session()
    for buffer in [
      try session.makeBuffer(byteCount: 0), try session.wrap(UnsafeMutableRawBufferPointer(start: nil, count: 0)),
    ] {
      var digests: [wave_digest] = []
      try session.checksum(buffer, spans: [], digests: &digests)
      #expect(digests.isEmpty)
      try session.checksum(buffer, spans: regionSpans(byteCount: 0), digests: &digests)
      #expect(digests.count == 1)
      try session.encode(buffer, tasks: [], dictionaries: noDictionaries, streams: buffer)
      let task = wave_task.make(WAVE_METHOD_PLANES, width: 4, words: 0)
      let target = try session.makeBuffer(byteCount: 0)
      try session.encode(buffer, tasks: [task], dictionaries: noDictionaries, streams: target)
      try session.decode(target, tasks: [task], dictionaries: noDictionaries, target: buffer)
    }
  }

  // MARK: Comparing

  private func words(of task: wave_task, in plan: CodingPlan) -> [UInt64] {
    (0..<Int(task.count)).map { index in
      (0..<Int(task.width)).reduce(0) { word, byte in
        word | UInt64(plan.dictionaries[Int(task.dictionaryOffset) + index * Int(task.width) + byte]) << (8 * byte)
      }
    }
  }

  private func copyWords(
    of plan: CodingPlan, from source: UnsafeMutableRawBufferPointer, to target: UnsafeMutableRawBufferPointer
  ) {
    guard let source = source.baseAddress, let target = target.baseAddress else { return }
    for task in plan.tasks {
      let (start, width, step) = (Int(task.chunkOffset), Int(task.width), Int(task.width) * Int(task.stride))
      if task.stride == 1 {
        memcpy(target + start, source + start, Int(task.words) * width)
      } else {
        for word in 0..<Int(task.words) { memcpy(target + start + word * step, source + start + word * step, width) }
      }
    }
  }

  /// Names the tasks whose bytes differ; a difference outside every task is told of, too.
  private func expectEqual(
    _ actual: ComputeBuffer, _ expected: ComputeBuffer, _ range: (wave_task) -> Range<Int>, of tasks: () -> [wave_task],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard !areEqual(actual.bytes, expected.bytes) else { return }
    let wrong = tasks().filter { task in
      !areEqual(
        UnsafeMutableRawBufferPointer(rebasing: actual.bytes[range(task)]),
        UnsafeMutableRawBufferPointer(rebasing: expected.bytes[range(task)]))
    }
    Issue.record(
      "\(wrong.count) tasks differ, the first: \(wrong.first.map { "\($0)" } ?? "none; bytes outside tasks do")",
      sourceLocation: sourceLocation)
  }
}
