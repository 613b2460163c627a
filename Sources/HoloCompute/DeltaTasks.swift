import CWaveKernels

// What a session is asked for, by offsets in bytes.

extension wave_run {
  package init(source: Int, target: Int, byteCount: Int) {
    self.init(sourceOffset: UInt64(source), targetOffset: UInt64(target), bytes: UInt32(byteCount), reserved: 0)
  }
}

extension wave_comparison {
  package init(left: Int, right: Int, byteCount: Int) {
    self.init(leftOffset: UInt64(left), rightOffset: UInt64(right), bytes: UInt32(byteCount), reserved: 0)
  }
}

extension wave_combination {
  /// - Parameter operation: WAVE_ADD…
  package init(left: Int, right: Int, target: Int, byteCount: Int, width: Int, operation: UInt8) {
    self.init(
      leftOffset: UInt64(left), rightOffset: UInt64(right), targetOffset: UInt64(target),
      words: UInt32(byteCount / width), width: UInt8(width), operation: operation, reserved: (0, 0))
  }
}
