import COpenCL

/// A device of a platform. Root devices are not counted by OpenCL: nothing to release.
///
/// `@unchecked Sendable`: a device id is a name that OpenCL lets any thread use.
struct OpenCLDevice: @unchecked Sendable {
  let id: cl_device_id

  func string(_ parameter: Int32) throws(ComputeError) -> String {
    try OpenCLInfo.string { size, bytes, needed in
      clGetDeviceInfo(id, cl_device_info(bitPattern: parameter), size, bytes, needed)
    }
  }

  /// A scalar property; `zero` gives its type.
  func value<Value: BitwiseCopyable>(_ parameter: Int32, _ zero: Value) throws(ComputeError) -> Value {
    var value = zero
    try requireSuccess(
      clGetDeviceInfo(id, cl_device_info(bitPattern: parameter), MemoryLayout<Value>.size, &value, nil),
      of: "clGetDeviceInfo")
    return value
  }

  func flag(_ parameter: Int32) throws(ComputeError) -> Bool {
    try value(parameter, cl_bool(0)) != 0
  }

  /// What the device says of itself. `index` is its number through all platforms.
  func description(index: Int, platform: OpenCLPlatform) throws(ComputeError) -> DeviceDescription {
    let type = try value(CL_DEVICE_TYPE, cl_device_type(0))
    let kind: DeviceDescription.Kind =
      if type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0 {
        .gpu
      } else if type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 {
        .cpu
      } else if type & cl_device_type(CL_DEVICE_TYPE_ACCELERATOR) != 0 {
        .accelerator
      } else {
        .other
      }
    return DeviceDescription(
      index: index,
      name: try string(CL_DEVICE_NAME),
      vendor: try string(CL_DEVICE_VENDOR),
      platformName: try platform.string(CL_PLATFORM_NAME),
      platformVersion: try platform.string(CL_PLATFORM_VERSION),
      driverVersion: try string(CL_DRIVER_VERSION),
      kind: kind,
      computeUnits: Int(try value(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint(0))),
      globalMemoryBytes: try value(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)),
      maximumAllocationBytes: try value(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)),
      hasFloat64: try value(CL_DEVICE_DOUBLE_FP_CONFIG, cl_device_fp_config(0)) != 0,
      hasUnifiedMemory: try flag(CL_DEVICE_HOST_UNIFIED_MEMORY),
      problem: try problem())
  }

  /// Whether binary32 and binary64 have subnormal numbers, infinities and rounding to nearest.
  func computesExactly() throws(ComputeError) -> Bool {
    let needed = cl_device_fp_config(CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST)
    let single = try value(CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config(0))
    let double = try value(CL_DEVICE_DOUBLE_FP_CONFIG, cl_device_fp_config(0))
    return single & needed == needed && double & needed == needed
  }

  /// Why the kernels cannot run there; nil when they can.
  private func problem() throws(ComputeError) -> String? {
    if try !flag(CL_DEVICE_AVAILABLE) { return "it says that it is not available" }
    if try !flag(CL_DEVICE_COMPILER_AVAILABLE) { return "it has no compiler" }
    if try !flag(CL_DEVICE_ENDIAN_LITTLE) { return "it is big-endian" }
    return nil
  }
}

/// The two-call pattern of every `clGet…Info` that gives text.
enum OpenCLInfo {
  static func string(
    _ query: (_ size: Int, _ bytes: UnsafeMutableRawPointer?, _ needed: UnsafeMutablePointer<Int>?) -> cl_int
  ) throws(ComputeError) -> String {
    var size = 0
    try requireSuccess(query(0, nil, &size), of: "clGetInfo")
    guard size > 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    try requireSuccess(query(size, &bytes, nil), of: "clGetInfo")
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return String(text.drop { $0 == " " })
  }
}
