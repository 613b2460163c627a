import COpenCL
import CWaveKernels

/// An in-order queue of commands. Pointers handed to it must stay valid until ``finish()``.
///
/// `@unchecked Sendable`: OpenCL lets any thread use a queue; a session uses its own from one thread at a time.
final class OpenCLQueue: @unchecked Sendable {
  private let handle: cl_command_queue
  let context: OpenCLContext

  init(context: OpenCLContext) throws(ComputeError) {
    var status: cl_int = CL_SUCCESS
    let created = clCreateCommandQueue(context.handle, context.device.id, 0, &status)
    handle = try requireHandle(created, status: status, of: "clCreateCommandQueue")
    self.context = context
  }

  deinit {
    clReleaseCommandQueue(handle)
  }

  /// Waits until everything enqueued is done.
  func finish() throws(ComputeError) {
    try requireSuccess(clFinish(handle), of: "clFinish")
  }

  /// Waits on the way out of a failure, whose own error matters more than this one's.
  func drain() {
    clFinish(handle)
  }

  func launch(_ kernel: OpenCLKernel, shape: wave_shape) throws(ComputeError) {
    var (global, local) = (shape.global, shape.local)
    try requireSuccess(
      clEnqueueNDRangeKernel(handle, kernel.handle, 1, nil, &global, &local, 0, nil, nil),
      of: "clEnqueueNDRangeKernel")
  }

  /// Starts a copy to the device.
  func write(_ buffer: OpenCLBuffer, range: Range<Int>, from host: UnsafeRawPointer) throws(ComputeError) {
    try requireSuccess(
      clEnqueueWriteBuffer(
        handle, buffer.handle, cl_bool(CL_FALSE), range.lowerBound, range.count, host, 0, nil, nil),
      of: "clEnqueueWriteBuffer")
  }

  /// Starts a copy from the device.
  func read(_ buffer: OpenCLBuffer, range: Range<Int>, into host: UnsafeMutableRawPointer) throws(ComputeError) {
    try requireSuccess(
      clEnqueueReadBuffer(
        handle, buffer.handle, cl_bool(CL_FALSE), range.lowerBound, range.count, host, 0, nil, nil),
      of: "clEnqueueReadBuffer")
  }

  /// Hands a whole buffer to the host. `blocking`: when this returns; else when ``finish()`` has.
  func map(_ buffer: OpenCLBuffer, blocking: Bool) throws(ComputeError) -> UnsafeMutableRawPointer {
    var status: cl_int = CL_SUCCESS
    let mapped = clEnqueueMapBuffer(
      handle, buffer.handle, cl_bool(blocking ? CL_TRUE : CL_FALSE), cl_map_flags(CL_MAP_READ | CL_MAP_WRITE), 0,
      buffer.byteCount, 0, nil, nil, &status)
    try requireSuccess(status, of: "clEnqueueMapBuffer")
    guard let mapped else { throw .callFailed(call: "clEnqueueMapBuffer", code: CL_MAP_FAILURE) }
    return mapped
  }

  /// Hands a mapped buffer back to the device.
  func unmap(_ buffer: OpenCLBuffer, _ mapped: UnsafeMutableRawPointer) throws(ComputeError) {
    try requireSuccess(
      clEnqueueUnmapMemObject(handle, buffer.handle, mapped, 0, nil, nil), of: "clEnqueueUnmapMemObject")
  }
}
