import CWaveKernels

/// A queue, the kernels with their arguments, and scratch memory that grows to the largest batch and stays.
///
/// Unsafe pointers live here because work lists are copied to the device as bytes; every offset in them was checked.
final class OpenCLSession: ComputeSession {
  let backend: OpenCLBackend
  let queue: OpenCLQueue
  private let lanes: Int32
  /// In the order of `enum wave_kernel`.
  private var kernels: [OpenCLKernel]
  /// Whether this device quantizes; nil while nobody has asked.
  var hasQuantizer: Bool?
  /// Spans, surveys, tasks or chunks to quantize.
  var work: OpenCLMemory
  private var dictionaries: OpenCLMemory
  /// Digests, palettes, or what became of chunks.
  var results: OpenCLMemory
  /// Values of blocks.
  private var blockResults: OpenCLMemory
  /// Leaf chaining values: they never leave the device.
  private var leaves: OpenCLBuffer

  /// Spans and surveys of one launch: bounds their scratch (8 KiB a span, 4 KiB a survey) whatever the batch.
  private static let itemsPerLaunch = 1024
  /// Tasks of one launch: pocl compiles a kernel anew for launches of 65,536 work-items and more, and all compiling is
  /// to happen at start-up.
  private static let tasksPerLaunch = 32768
  /// Leaf chaining values of one span: 256 of 32 bytes.
  private static let leavesByteCount = Int(WAVE_LEAVES_PER_CHUNK) * 32
  private static let firstScratchByteCount = 4096

  init(backend: OpenCLBackend) throws(ComputeError) {
    self.backend = backend
    let queue = try OpenCLQueue(context: backend.context)
    let lanes = Int32(backend.lanes)
    var kernels: [OpenCLKernel] = []
    for kernel in 0..<Int32(WAVE_KERNEL_COUNT.rawValue) {
      kernels.append(try backend.program.makeKernel(named: String(cString: wave_kernel_shape(kernel, 1, lanes).name)))
    }
    self.lanes = lanes
    self.queue = queue
    self.kernels = kernels
    work = try OpenCLMemory(queue: queue, byteCount: Self.firstScratchByteCount)
    dictionaries = try OpenCLMemory(queue: queue, byteCount: Self.firstScratchByteCount)
    results = try OpenCLMemory(queue: queue, byteCount: Self.firstScratchByteCount)
    blockResults = try OpenCLMemory(queue: queue, byteCount: Self.firstScratchByteCount)
    leaves = try OpenCLBuffer(context: queue.context, byteCount: Self.leavesByteCount, backing: .device)
  }

  /// Takes up the quantizers' kernels, which stand behind the others.
  func use(quantizers: OpenCLProgram) throws(ComputeError) {
    for kernel in [WAVE_KERNEL_QUANTIZE, WAVE_KERNEL_DEQUANTIZE] {
      let name = String(cString: wave_kernel_shape(Int32(kernel.rawValue), 1, lanes).name)
      kernels.append(try quantizers.makeKernel(named: name))
    }
    hasQuantizer = true
  }

  func makeBuffer(byteCount: Int) throws(ComputeError) -> ComputeBuffer {
    let memory = try OpenCLMemory(queue: queue, byteCount: byteCount)
    return ComputeBuffer(bytes: memory.bytes, storage: .openCL(memory))
  }

  func wrap(_ bytes: UnsafeMutableRawBufferPointer) throws(ComputeError) -> ComputeBuffer {
    ComputeBuffer(bytes: bytes, storage: .openCL(try OpenCLMemory(queue: queue, wrapping: bytes)))
  }

  func didWrite(_ buffer: ComputeBuffer, range: Range<Int>) {
    if case .openCL(let memory) = buffer.storage { memory.didWrite(range) }
  }

