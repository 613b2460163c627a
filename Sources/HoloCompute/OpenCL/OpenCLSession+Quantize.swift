import CWaveKernels

extension OpenCLSession {
  func quantize(
    _ source: ComputeBuffer, tasks: [wave_quantization], codes: ComputeBuffer, restored: ComputeBuffer,
    flags: ComputeBuffer, results found: inout [wave_quantized]
  ) throws(ComputeError) {
    let (numbers, coded) = (try memory(of: source), try memory(of: codes))
    let (made, marked) = (try memory(of: restored), try memory(of: flags))
    try WorkGeometry.check(quantizing: tasks, source: source, codes: codes, restored: restored, flags: flags)
    found.fit(count: tasks.count, with: wave_quantized())
    guard try quantizesOnDevice() else {
      try onHost([source, codes, restored, flags]) { host, buffers throws(ComputeError) in
        try host.quantize(
          buffers[0], tasks: tasks, codes: buffers[1], restored: buffers[2], flags: buffers[3], results: &found)
      }
      ByteExtents.target(of: tasks[...]).forEach(coded.didWrite)
      ByteExtents.target(of: tasks[...]).forEach(made.didWrite)
      ByteExtents.flags(of: tasks[...]).forEach(marked.didWrite)
      return
    }
    for part in Self.parts(of: tasks.count) {
      let chunks = tasks[part]
      let (targets, bits) = (ByteExtents.target(of: chunks), ByteExtents.flags(of: chunks))
      let written = 0..<part.count * MemoryLayout<wave_quantized>.stride
      try reserve(written.count, in: &results)
      try load(chunks, into: &work)
      try submit { () throws(ComputeError) in
        try numbers.release(reading: ByteExtents.source(of: chunks), on: queue)
        try work.release(reading: [0..<work.bytes.count], on: queue)
        try coded.release(writing: targets, partly: false, on: queue)
        try made.release(writing: targets, partly: false, on: queue)
        try marked.release(writing: bits, partly: false, on: queue)
        try results.release(writing: [written], partly: false, on: queue)
        try launch(
          WAVE_KERNEL_QUANTIZE, count: part.count, [numbers.buffer, work.buffer],
          [coded.buffer, made.buffer, marked.buffer, results.buffer])
        try results.acquire(written: [written], on: queue)
        try marked.acquire(written: bits, on: queue)
        try made.acquire(written: targets, on: queue)
        try coded.acquire(written: targets, on: queue)
        try work.acquire(on: queue)
        try numbers.acquire(on: queue)
      }
      found.withUnsafeMutableBufferPointer { found in
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: found[part]))
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: results.bytes[written]))
      }
    }
  }

  func dequantize(
    _ codes: ComputeBuffer, tasks: [wave_quantization], restored: ComputeBuffer
  ) throws(ComputeError) {
    let (coded, made) = (try memory(of: codes), try memory(of: restored))
    try WorkGeometry.check(dequantizing: tasks, codes: codes, restored: restored)
    guard try quantizesOnDevice() else {
      try onHost([codes, restored]) { host, buffers throws(ComputeError) in
        try host.dequantize(buffers[0], tasks: tasks, restored: buffers[1])
      }
      ByteExtents.target(of: tasks[...]).forEach(made.didWrite)
      return
    }
    try run(
      WAVE_KERNEL_DEQUANTIZE, tasks, reading: [(coded, ByteExtents.target)], writing: (made, ByteExtents.target))
  }

  private func quantizesOnDevice() throws(ComputeError) -> Bool {
    if let hasQuantizer { return hasQuantizer }
    guard let program = backend.quantizers() else {
      hasQuantizer = false
      return false
    }
    try use(quantizers: program)
    return true
  }

  /// The host's kernels on the same memory, which is the host's between calls.
  private func onHost(
    _ buffers: [ComputeBuffer], _ body: (HostSession, [ComputeBuffer]) throws(ComputeError) -> Void
  ) throws(ComputeError) {
    let host = HostSession()
    try body(host, buffers.map { host.wrap($0.bytes) })
  }
}
