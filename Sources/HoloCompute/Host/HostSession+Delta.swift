import CWaveKernels

// Unsafe here: the kernels take pointers; every offset was checked before.

extension HostSession {
  func combine(
    _ left: ComputeBuffer, _ right: ComputeBuffer, tasks: [wave_combination], target: ComputeBuffer
  ) throws(ComputeError) {
    let (first, second, made) = (try hostBase(of: left), try hostBase(of: right), try hostBase(of: target))
    try WorkGeometry.check(combining: tasks, left, right, target: target)
    guard !tasks.isEmpty else { return }
    wave_host_combine(first, second, tasks, tasks.count, made)
  }

  func move(_ source: ComputeBuffer, runs: [wave_run], target: ComputeBuffer) throws(ComputeError) {
    let (from, to) = (try hostBase(of: source), try hostBase(of: target))
    try WorkGeometry.check(runs: runs, source: source, target: target)
    guard !runs.isEmpty else { return }
    wave_host_move(from, runs, runs.count, to)
  }

  func compare(
    _ left: ComputeBuffer, _ right: ComputeBuffer, pairs: [wave_comparison], masks: inout [UInt64]
  ) throws(ComputeError) {
    let (first, second) = (try hostBase(of: left), try hostBase(of: right))
    try WorkGeometry.check(comparing: pairs, left, right)
    masks.fit(count: pairs.count, with: 0)
    guard !pairs.isEmpty else { return }
    masks.withUnsafeMutableBufferPointer { masks in
      wave_host_compare(first, second, pairs, pairs.count, masks.baseAddress)
    }
  }
}
