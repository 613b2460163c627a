/// Which backend serves a snapshot: the rules, without the doing, so that they can be tested on their own.
package enum BackendPolicy {
  /// States smaller than this take the host's kernels without a look at OpenCL.
  ///
  /// Bringing up a driver costs 0.06 to 0.3 s, and seconds where the kernels must be built first. The host's kernels hash
  /// and code this much in 0.03 s on two cores (measured: 11 GB/s), so that below it no device can win.
  package static let openCLThresholdByteCount = 256 << 20

  /// Whether `auto` takes an OpenCL device that is the processor itself (pocl).
  ///
  /// Measured with pocl 3.1 on two cores with AVX-512, hashing and coding planes of f32: host 11.4 GB/s, pocl 9.7 GB/s at its
  /// best batch, after 8 s for the first build of the kernels.
  package static let preferOpenCLOnCPU = false

  /// What a look at OpenCL found.
  package enum Discovery: Equatable, Sendable {
    case devices([DeviceDescription])
    /// There is no OpenCL: a clause that says why.
    case nothing(reason: String)
  }

  /// What to do next.
  package enum Decision: Equatable, Sendable {
    case host(reason: String, warning: String?)
    /// Look for devices, then decide again with what was found.
    case discover
    /// Bring up the device with this number. `fallsBack`: take the host instead, with a warning, should that fail.
    case openCL(device: Int, reason: String, fallsBack: Bool)
    case failure(ComputeError)
  }

  /// - Parameters:
  ///   - device: the number given with `--device`, nil for none; with `auto` it means `opencl`.
  ///   - stateByteCount: nil when it is not known; it then counts as small.
  ///   - discovery: nil when nobody has looked yet.
  package static func decide(
    choice: BackendChoice, device: Int?, stateByteCount: Int?, discovery: Discovery?
  ) -> Decision {
    switch (choice, device) {
    case (.host, .some):
      return .failure(.contradiction("a device was chosen, but the backend is host"))
    case (.host, nil):
      return .host(reason: "chosen by the user", warning: nil)
    case (.auto, nil) where (stateByteCount ?? 0) < openCLThresholdByteCount:
      return .host(reason: "the state is too small to pay for bringing up a device", warning: nil)
    default:
      break
    }
    let wasAsked = choice == .opencl || device != nil
    switch discovery {
    case nil:
      return .discover
    case .nothing(let reason):
      return wasAsked
        ? .failure(.noOpenCL(reason: reason))
        : .host(reason: reason, warning: "\(reason); using the host's kernels")
    case .devices(let devices):
      if let device { return decide(device: device, among: devices) }
      return wasAsked ? decideAsked(among: devices) : decideAutomatically(among: devices)
    }
  }

  private static func decide(device index: Int, among devices: [DeviceDescription]) -> Decision {
    guard let device = devices.first(where: { $0.index == index }) else {
      return .failure(.noSuchDevice(index: index, deviceCount: devices.count))
    }
    if let problem = device.problem {
      return .failure(.unusableDevice(name: device.name, reason: problem))
    }
    return .openCL(device: index, reason: "chosen by the user", fallsBack: false)
  }

  private static func decideAsked(among devices: [DeviceDescription]) -> Decision {
    guard let device = best(of: devices) else {
      return .failure(.noOpenCL(reason: "no usable OpenCL device was found"))
    }
    return .openCL(
      device: device.index, reason: "OpenCL was chosen by the user; this is the first \(device.kind.noun)",
      fallsBack: false)
  }

  private static func decideAutomatically(among devices: [DeviceDescription]) -> Decision {
    guard let device = best(of: devices) else {
      let reason = "no usable OpenCL device was found"
      return .host(reason: reason, warning: "\(reason); using the host's kernels")
    }
    if device.kind == .cpu && !preferOpenCLOnCPU {
      return .host(
        reason: "the only OpenCL device is the processor itself, where the host's kernels are faster", warning: nil)
    }
    return .openCL(
      device: device.index, reason: "the first \(device.kind.noun) with OpenCL", fallsBack: true)
  }

  /// A GPU if there is one, then an accelerator, then a processor; the lowest number of each.
  private static func best(of devices: [DeviceDescription]) -> DeviceDescription? {
    let usable = devices.filter { $0.problem == nil }
    for kind in [DeviceDescription.Kind.gpu, .accelerator, .cpu] {
      if let device = usable.first(where: { $0.kind == kind }) { return device }
    }
    return usable.first
  }
}
