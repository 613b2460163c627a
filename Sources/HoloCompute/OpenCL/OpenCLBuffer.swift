import COpenCL

/// One memory object of a context.
///
/// `@unchecked Sendable`: the handle never changes, and OpenCL lets any thread use it.
final class OpenCLBuffer: @unchecked Sendable {
  let handle: cl_mem
  let byteCount: Int
  private let context: OpenCLContext

  /// What stands behind a memory object.
  enum Backing {
    /// Memory of the device.
    case device
    /// Memory that the driver has pinned, so that copies from and to it run by themselves.
    case pinned
    /// The host's memory. The caller keeps it until this object is gone.
    case host(UnsafeMutableRawPointer)
  }

  /// - Parameter byteCount: at least 1.
  init(context: OpenCLContext, byteCount: Int, backing: Backing) throws(ComputeError) {
    try Self.check(byteCount: byteCount, in: context)
    let kind: Int32
    var hostPointer: UnsafeMutableRawPointer?
    switch backing {
    case .device: kind = 0
    case .pinned: kind = CL_MEM_ALLOC_HOST_PTR
    case .host(let pointer):
      kind = CL_MEM_USE_HOST_PTR
      hostPointer = pointer
    }
    var status: cl_int = CL_SUCCESS
    let created = clCreateBuffer(
      context.handle, cl_mem_flags(CL_MEM_READ_WRITE | kind), byteCount, hostPointer, &status)
    if status == CL_MEM_OBJECT_ALLOCATION_FAILURE || status == CL_OUT_OF_HOST_MEMORY || status == CL_OUT_OF_RESOURCES {
      throw .outOfMemory(byteCount: byteCount, reason: ComputeError.name(ofStatus: status))
    }
    handle = try requireHandle(created, status: status, of: "clCreateBuffer")
    self.byteCount = byteCount
    self.context = context
  }

  /// Whether a device takes a buffer of so many bytes; checked before any arithmetic on the size.
  static func check(byteCount: Int, in context: OpenCLContext) throws(ComputeError) {
    let limit = context.description.maximumAllocationBytes
    guard byteCount >= 0, UInt64(byteCount) <= limit else {
      throw .outOfMemory(
        byteCount: byteCount, reason: "\(context.description.name) takes at most \(limit) bytes a buffer")
    }
  }

  deinit {
    clReleaseMemObject(handle)
  }
}
