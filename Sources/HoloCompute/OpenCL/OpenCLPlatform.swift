import COpenCL
import Glibc

/// An OpenCL driver. Platforms live as long as the process.
///
/// `@unchecked Sendable`: a platform id is a name that OpenCL lets any thread use.
struct OpenCLPlatform: @unchecked Sendable {
  let id: cl_platform_id

  /// Every platform that the loader finds. The first call brings up the drivers: call it only within
  /// ``OpenCLStartup/exclusively(_:)``.
  static func all() throws(ComputeError) -> [OpenCLPlatform] {
    var count: cl_uint = 0
    let status = clGetPlatformIDs(0, nil, &count)
    if status == CL_PLATFORM_NOT_FOUND_KHR { return [] }
    try requireSuccess(status, of: "clGetPlatformIDs")
    var ids = [cl_platform_id?](repeating: nil, count: Int(count))
    guard count > 0 else { return [] }
    try requireSuccess(clGetPlatformIDs(count, &ids, nil), of: "clGetPlatformIDs")
    return ids.compactMap { $0.map(OpenCLPlatform.init) }
  }

  func string(_ parameter: Int32) throws(ComputeError) -> String {
    try OpenCLInfo.string { size, bytes, needed in
      clGetPlatformInfo(id, cl_platform_info(bitPattern: parameter), size, bytes, needed)
    }
  }

  /// The platform's devices of every type; none is not an error.
  func devices() throws(ComputeError) -> [OpenCLDevice] {
    let every = cl_device_type(CL_DEVICE_TYPE_ALL)
    var count: cl_uint = 0
    let status = clGetDeviceIDs(id, every, 0, nil, &count)
    if status == CL_DEVICE_NOT_FOUND || (status == CL_SUCCESS && count == 0) { return [] }
    try requireSuccess(status, of: "clGetDeviceIDs")
    var ids = [cl_device_id?](repeating: nil, count: Int(count))
    try requireSuccess(clGetDeviceIDs(id, every, count, &ids, nil), of: "clGetDeviceIDs")
    return ids.compactMap { $0.map(OpenCLDevice.init) }
  }

  /// Every device of every platform with its number. One broken driver does not hide the others: its devices are left out.
  static func devices() throws(ComputeError) -> [(device: OpenCLDevice, description: DeviceDescription)] {
    var found: [(device: OpenCLDevice, description: DeviceDescription)] = []
    for platform in try all() {
      guard let devices = try? platform.devices() else { continue }
      for device in devices {
        guard let description = try? device.description(index: found.count, platform: platform) else { continue }
        found.append((device, description))
      }
    }
    return found
  }

  /// What there is, for ``BackendPolicy``.
  static func discovery() throws(ComputeError) -> BackendPolicy.Discovery {
    if try all().isEmpty { return .nothing(reason: "no OpenCL platform was found") }
    let devices = try devices().map(\.description)
    return devices.isEmpty ? .nothing(reason: noDevice) : .devices(devices)
  }

  /// pocl shows no device where it cannot write to its cache, and does not say so.
  private static var noDevice: String {
    let reason = "no OpenCL device was found"
    guard let variable = getenv("POCL_CACHE_DIR"), access(variable, W_OK) != 0 else { return reason }
    return reason + ", and POCL_CACHE_DIR names no directory that can be written, which pocl needs"
  }
}
