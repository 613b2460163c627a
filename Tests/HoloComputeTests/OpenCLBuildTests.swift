import CWaveKernels
import Testing

@testable import HoloCompute

/// Kernels that do not build, or do not compute what they should, are errors before any state is touched.
@Suite(.enabled(if: TestBackend.hasOpenCL)) struct OpenCLBuildTests {
  private func bringUp(_ source: String) throws(ComputeError) -> OpenCLBackend {
    try OpenCLStartup.exclusively { () throws(ComputeError) in
      try OpenCLBackend(deviceIndex: 0, reason: "a test", source: source)
    }
  }

  @Test func aSourceThatDoesNotCompileFailsWithTheLog() {
    let error = #expect(throws: ComputeError.self) { try bringUp("kernel void broken( { nonsense") }
    guard case .buildFailed(let device, let log) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!device.isEmpty)
    #expect(log.contains("error"))
    #expect(error?.kind == .unavailable)
    #expect(error?.description.contains(log) == true)
  }

  @Test func aSourceWithoutTheKernelsFails() {
    #expect(throws: ComputeError.callFailed(call: "clCreateKernel", code: -46)) {
      try bringUp("kernel void other(global uchar *target) { target[0] = 1; }")
    }
    #expect(ComputeError.name(ofStatus: -46) == "CL_INVALID_KERNEL_NAME")
    #expect(ComputeError.name(ofStatus: -9999) == "unknown status")
  }

  @Test func kernelsThatComputeWronglyAreRefused() {
    let six = """
      kernel void wave_checksum_tree(
        global const uchar *a, global const uchar *b, uint count, global uchar *c, global uchar *d, global uchar *e) {}
      """
    let five = ["wave_encode", "wave_decode"].map { name in
      """
      kernel void \(name)(
        global const uchar *a, global const uchar *b, uint count, global uchar *c, global uchar *d) {}
      """
    }
    let four = ["wave_checksum_leaves", "wave_survey_palettes", "wave_move"].map { name in
      "kernel void \(name)(global const uchar *a, global const uchar *b, uint count, global uchar *c) {}"
    }
    let three = ["wave_combine", "wave_compare"].map { name in
      """
      kernel void \(name)(
        global const uchar *a, global const uchar *b, global const uchar *c, uint count, global uchar *d) {}
      """
    }
    let kernels = [six] + five + four + three
    let error = #expect(throws: ComputeError.self) { try bringUp(kernels.joined(separator: "\n")) }
    guard case .unusableDevice(_, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason == "its results differ from the host's")
  }
}
