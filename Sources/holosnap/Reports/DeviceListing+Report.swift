import HoloCompute
import HoloReports

extension DeviceListing {
  private var automatic: DeviceDescription? { automaticDevice.flatMap { index in devices.first { $0.index == index } } }

  var json: JSON {
    [
      "devices": .array(devices.map(\.json)),
      "host": JSON(host),
      "automatic": [
        "backend": JSON(automaticDevice == nil ? BackendKind.host.rawValue : BackendKind.opencl.rawValue),
        "number": JSON(automaticDevice),
        "reason": JSON(automaticReason),
      ],
      "largeStateBytes": JSON(BackendPolicy.openCLThresholdByteCount),
      "problem": JSON(problem),
    ]
  }

  func text(on stream: StandardStream, isVerbose: Bool) -> String {
    let chosen = automatic.map { "device \($0.index), \($0.name)" } ?? "host"
    let large = Quantity.bytes(UInt64(BackendPolicy.openCLThresholdByteCount))
    return deviceTable(on: stream)
      + Table.facts(
        [
          "host": host,
          "auto": "\(chosen) — \(automaticReason)",
          "below \(large)": "host, without a look at OpenCL",
        ], on: stream) + (isVerbose ? devices.map { $0.details(on: stream) }.joined() : "")
  }

  private func deviceTable(on stream: StandardStream) -> String {
    guard devices.first != nil else { return "\((problem ?? "no OpenCL device was found").printable)\n" }
    var table = Table([
      .init(title: "DEVICE", alignment: .right), .init(title: "KIND", dropRank: 6),
      .init(title: "NAME", isFlexible: true), .init(title: "PLATFORM", dropRank: 2),
      .init(title: "DRIVER", dropRank: 1), .init(title: "UNITS", alignment: .right, dropRank: 4),
      .init(title: "MEMORY", alignment: .right, dropRank: 5), .init(title: "FP64", dropRank: 3),
      .init(title: "USABLE", isFlexible: true),
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
  fileprivate func details(on stream: StandardStream) -> String {
    "\ndevice \(index)\n"
      + Table.facts(
        [
          "vendor": vendor,
          "platform": "\(platformName), \(platformVersion)",
          "largest buffer": Quantity.bytes(maximumAllocationBytes),
          "memory": hasUnifiedMemory ? "the host's own, without copies" : "its own",
        ], on: stream)
  }

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
