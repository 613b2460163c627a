import HoloCompute

extension DeviceListing {
  private var automatic: DeviceDescription? { automaticDevice.flatMap { index in devices.first { $0.index == index } } }

  var json: JSON {
    [
      "devices": .array(devices.map(\.json)),
      "host": JSON(host),
      "automatic": [
        "backend": JSON(automaticDevice == nil ? BackendKind.host.rawValue : BackendKind.opencl.rawValue),
        "device": JSON(automaticDevice),
        "reason": JSON(automaticReason),
      ],
      "largeStateBytes": JSON(BackendPolicy.openCLThresholdByteCount),
      "problem": JSON(problem),
    ]
  }

  func text(on stream: StandardStream) -> String {
    let chosen = automatic.map { "device \($0.index), \($0.name)" } ?? "host, \(host)"
    let large = Quantity.bytes(UInt64(BackendPolicy.openCLThresholdByteCount))
    return deviceTable(on: stream)
      + Table.facts([
        "host": host,
        "auto": "\(chosen) — \(automaticReason) (for a state of \(large) or more; the host for a smaller one)",
      ])
  }

  private func deviceTable(on stream: StandardStream) -> String {
    guard devices.first != nil else { return "\((problem ?? "no OpenCL device was found").printable)\n" }
    var table = Table([
      .init(title: "DEVICE", alignment: .right), .init(title: "KIND"), .init(title: "NAME", isFlexible: true),
      .init(title: "PLATFORM", isFlexible: true), .init(title: "DRIVER"), .init(title: "UNITS", alignment: .right),
      .init(title: "MEMORY", alignment: .right), .init(title: "FP64"), .init(title: "USABLE"),
    ])
    for device in devices {
      table.append([
        String(device.index), device.kind.rawValue, device.name, device.platformName, device.driverVersion,
        String(device.computeUnits), Quantity.bytes(device.globalMemoryBytes), device.hasFloat64 ? "yes" : "no",
        device.problem.map { "no: \($0)" } ?? "yes",
      ])
    }
    return table.text(on: stream) + "\n"
  }
}

extension DeviceDescription {
  fileprivate var json: JSON {
    [
      "number": JSON(index),
      "name": JSON(name),
      "vendor": JSON(vendor),
      "kind": JSON(kind.rawValue),
      "platform": JSON(platformName),
      "platformVersion": JSON(platformVersion),
      "driverVersion": JSON(driverVersion),
      "computeUnits": JSON(computeUnits),
      "memoryBytes": JSON(globalMemoryBytes),
      "largestBufferBytes": JSON(maximumAllocationBytes),
      "float64": JSON(hasFloat64),
      "unifiedMemory": JSON(hasUnifiedMemory),
      "problem": JSON(problem),
    ]
  }
}
