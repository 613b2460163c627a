import CWaveKernels

extension WorkGeometry {
  static func check(
    combining tasks: [wave_combination], _ left: ComputeBuffer, _ right: ComputeBuffer, target: ComputeBuffer
  ) throws(ComputeError) {
    for (index, task) in tasks.enumerated() {
      let found =
        formProblem(with: task)
        ?? problem(with: task.leftOffset, task.byteCount, in: left, named: "left words")
        ?? problem(with: task.rightOffset, task.byteCount, in: right, named: "right words")
        ?? problem(with: task.targetOffset, task.byteCount, in: target, named: "target")
      if let found { throw .invalidWork(item: "combination", index: index, reason: found) }
    }
  }

  static func check(
    runs: [wave_run], source: ComputeBuffer, target: ComputeBuffer
  ) throws(ComputeError) {
    for (index, run) in runs.enumerated() {
      let found =
        formProblem(byteCount: run.bytes, reserved: run.reserved)
        ?? problem(with: run.sourceOffset, UInt64(run.bytes), in: source, named: "source")
        ?? problem(with: run.targetOffset, UInt64(run.bytes), in: target, named: "target")
      if let found { throw .invalidWork(item: "run", index: index, reason: found) }
    }
  }

  static func check(
    comparing pairs: [wave_comparison], _ left: ComputeBuffer, _ right: ComputeBuffer
  ) throws(ComputeError) {
    for (index, pair) in pairs.enumerated() {
      let found =
        formProblem(byteCount: pair.bytes, reserved: pair.reserved)
        ?? problem(with: pair.leftOffset, UInt64(pair.bytes), in: left, named: "left chunk")
        ?? problem(with: pair.rightOffset, UInt64(pair.bytes), in: right, named: "right chunk")
      if let found { throw .invalidWork(item: "comparison", index: index, reason: found) }
    }
  }

  private static func formProblem(with task: wave_combination) -> String? {
    if task.reserved != (0, 0) { return "reserved bytes are not zero" }
    guard [1, 2, 4, 8].contains(task.width) else { return "a word of \(task.width) bytes" }
    if task.byteCount > chunkByteCount { return "\(task.words) words are more than a chunk" }
    switch Int(task.operation) {
    case WAVE_ADD, WAVE_SUBTRACT: return nil
    case WAVE_ADD_ORDERED, WAVE_SUBTRACT_ORDERED: return task.width == 1 ? "numbers of 1 byte" : nil
    default: return "unknown operation \(task.operation)"
    }
  }

  private static func formProblem(byteCount: UInt32, reserved: UInt32) -> String? {
    if reserved != 0 { return "reserved bytes are not zero" }
    return UInt64(byteCount) > chunkByteCount ? "\(byteCount) bytes are more than a chunk" : nil
  }
}

extension wave_combination {
  var byteCount: UInt64 { UInt64(words) * UInt64(width) }
}
