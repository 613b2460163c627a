import Testing

@testable import HoloCompute

@Suite struct BackendSelectionTests {
  private static let large = BackendPolicy.openCLThresholdByteCount

  private static let gpu = DeviceDescription(
    index: 0, name: "a GPU", vendor: "", platformName: "", platformVersion: "", driverVersion: "", kind: .gpu,
    computeUnits: 1, globalMemoryBytes: 1, maximumAllocationBytes: 1, hasFloat64: false, hasUnifiedMemory: false,
    problem: nil)

  @Test func smallStatesNeverTouchOpenCL() throws {
    let untouchable = BackendSelection.BringUp(
      discover: { () throws(ComputeError) in
        Issue.record("looked for devices")
        return .nothing(reason: "")
      },
      makeBackend: { _, _ throws(ComputeError) in throw .noOpenCL(reason: "") })
    for bytes in [nil, 0, Self.large - 1] {
      let backend = try BackendSelection.makeBackend(
        choice: .auto, device: nil, stateByteCount: bytes, bringUp: untouchable)
      #expect(backend.summary.kind == .host)
      #expect(backend.summary.warning == nil)
    }
  }

  @Test func aGPUWhoseKernelsDoNotBuildIsReplacedByTheHostWithAWarning() throws {
    let broken = BackendSelection.BringUp(
      discover: { () throws(ComputeError) in .devices([Self.gpu]) },
      makeBackend: { _, _ throws(ComputeError) in throw .buildFailed(device: "a GPU", log: "line 1\nline 2") })
    let backend = try BackendSelection.makeBackend(
      choice: .auto, device: nil, stateByteCount: Self.large, bringUp: broken)
    #expect(backend.summary.kind == .host)
    #expect(backend.summary.warning == "the kernels do not build for a GPU; using the host's kernels")
    #expect(throws: ComputeError.buildFailed(device: "a GPU", log: "line 1\nline 2")) {
      try BackendSelection.makeBackend(choice: .opencl, device: nil, stateByteCount: nil, bringUp: broken)
    }
  }

  @Test func aLoaderThatFailsCountsAsNoOpenCL() throws {
    let broken = BackendSelection.BringUp(
      discover: { () throws(ComputeError) in throw .callFailed(call: "clGetPlatformIDs", code: -6) },
      makeBackend: { _, _ throws(ComputeError) in throw .noOpenCL(reason: "") })
    let backend = try BackendSelection.makeBackend(
      choice: .auto, device: nil, stateByteCount: Self.large, bringUp: broken)
    #expect(
      backend.summary.warning == "clGetPlatformIDs failed: CL_OUT_OF_HOST_MEMORY (-6); using the host's kernels")
    let error = #expect(throws: ComputeError.self) {
      try BackendSelection.makeBackend(choice: .opencl, device: nil, stateByteCount: nil, bringUp: broken)
    }
    #expect(error?.kind == .unavailable)
  }

  @Test func theHostTellsItsProcessor() throws {
    let summary = try BackendSelection.makeBackend(choice: .host).summary
    #expect(summary.kind == .host)
    #expect(summary.device.hasSuffix(")"))
    #expect(
      HostProcessor.modelName(inCPUInfo: "processor\t: 0\nmodel name\t: A CPU: 2 @ 3 GHz\n") == "A CPU: 2 @ 3 GHz")
    #expect(HostProcessor.modelName(inCPUInfo: "processor : 0\nmodel name\t:\n") == nil)
  }

  @Test(.enabled(if: TestBackend.hasOpenCL))
  func openCLIsTakenWhenAskedFor() throws {
    let listing = try DeviceListing.current()
    let first = try #require(listing.devices.first)
    let backend = try BackendSelection.makeBackend(choice: .opencl, device: first.index)
    #expect(backend.summary.kind == .opencl)
    #expect(backend.summary.device == first.name)
    #expect(first.computeUnits > 0)
    #expect(first.globalMemoryBytes > 0)
    #expect(!first.platformName.isEmpty)
  }

  @Test func aDeviceThatIsNotThereIsUnavailable() {
    let error = #expect(throws: ComputeError.self) {
      try BackendSelection.makeBackend(choice: .opencl, device: 999)
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.remedy != nil)
  }

  @Test func theListingTellsWhatAutoTakes() {
    let withGPU = DeviceListing(discovery: .devices([Self.gpu]), host: "a processor")
    #expect(withGPU.automaticDevice == 0)
    #expect(withGPU.problem == nil)
    let without = DeviceListing(discovery: .nothing(reason: "none"), host: "a processor")
    #expect(without.automaticDevice == nil)
    #expect(without.problem == "none")
    #expect(without.devices.isEmpty)
  }
}
