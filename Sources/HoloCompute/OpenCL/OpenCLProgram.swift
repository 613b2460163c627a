import COpenCL

/// The kernels, built for a context's device.
///
/// `@unchecked Sendable`: built in `init`, never changed after; making kernels of it is safe on any thread.
final class OpenCLProgram: @unchecked Sendable {
  private let handle: cl_program
  private let context: OpenCLContext

  /// A compiler can say a great deal; an error carries this much of it.
  private static let logCharacterLimit = 16384

  /// Builds the program. Call it within ``OpenCLStartup/exclusively(_:)``.
  init(context: OpenCLContext, source: String, options: String) throws(ComputeError) {
    var status: cl_int = CL_SUCCESS
    let created = source.withCString { text in
      var text: UnsafePointer<CChar>? = text
      return clCreateProgramWithSource(context.handle, 1, &text, nil, &status)
    }
    let program = try requireHandle(created, status: status, of: "clCreateProgramWithSource")
    var device: cl_device_id? = context.device.id
    let built = clBuildProgram(program, 1, &device, options, nil, nil)
    guard built == CL_SUCCESS else {
      let log = Self.log(of: program, device: context.device)
      clReleaseProgram(program)
      if log.isEmpty && built != CL_BUILD_PROGRAM_FAILURE { throw .callFailed(call: "clBuildProgram", code: built) }
      throw .buildFailed(device: context.description.name, log: log)
    }
    handle = program
    self.context = context
  }

  deinit {
    clReleaseProgram(handle)
  }

  func makeKernel(named name: String) throws(ComputeError) -> OpenCLKernel {
    var status: cl_int = CL_SUCCESS
    let created = clCreateKernel(handle, name, &status)
    return OpenCLKernel(handle: try requireHandle(created, status: status, of: "clCreateKernel"), program: self)
  }

  private static func log(of program: cl_program, device: OpenCLDevice) -> String {
    let log = try? OpenCLInfo.string { size, bytes, needed in
      clGetProgramBuildInfo(program, device.id, cl_program_build_info(CL_PROGRAM_BUILD_LOG), size, bytes, needed)
    }
    return String((log ?? "").prefix(logCharacterLimit))
  }
}