  func checksum(
    _ source: ComputeBuffer, spans: [wave_span], digests: inout [wave_digest], blocks: BlockValues?
  ) throws(ComputeError) {
    let values = try blocks?.reset(count: spans.count)
    let source = try memory(of: source)
    try WorkGeometry.check(spans: spans, sourceByteCount: source.bytes.count)
    digests.fit(count: spans.count, with: wave_digest())
    for part in Self.parts(of: spans.count) {
      let written = 0..<part.count * MemoryLayout<wave_digest>.stride
      try reserve(part.count * Self.leavesByteCount, in: &leaves)
      let blocksWritten = 0..<part.count * MemoryLayout<wave_block_values>.stride
      try reserve(written.count, in: &results)
      try reserve(blocksWritten.count, in: &blockResults)
      try load(spans[part], into: &work)
      try submit { () throws(ComputeError) in
        try source.release(reading: ByteExtents.source(of: spans[part]), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try results.release(writing: [written], partly: false, on: queue)
        try blockResults.release(writing: [blocksWritten], partly: true, on: queue)
        let buffers = [source.buffer, work.buffer]
        try launch(WAVE_KERNEL_CHECKSUM_LEAVES, count: part.count, buffers, [leaves])
        try launch(
          WAVE_KERNEL_CHECKSUM_TREE, count: part.count, buffers, [leaves, results.buffer, blockResults.buffer])
        if values == nil {
          try blockResults.acquire(on: queue)
        } else {
          try blockResults.acquire(written: [blocksWritten], on: queue)
        }
        try results.acquire(written: [written], on: queue)
        try work.acquire(on: queue)
        try source.acquire(on: queue)
      }
      digests.withUnsafeMutableBufferPointer { digests in
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: digests[part]))
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: results.bytes[written]))
      }
      if let values {
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: values[part]))
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: blockResults.bytes[blocksWritten]))
      }
    }
  }

  func survey(_ source: ComputeBuffer, surveys: [wave_survey], palettes: PaletteTable) throws(ComputeError) {
    let source = try memory(of: source)
    try WorkGeometry.check(surveys: surveys, sourceByteCount: source.bytes.count)
    let target = try palettes.reset(count: surveys.count)
    for part in Self.parts(of: surveys.count) {
      let written = 0..<part.count * MemoryLayout<wave_palette>.stride
      try reserve(written.count, in: &results)
      try load(surveys[part], into: &work)
      try submit { () throws(ComputeError) in
        try source.release(reading: ByteExtents.source(of: surveys[part]), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try results.release(writing: [written], partly: false, on: queue)
        try launch(WAVE_KERNEL_SURVEY, count: part.count, [source.buffer, work.buffer], [results.buffer])
        try results.acquire(written: [written], on: queue)
        try work.acquire(on: queue)
        try source.acquire(on: queue)
      }
      UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target[part]))
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: results.bytes[written]))
    }
  }

  func encode(
    _ source: ComputeBuffer, tasks: [wave_task], dictionaries words: UnsafeRawBufferPointer, streams: ComputeBuffer
  ) throws(ComputeError) {
    let (source, streams) = (try memory(of: source), try memory(of: streams))
    try WorkGeometry.check(
      tasks: tasks, direction: .encode, chunksByteCount: source.bytes.count, streamsByteCount: streams.bytes.count,
      dictionariesByteCount: words.count)
    try transform(
      WAVE_KERNEL_ENCODE, tasks: tasks, dictionaries: words, source: source, reading: ByteExtents.chunks,
      target: streams, writing: ByteExtents.streams, partly: false)
  }

  func decode(
    _ streams: ComputeBuffer, tasks: [wave_task], dictionaries words: UnsafeRawBufferPointer, target: ComputeBuffer
  ) throws(ComputeError) {
    let (streams, target) = (try memory(of: streams), try memory(of: target))
    try WorkGeometry.check(
      tasks: tasks, direction: .decode, chunksByteCount: target.bytes.count, streamsByteCount: streams.bytes.count,
      dictionariesByteCount: words.count)
    try transform(
      WAVE_KERNEL_DECODE, tasks: tasks, dictionaries: words, source: streams, reading: ByteExtents.streams,
      target: target, writing: ByteExtents.chunks, partly: tasks.contains { $0.stride != 1 })
  }

  /// Encodes or decodes: both read one buffer and write another as their tasks say.
  private func transform(
    _ kernel: wave_kernel, tasks: [wave_task], dictionaries words: UnsafeRawBufferPointer,
    source: OpenCLMemory, reading: (ArraySlice<wave_task>) -> [Range<Int>],
    target: OpenCLMemory, writing: (ArraySlice<wave_task>) -> [Range<Int>], partly: Bool
  ) throws(ComputeError) {
    if !tasks.isEmpty { try load(words, into: &dictionaries) }
    for part in Self.parts(of: tasks.count, limit: Self.tasksPerLaunch) {
      let tasks = tasks[part]
      try load(tasks, into: &work)
      try submit { () throws(ComputeError) in
        try source.release(reading: reading(tasks), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try dictionaries.release(reading: [0..<dictionaries.bytes.count], on: queue)
        try target.release(writing: writing(tasks), partly: partly, on: queue)
        try launch(
          kernel, count: tasks.count, [source.buffer, work.buffer], [dictionaries.buffer, target.buffer])
        try target.acquire(written: writing(tasks), on: queue)
        try dictionaries.acquire(on: queue)
        try work.acquire(on: queue)
        try source.acquire(on: queue)
      }
    }
  }

  // MARK: Commands

  /// Launches a kernel whose arguments are buffers, the number of items, and more buffers.
  func launch(
    _ kernel: wave_kernel, count: Int, _ before: [OpenCLBuffer], _ after: [OpenCLBuffer]
  ) throws(ComputeError) {
    guard let items = UInt32(exactly: count) else {
      throw .invalidWork(item: "launch", index: 0, reason: "\(count) items are too many")
    }
    let number = Int(kernel.rawValue)
    for (index, buffer) in before.enumerated() {
      try kernels[number].setArgument(index, to: buffer)
    }
    try kernels[number].setArgument(before.count, to: items)
    for (index, buffer) in after.enumerated() {
      try kernels[number].setArgument(before.count + 1 + index, to: buffer)
    }
    try queue.launch(kernels[number], shape: wave_kernel_shape(Int32(number), count, lanes))
  }

  /// Enqueues what `body` enqueues and waits for it, even when `body` fails half-way: the memory must not be reused
  /// under a running command.
  func submit(_ body: () throws(ComputeError) -> Void) throws(ComputeError) {
    do {
      try body()
    } catch {
      queue.drain()
      throw error
    }
    try queue.finish()
  }

  func memory(of buffer: ComputeBuffer) throws(ComputeError) -> OpenCLMemory {
    guard case .openCL(let memory) = buffer.storage, memory.context === queue.context else { throw .foreignBuffer }
    return memory
  }

  // MARK: Scratch

  static func parts(of count: Int, limit: Int = itemsPerLaunch) -> [Range<Int>] {
    stride(from: 0, to: count, by: limit).map { $0..<min($0 + limit, count) }
  }

  func load<Element: BitwiseCopyable>(
    _ elements: ArraySlice<Element>, into memory: inout OpenCLMemory
  ) throws(ComputeError) {
    try reserve(elements.count * MemoryLayout<Element>.stride, in: &memory)
    elements.withUnsafeBytes { memory.bytes.copyMemory(from: $0) }
    memory.didWrite(0..<elements.count * MemoryLayout<Element>.stride)
  }

  private func load(_ bytes: UnsafeRawBufferPointer, into memory: inout OpenCLMemory) throws(ComputeError) {
    try reserve(bytes.count, in: &memory)
    memory.bytes.copyMemory(from: bytes)
    memory.didWrite(0..<bytes.count)
  }

  func reserve(_ byteCount: Int, in memory: inout OpenCLMemory) throws(ComputeError) {
    guard memory.bytes.count < byteCount else { return }
    memory = try OpenCLMemory(queue: queue, byteCount: Self.grown(byteCount))
  }

  private func reserve(_ byteCount: Int, in buffer: inout OpenCLBuffer) throws(ComputeError) {
    guard buffer.byteCount < byteCount else { return }
    buffer = try OpenCLBuffer(context: queue.context, byteCount: Self.grown(byteCount), backing: .device)
  }

  /// The next power of two: a scratch buffer is allocated anew only a few times in a session's life.
  private static func grown(_ byteCount: Int) -> Int {
    1 << (Int.bitWidth - max(byteCount - 1, 1).leadingZeroBitCount)
  }
}
