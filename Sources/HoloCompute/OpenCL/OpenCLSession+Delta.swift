import CWaveKernels

extension OpenCLSession {
  func combine(
    _ left: ComputeBuffer, _ right: ComputeBuffer, tasks: [wave_combination], target: ComputeBuffer
  ) throws(ComputeError) {
    let (first, second, made) = (try memory(of: left), try memory(of: right), try memory(of: target))
    try WorkGeometry.check(combining: tasks, left, right, target: target)
    try run(
      WAVE_KERNEL_COMBINE, tasks, reading: [(first, ByteExtents.left), (second, ByteExtents.right)],
      writing: (made, ByteExtents.target))
  }

  func move(_ source: ComputeBuffer, runs: [wave_run], target: ComputeBuffer) throws(ComputeError) {
    let (from, to) = (try memory(of: source), try memory(of: target))
    try WorkGeometry.check(runs: runs, source: source, target: target)
    try run(WAVE_KERNEL_MOVE, runs, reading: [(from, ByteExtents.source)], writing: (to, ByteExtents.target))
  }

  func compare(
    _ left: ComputeBuffer, _ right: ComputeBuffer, pairs: [wave_comparison], masks: inout [UInt64]
  ) throws(ComputeError) {
    let (first, second) = (try memory(of: left), try memory(of: right))
    try WorkGeometry.check(comparing: pairs, left, right)
    masks.fit(count: pairs.count, with: 0)
    for part in Self.parts(of: pairs.count) {
      let pairs = pairs[part]
      let written = 0..<part.count * MemoryLayout<UInt64>.stride
      try reserve(written.count, in: &results)
      try load(pairs, into: &work)
      try submit { () throws(ComputeError) in
        try first.release(reading: ByteExtents.left(of: pairs), on: queue)
        try second.release(reading: ByteExtents.right(of: pairs), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try results.release(writing: [written], partly: false, on: queue)
        try launch(
          WAVE_KERNEL_COMPARE, count: part.count, [first.buffer, second.buffer, work.buffer], [results.buffer])
        try results.acquire(written: [written], on: queue)
        try work.acquire(on: queue)
        try second.acquire(on: queue)
        try first.acquire(on: queue)
      }
      masks.withUnsafeMutableBufferPointer { masks in
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: masks[part]))
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: results.bytes[written]))
      }
    }
  }

  /// Memory, and which of its bytes tasks read or write.
  typealias Operand<Task> = (memory: OpenCLMemory, extents: (ArraySlice<Task>) -> [Range<Int>])

  /// Runs a kernel whose arguments are what it reads, the tasks with their number, and what it writes: all of the bytes that its tasks name.
  func run<Task: BitwiseCopyable>(
    _ kernel: wave_kernel, _ tasks: [Task], reading sources: [Operand<Task>], writing target: Operand<Task>
  ) throws(ComputeError) {
    for part in Self.parts(of: tasks.count) {
      let tasks = tasks[part]
      let written = target.extents(tasks)
      try load(tasks, into: &work)
      try submit { () throws(ComputeError) in
        for source in sources { try source.memory.release(reading: source.extents(tasks), on: queue) }
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try target.memory.release(writing: written, partly: false, on: queue)
        try launch(
          kernel, count: part.count, sources.map(\.memory.buffer) + [work.buffer], [target.memory.buffer])
        try target.memory.acquire(written: written, on: queue)
        try work.acquire(on: queue)
        for source in sources.reversed() { try source.memory.acquire(on: queue) }
      }
    }
  }
}
