@testable import HoloCompute

/// The backends that this machine has, made once for all tests.
enum TestBackend: String, CaseIterable, CustomStringConvertible {
  case host
  /// The device as it is.
  case openCL
  /// The same device, treated as a discrete GPU: memory of its own, and kernels one lane wide.
  case openCLAsGPU

  var description: String { rawValue }

  /// Those that can run here.
  static let available: [TestBackend] = hasOpenCL ? allCases : [.host]
  static let onDevice: [TestBackend] = [.openCL, .openCLAsGPU]

  static let hasOpenCL: Bool = {
    guard let listing = try? DeviceListing.current() else { return false }
    return listing.devices.contains { $0.problem == nil }
  }()

  func backend() throws -> any ComputeBackend {
    switch self {
    case .host: HostBackend(reason: "a test")
    case .openCL: try Self.shared.get()
    case .openCLAsGPU: try Self.asGPU.get()
    }
  }

  func session() throws -> any ComputeSession {
    try backend().makeSession()
  }

  private static let shared = Result { () throws(ComputeError) in try make(memoryModel: nil, lanes: nil) }
  private static let asGPU = Result { () throws(ComputeError) in try make(memoryModel: .copies, lanes: 1) }

  private static func make(
    memoryModel: OpenCLContext.MemoryModel?, lanes: Int?
  ) throws(ComputeError) -> OpenCLBackend {
    try OpenCLStartup.exclusively { () throws(ComputeError) in
      try OpenCLBackend(deviceIndex: 0, reason: "a test", memoryModel: memoryModel, lanes: lanes)
    }
  }
}
