import CHoloSnap
import HoloCompute
import HoloEngine
import HoloFormat
import HoloModel
import HoloSystem
import Synchronization

/// A device, workers, and the memory that encodes and decodes: one set of buffers, which whoever works has. Any thread.
final class Engine: Handle, @unchecked Sendable {
  let backend: any ComputeBackend
  /// For the buffers.
  let turns = Turns()
  private let workers: Int?
  private let memoryLimit: Int
  private let stagingLimit: UInt64
  private let stagedByteCount = Mutex<UInt64>(0)
  /// Kept from call to call.
  private let buffers = Mutex(Buffers())

  private struct Buffers {
    var capture: CaptureWorkspace?
    var restore: RestoreWorkspace?
  }

  init(_ options: holosnap_engine_options?) throws(Failure) {
    let options = options ?? holosnap_engine_options()
    try expectKnown(flags: 0, among: 0, reserved: options.reserved, "holosnap_engine_options")
    guard let choice = BackendChoice(number: options.backend) else {
      throw .invalid("there is no backend \(options.backend)")
    }
    guard options.workers <= 4_096 else { throw .invalid("\(options.workers) workers") }
    workers = options.workers == 0 ? nil : Int(options.workers)
    memoryLimit = options.memory_limit == 0 ? CaptureOptions().memoryLimit : Int(clamping: options.memory_limit)
    stagingLimit = options.staging_limit == 0 ? .max : options.staging_limit
    let least = PipelinePlan.leastMemoryLimit(quantizes: true, hasBase: true)
    guard memoryLimit >= least else { throw .invalid("the memory limit is below \(least) bytes") }
    let device = options.device == 0 ? nil : Int(options.device - 1)
    do {
      // How large states will be is not known: a device pays.
      backend = try BackendSelection.makeBackend(choice: choice, device: device, stateByteCount: .max)
    } catch { throw Failure(HoloError(wrapping: error)) }
  }

  var captureOptions: CaptureOptions {
    var options = CaptureOptions()
    options.memoryLimit = memoryLimit
    options.workers = workers
    return options
  }

  var restoreOptions: RestoreOptions {
    var options = RestoreOptions()
    options.memoryLimit = memoryLimit
    options.workers = workers
    return options
  }

  /// The buffers that captures work with, made where there are none. For who has the turn.
  ///
  /// - Parameter quantizes: an error is allowed for regions.
  func captureWorkspace(quantizes: Bool) throws(Failure) -> CaptureWorkspace {
    try buffers.withLock { (buffers) throws(Failure) in
      if let kept = buffers.capture, kept.quantizes || !quantizes { return kept }
      buffers = Buffers()
      let made = try Failure.wrapping { () throws(HoloError) in
        try CaptureWorkspace(
          options: captureOptions, backend: backend, stateByteCount: .max, quantizes: quantizes, hasBase: true)
      }
      buffers.capture = made
      return made
    }
  }

  /// The same of restores and verifications.
  func restoreWorkspace() throws(Failure) -> RestoreWorkspace {
    try buffers.withLock { (buffers) throws(Failure) in
      if let kept = buffers.restore { return kept }
      // There is one set of buffers: what is encoded with goes.
      buffers = Buffers()
      let made = try Failure.wrapping { () throws(HoloError) in
        try RestoreWorkspace(options: restoreOptions, backend: backend, stateByteCount: .max)
      }
      buffers.restore = made
      return made
    }
  }

  /// Memory for a state's staging, which counts until it is returned.
  func stagingBuffer(_ byteCount: Int) throws(Failure) -> PageBuffer {
    try stagedByteCount.withLock { (staged) throws(Failure) in
      guard UInt64(byteCount) <= stagingLimit, staged <= stagingLimit - UInt64(byteCount) else {
        throw Failure(
          HOLOSNAP_NO_MEMORY,
          "\(byteCount) bytes of staging, with \(staged) that there are, are more than the engine's limit of \(stagingLimit)"
        )
      }
      staged += UInt64(byteCount)
    }
    do { return try PageBuffer(byteCount: byteCount) } catch {
      returnStaging(byteCount)
      throw Failure(HOLOSNAP_NO_MEMORY, "\(byteCount) bytes of staging cannot be had")
    }
  }

  func returnStaging(_ byteCount: Int) { stagedByteCount.withLock { $0 -= UInt64(byteCount) } }
}

extension BackendChoice {
  fileprivate init?(number: UInt32) {
    switch Int(number) {
    case HOLOSNAP_BACKEND_AUTO: self = .auto
    case HOLOSNAP_BACKEND_OPENCL: self = .opencl
    case HOLOSNAP_BACKEND_HOST: self = .host
    default: return nil
    }
  }
}
