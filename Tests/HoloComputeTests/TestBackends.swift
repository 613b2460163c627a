@testable import HoloCompute

/// The backends that this machine has, made once for all tests.
enum TestBackend: String, CaseIterable, CustomStringConvertible {
  case host
  /// The device as it is.
  case openCL
  /// The same device, treated as if its memory were its own: the path of a discrete GPU.
  case openCLWithCopies

  var description: String { rawValue }

  /// Those that can run here.
  static let available: [TestBackend] = hasOpenCL ? allCases : [.host]
  static let onDevice: [TestBackend] = [.openCL, .openCLWithCopies]

  static let hasOpenCL: Bool = {
    guard let listing = try? DeviceListing.current() else { return false }
    return listing.devices.contains { $0.problem == nil }
  }()

  func backend() throws -> any ComputeBackend {
    switch self {
    case .host: HostBackend(reason: "a test")
    case .openCL: try Self.shared.get()
    case .openCLWithCopies: try Self.copying.get()
    }
  }

  func session() throws -> any ComputeSession {
    try backend().makeSession()
  }

  private static let shared = Result { () throws(ComputeError) in try make(memoryModel: nil) }
  private static let copying = Result { () throws(ComputeError) in try make(memoryModel: .copies) }

  private static func make(memoryModel: OpenCLContext.MemoryModel?) throws(ComputeError) -> OpenCLBackend {
    try OpenCLStartup.exclusively { () throws(ComputeError) in
      try OpenCLBackend(deviceIndex: 0, reason: "a test", memoryModel: memoryModel)
    }
  }
}
