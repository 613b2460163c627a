/// One OpenCL device as the machine tells of it.
package struct DeviceDescription: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case cpu, gpu, accelerator, other

    /// The word for a sentence.
    package var noun: String {
      switch self {
      case .cpu: "processor"
      case .gpu: "GPU"
      case .accelerator: "accelerator"
      case .other: "device"
      }
    }
  }

  /// The number for `--device`: devices are counted through all platforms, in the loader's order.
  package let index: Int
  package let name: String
  package let vendor: String
  package let platformName: String
  package let platformVersion: String
  package let driverVersion: String
  package let kind: Kind
  package let computeUnits: Int
  package let globalMemoryBytes: UInt64
  /// The largest single buffer.
  package let maximumAllocationBytes: UInt64
  package let hasFloat64: Bool
  /// Whether it works on the host's own memory, without copies.
  package let hasUnifiedMemory: Bool
  /// Why HoloSnap cannot use it; nil when it can.
  package let problem: String?

  package init(
    index: Int, name: String, vendor: String, platformName: String, platformVersion: String, driverVersion: String,
    kind: Kind, computeUnits: Int, globalMemoryBytes: UInt64, maximumAllocationBytes: UInt64, hasFloat64: Bool,
    hasUnifiedMemory: Bool, problem: String?
  ) {
    self.index = index
    self.name = name
    self.vendor = vendor
    self.platformName = platformName
    self.platformVersion = platformVersion
    self.driverVersion = driverVersion
    self.kind = kind
    self.computeUnits = computeUnits
    self.globalMemoryBytes = globalMemoryBytes
    self.maximumAllocationBytes = maximumAllocationBytes
    self.hasFloat64 = hasFloat64
    self.hasUnifiedMemory = hasUnifiedMemory
    self.problem = problem
  }
}

/// What `holosnap devices` shows: every OpenCL device, the host, and which of them `auto` takes.
package struct DeviceListing: Sendable {
  /// In the order of their numbers; empty without OpenCL.
  package let devices: [DeviceDescription]
  /// The host's processor and instruction set, as in ``BackendSummary/device``.
  package let host: String
  /// The device that `auto` takes for a large state; nil for the host.
  package let automaticDevice: Int?
  /// Why `auto` takes it.
  package let automaticReason: String
  /// Why there are no devices; nil when there are some.
  package let problem: String?

  /// Looks at every platform. This brings up the OpenCL drivers (0.1 s and more), with signal dispositions preserved and
  /// one process at a time.
  package static func current() throws(ComputeError) -> DeviceListing {
    let found = try OpenCLStartup.exclusively { () throws(ComputeError) in try OpenCLPlatform.discovery() }
    return DeviceListing(discovery: found, host: HostProcessor.description)
  }

  init(discovery: BackendPolicy.Discovery, host: String) {
    self.host = host
    switch discovery {
    case .devices(let devices):
      self.devices = devices
      problem = nil
    case .nothing(let reason):
      devices = []
      problem = reason
    }
    let decision = BackendPolicy.decide(
      choice: .auto, device: nil, stateByteCount: BackendPolicy.openCLThresholdByteCount, discovery: discovery)
    switch decision {
    case .openCL(let device, let reason, _):
      automaticDevice = device
      automaticReason = reason
    case .host(let reason, _):
      automaticDevice = nil
      automaticReason = reason
    case .failure(let error):
      automaticDevice = nil
      automaticReason = error.description
    case .discover:
      automaticDevice = nil
      automaticReason = "nobody has looked"
    }
  }
}
