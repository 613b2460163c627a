import CWaveKernels
import Synchronization

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
  private let quantizerSource: String
  private let quantizerState = Mutex(QuantizerState.unbuilt)

  private enum QuantizerState {
    case unbuilt
    case built(OpenCLProgram)
    case leftToTheHost
  }

  /// Builds the kernels, launches each once (pocl compiles at the first launch) and compares what they give with the
  /// host's. Call it within ``OpenCLStartup/exclusively(_:)``.
  ///
  /// - Parameters:
  ///   - source: other kernels, for tests of builds that fail.
  ///   - quantizerSource: likewise of the quantizers.
  ///   - memoryModel: another model than the device's own, for tests of the copying path on any device.
  ///   - lanes: another width than the device's own, for tests of a GPU's kernels on any device.
  init(
    deviceIndex: Int, reason: String, source: String? = nil, quantizerSource: String? = nil,
    memoryModel: OpenCLContext.MemoryModel? = nil, lanes: Int? = nil
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
    program = try OpenCLProgram(
      context: context, source: source ?? String(cString: wave_opencl_source), options: Self.options(lanes: self.lanes))
    self.quantizerSource = quantizerSource ?? String(cString: wave_opencl_quantizer_source)
    summary = BackendSummary(kind: .opencl, device: description.name, reason: reason)
    try OpenCLSelfTest.run(on: try OpenCLSession(backend: self), device: description.name)
  }

  /// -w: pocl's compiler would count its warnings on the host process' standard error.
  private static func options(lanes: Int) -> String { "-DLANES=\(lanes) -w" }

  /// The quantizers, built and tried when they are first asked for: that takes seconds, and most captures are exact. nil where the
  /// device does not compute as IEEE-754 says, or its compiler or its results are not to be trusted: the host does it there.
  ///
  /// Threads that ask together wait for one of them.
  func quantizers() -> OpenCLProgram? {
    quantizerState.withLock { state in
      switch state {
      case .built(let program): return program
      case .leftToTheHost: return nil
      case .unbuilt:
        let program = try? OpenCLStartup.exclusively { () throws(ComputeError) in try buildQuantizers() }
        state = program.map { .built($0) } ?? .leftToTheHost
        return program
      }
    }
  }

  private func buildQuantizers() throws(ComputeError) -> OpenCLProgram {
    guard try context.device.computesExactly() else {
      throw .unusableDevice(name: context.description.name, reason: "its arithmetic is not IEEE-754's")
    }
    let program = try OpenCLProgram(
      context: context, source: quantizerSource, options: Self.options(lanes: lanes))
    let session = try OpenCLSession(backend: self)
    try session.use(quantizers: program)
    try QuantizerSelfTest.run(on: session, device: context.description.name)
    return program
  }

  package func makeSession() throws(ComputeError) -> any ComputeSession {
    try OpenCLSession(backend: self)
  }
}
