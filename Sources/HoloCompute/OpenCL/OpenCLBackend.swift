import CWaveKernels

/// An OpenCL device with the kernels built for it.
package final class OpenCLBackend: ComputeBackend {
  package let summary: BackendSummary
  package let batchByteCount: Int
  package let batchChunkLimit: Int
  let context: OpenCLContext
  let program: OpenCLProgram
  /// The width that the kernels are written over: 16 to be vectorized on a processor, 1 on a device whose threads
  /// are the lanes.
  let lanes: Int

  /// Builds the kernels, launches each once (pocl compiles at the first launch) and compares what they give with the
  /// host's. Call it within ``OpenCLStartup/exclusively(_:)``.
  ///
  /// - Parameters:
  ///   - source: other kernels, for tests of builds that fail.
  ///   - memoryModel: another model than the device's own, for tests of the copying path on any device.
  ///   - lanes: another width than the device's own, for tests of a GPU's kernels on any device.
  init(
    deviceIndex: Int, reason: String, source: String? = nil, memoryModel: OpenCLContext.MemoryModel? = nil,
    lanes: Int? = nil
  ) throws(ComputeError) {
    let devices = try OpenCLPlatform.devices()
    guard let (device, description) = devices.first(where: { $0.description.index == deviceIndex }) else {
      throw .noSuchDevice(index: deviceIndex, deviceCount: devices.count)
    }
    if let problem = description.problem {
      throw .unusableDevice(name: description.name, reason: problem)
    }
    let isProcessor = description.kind == .cpu
    self.lanes = lanes ?? (isProcessor ? 16 : 1)
    // A processor's batch should stay in its caches (measured with pocl: 4 MiB beats 2 and 8); another device's must be
    // worth the launches.
    batchByteCount = isProcessor ? 4 << 20 : 32 << 20
    batchChunkLimit = isProcessor ? 1024 : 4096
    context = try OpenCLContext(
      device: device, description: description, memoryModel: memoryModel ?? .init(for: description))
    // -w: pocl's compiler would count its warnings on the host process' standard error.
    program = try OpenCLProgram(
      context: context, source: source ?? String(cString: wave_opencl_source), options: "-DLANES=\(self.lanes) -w")
    summary = BackendSummary(kind: .opencl, device: description.name, reason: reason)
    try OpenCLSelfTest.run(on: try OpenCLSession(backend: self), device: description.name)
  }

  package func makeSession() throws(ComputeError) -> any ComputeSession {
    try OpenCLSession(backend: self)
  }
}
