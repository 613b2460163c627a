/// What a compute backend can fail with. The engine wraps it once into the error that users see.
package enum ComputeError: Error, Equatable, Sendable {
  /// OpenCL was asked for and there is none. `reason` is a clause such as "no OpenCL platform was found".
  case noOpenCL(reason: String)
  /// `--device` named a device that is not there.
  case noSuchDevice(index: Int, deviceCount: Int)
  /// The device is there, but HoloSnap cannot use it.
  case unusableDevice(name: String, reason: String)
  /// The choices contradict each other.
  case contradiction(String)
  /// The kernels did not build for a device; `log` is the compiler's.
  case buildFailed(device: String, log: String)
  /// An OpenCL call failed. `code` is its status, ``name(ofStatus:)`` that status' name.
  case callFailed(call: String, code: Int32)
  /// Memory for a buffer could not be had, of the host or of the device.
  case outOfMemory(byteCount: Int, reason: String)
  /// A span, survey or task reaches outside a buffer, or is malformed. Nothing was run.
  case invalidWork(item: String, index: Int, reason: String)
  /// A buffer of another backend.
  case foreignBuffer

  /// What kind of failure it is, for the exit code.
  package enum Kind: Sendable {
    /// No such device: exit code 69.
    case unavailable
    /// The request makes no sense: exit code 64.
    case usage
    /// The device or the machine failed: exit code 74 for memory and calls.
    case device
    /// A mistake of the caller's code: exit code 70.
    case `internal`
  }

  package var kind: Kind {
    switch self {
    case .noOpenCL, .noSuchDevice, .unusableDevice, .buildFailed: .unavailable
    case .contradiction: .usage
    case .callFailed, .outOfMemory: .device
    case .invalidWork, .foreignBuffer: .internal
    }
  }

  /// What the user can do about it; nil where there is nothing.
  package var remedy: String? {
    switch self {
    case .noOpenCL:
      "install an OpenCL driver (for a CPU: the package pocl-opencl-icd), or use --backend host"
    case .noSuchDevice:
      "`holosnap devices` lists the devices and their numbers"
    case .unusableDevice:
      "choose another device (`holosnap devices` lists them), or use --backend host"
    case .buildFailed:
      "update the OpenCL driver, choose another device with --device, or use --backend host"
    case .contradiction:
      "use --device with --backend opencl or auto"
    case .callFailed:
      "try again with --backend host"
    case .outOfMemory:
      "free memory, lower --memory-limit, or use --backend host"
    case .invalidWork, .foreignBuffer:
      nil
    }
  }
}

extension ComputeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noOpenCL(let reason):
      "OpenCL is not available: \(reason)"
    case .noSuchDevice(let index, 0):
      "there is no device \(index): this machine has no OpenCL device"
    case .noSuchDevice(let index, 1):
      "there is no device \(index): this machine has device 0 alone"
    case .noSuchDevice(let index, let deviceCount):
      "there is no device \(index): this machine has devices 0 to \(deviceCount - 1)"
    case .unusableDevice(let name, let reason):
      "the device \(name) cannot be used: \(reason)"
    case .contradiction(let what):
      what
    case .buildFailed(let device, let log):
      log.isEmpty ? "the kernels do not build for \(device)" : "the kernels do not build for \(device):\n\(log)"
    case .callFailed(let call, let code):
      "\(call) failed: \(ComputeError.name(ofStatus: code)) (\(code))"
    case .outOfMemory(let byteCount, let reason):
      "no memory for a buffer of \(byteCount) bytes: \(reason)"
    case .invalidWork(let item, let index, let reason):
      "\(item) \(index): \(reason)"
    case .foreignBuffer:
      "the buffer belongs to another backend"
    }
  }

  /// The description without a compiler's log, which would drown a warning.
  var withoutLog: String {
    guard case .buildFailed(let device, _) = self else { return description }
    return "the kernels do not build for \(device)"
  }
}
