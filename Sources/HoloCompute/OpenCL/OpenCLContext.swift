import COpenCL

/// A context over one device, and what buffers in it must know of that device.
///
/// `@unchecked Sendable`: OpenCL lets any thread use a context; the rest never changes.
final class OpenCLContext: @unchecked Sendable {
  let handle: cl_context
  let device: OpenCLDevice
  let description: DeviceDescription
  /// Whether buffers are the host's own memory, or copies on the device.
  let memoryModel: MemoryModel

  enum MemoryModel: Sendable {
    /// The device works on the host's memory, wherever it lies (a processor).
    case host
    /// The device works on the host's memory, in whole pages (an integrated GPU).
    case hostPages
    /// The device has memory of its own.
    case copies

    init(for description: DeviceDescription) {
      if description.kind == .cpu {
        self = .host
      } else if description.hasUnifiedMemory {
        self = .hostPages
      } else {
        self = .copies
      }
    }
  }

  init(
    device: OpenCLDevice, description: DeviceDescription, memoryModel: MemoryModel
  ) throws(ComputeError) {
    var status: cl_int = CL_SUCCESS
    var id: cl_device_id? = device.id
    let created = clCreateContext(nil, 1, &id, nil, nil, &status)
    handle = try requireHandle(created, status: status, of: "clCreateContext")
    self.device = device
    self.description = description
    self.memoryModel = memoryModel
  }

  deinit {
    clReleaseContext(handle)
  }
}
