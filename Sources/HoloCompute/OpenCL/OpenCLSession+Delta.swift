import CWaveKernels

extension OpenCLSession {
  func combine(
    _ left: ComputeBuffer, _ right: ComputeBuffer, tasks: [wave_combination], target: ComputeBuffer
  ) throws(ComputeError) {
    let (first, second, made) = (try memory(of: left), try memory(of: right), try memory(of: target))
    try WorkGeometry.check(combining: tasks, left, right, target: target)
    for part in Self.parts(of: tasks.count) {
      let tasks = tasks[part]
      let written = ByteExtents.target(of: tasks)
      try load(tasks, into: &work)
      try submit { () throws(ComputeError) in
        try first.release(reading: ByteExtents.left(of: tasks), on: queue)
        try second.release(reading: ByteExtents.right(of: tasks), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try made.release(writing: written, partly: false, on: queue)
        try launch(
          WAVE_KERNEL_COMBINE, count: part.count, [first.buffer, second.buffer, work.buffer], [made.buffer])
        try made.acquire(written: written, on: queue)
        try work.acquire(on: queue)
        try second.acquire(on: queue)
        try first.acquire(on: queue)
      }
    }
  }

  func move(_ source: ComputeBuffer, runs: [wave_run], target: ComputeBuffer) throws(ComputeError) {
    let (from, to) = (try memory(of: source), try memory(of: target))
    try WorkGeometry.check(runs: runs, source: source, target: target)
    for part in Self.parts(of: runs.count) {
      let runs = runs[part]
      let written = ByteExtents.target(of: runs)
      try load(runs, into: &work)
      try submit { () throws(ComputeError) in
        try from.release(reading: ByteExtents.source(of: runs), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try to.release(writing: written, partly: false, on: queue)
        try launch(WAVE_KERNEL_MOVE, count: part.count, [from.buffer, work.buffer], [to.buffer])
        try to.acquire(written: written, on: queue)
        try work.acquire(on: queue)
        try from.acquire(on: queue)
      }
    }
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
}
