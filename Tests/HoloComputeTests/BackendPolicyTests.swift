import Testing

@testable import HoloCompute

@Suite struct BackendPolicyTests {
  private static let large = BackendPolicy.openCLThresholdByteCount

  private static func device(
    _ index: Int, _ kind: DeviceDescription.Kind, problem: String? = nil
  ) -> DeviceDescription {
    DeviceDescription(
      index: index, name: "device \(index)", vendor: "", platformName: "", platformVersion: "", driverVersion: "",
      kind: kind, computeUnits: 1, globalMemoryBytes: 1 << 30, maximumAllocationBytes: 1 << 28, hasFloat64: true,
      hasUnifiedMemory: kind == .cpu, problem: problem)
  }

  private func decide(
    _ choice: BackendChoice, device: Int? = nil, bytes: Int? = large, _ discovery: BackendPolicy.Discovery?
  ) -> BackendPolicy.Decision {
    BackendPolicy.decide(choice: choice, device: device, stateByteCount: bytes, discovery: discovery)
  }

  @Test func autoTakesTheHostForSmallAndUnknownStatesWithoutLooking() {
    for bytes in [nil, 0, 1, Self.large - 1] {
      guard case .host(_, nil) = decide(.auto, bytes: bytes, nil) else {
        Issue.record("\(String(describing: bytes))")
        continue
      }
    }
    #expect(decide(.auto, bytes: Self.large, nil) == .discover)
  }

  @Test func hostNeverLooks() {
    guard case .host(_, nil) = decide(.host, bytes: .max, nil) else {
      Issue.record("not the host")
      return
    }
  }

  @Test func aDeviceWithTheHostContradictsItself() {
    guard case .failure(.contradiction) = decide(.host, device: 0, nil) else {
      Issue.record("no contradiction")
      return
    }
  }

  @Test func autoTakesAGPUFirst() {
    let devices = [Self.device(0, .cpu), Self.device(1, .accelerator), Self.device(2, .gpu), Self.device(3, .gpu)]
    guard case .openCL(2, _, true) = decide(.auto, .devices(devices)) else {
      Issue.record("not the first GPU")
      return
    }
    guard case .openCL(1, _, true) = decide(.auto, .devices(Array(devices.prefix(2)))) else {
      Issue.record("not the accelerator")
      return
    }
  }

  @Test func autoOnAProcessorFollowsTheConstant() {
    switch decide(.auto, .devices([Self.device(0, .cpu)])) {
    case .openCL(0, _, true): #expect(BackendPolicy.preferOpenCLOnCPU)
    case .host(_, nil): #expect(!BackendPolicy.preferOpenCLOnCPU)
    case let decision: Issue.record("\(decision)")
    }
  }

  @Test func autoWarnsOnceWhereThereIsNothing() {
    #expect(
      decide(.auto, .nothing(reason: "no OpenCL platform was found"))
        == .host(
          reason: "no OpenCL platform was found",
          warning: "no OpenCL platform was found; using the host's kernels"))
    guard case .host(_, .some) = decide(.auto, .devices([Self.device(0, .gpu, problem: "it has no compiler")])) else {
      Issue.record("no warning")
      return
    }
  }

  @Test func openCLTakesAProcessorWhateverTheSize() {
    guard case .openCL(0, _, false) = decide(.opencl, bytes: 1, .devices([Self.device(0, .cpu)])) else {
      Issue.record("not the processor")
      return
    }
    #expect(decide(.opencl, bytes: nil, nil) == .discover)
  }

  @Test func openCLWithoutADeviceFails() throws {
    for discovery in [
      BackendPolicy.Discovery.nothing(reason: "x"), .devices([]), .devices([Self.device(0, .gpu, problem: "broken")]),
    ] {
      guard case .failure(let error) = decide(.opencl, discovery) else {
        Issue.record("\(discovery)")
        continue
      }
      #expect(error.kind == .unavailable)
      #expect(error.remedy != nil)
    }
  }

  @Test(arguments: [BackendChoice.auto, .opencl])
  func aNumberTakesThatDevice(_ choice: BackendChoice) {
    let devices = [Self.device(0, .gpu), Self.device(1, .cpu), Self.device(2, .gpu, problem: "broken")]
    guard case .openCL(1, _, false) = decide(choice, device: 1, bytes: 1, .devices(devices)) else {
      Issue.record("not device 1")
      return
    }
    #expect(
      decide(choice, device: 2, .devices(devices))
        == .failure(.unusableDevice(name: "device 2", reason: "broken")))
    for index in [-1, 3] {
      #expect(
        decide(choice, device: index, .devices(devices)) == .failure(.noSuchDevice(index: index, deviceCount: 3)))
    }
  }
}
