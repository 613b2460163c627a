import COpenCL

/// One kernel with its arguments. Not for two threads at once: `clSetKernelArg` is the one call of OpenCL that is not
/// safe, so that each session makes its own.
final class OpenCLKernel {
  let handle: cl_kernel
  private let program: OpenCLProgram

  /// Takes over `handle`.
  init(handle: cl_kernel, program: OpenCLProgram) {
    self.handle = handle
    self.program = program
  }

  deinit {
    clReleaseKernel(handle)
  }

  func setArgument(_ index: Int, to buffer: OpenCLBuffer) throws(ComputeError) {
    var memory: cl_mem? = buffer.handle
    try requireSuccess(
      clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_mem?>.size, &memory), of: "clSetKernelArg")
  }

  func setArgument(_ index: Int, to count: UInt32) throws(ComputeError) {
    var count = cl_uint(count)
    try requireSuccess(
      clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_uint>.size, &count), of: "clSetKernelArg")
  }
}
