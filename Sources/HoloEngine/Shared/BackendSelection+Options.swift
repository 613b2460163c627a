import HoloCompute

extension CaptureOptions {
  /// The backend that is asked for.
  func makeBackend(stateByteCount: UInt64) throws(HoloError) -> any ComputeBackend {
    try BackendSelection.make(backend, device: device, stateByteCount: stateByteCount)
  }
}

extension RestoreOptions {
  /// The backend that is asked for.
  func makeBackend(stateByteCount: UInt64) throws(HoloError) -> any ComputeBackend {
    try BackendSelection.make(backend, device: device, stateByteCount: stateByteCount)
  }
}

extension BackendSelection {
  fileprivate static func make(
    _ choice: BackendChoice, device: Int?, stateByteCount: UInt64
  ) throws(HoloError) -> any ComputeBackend {
    do {
      return try makeBackend(choice: choice, device: device, stateByteCount: Int(clamping: stateByteCount))
    } catch { throw HoloError(error) }
  }
}
