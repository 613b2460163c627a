import HoloEngine
import HoloFormat
import HoloModel
import HoloReports

extension Advice {
  var json: JSON {
    [
      "regions": .array(regions.map(\.json)),
      "backend": JSON(backend.kind.rawValue),
      "device": JSON(backend.device),
      "notices": JSON(notices),
      "warnings": backend.warningsJSON,
    ]
  }

  func text(on stream: StandardStream) -> String {
    regions.map { region in
      var table = Table([
        .init(title: "MODE"), .init(title: "STORED", alignment: .right), .init(title: "RATIO", alignment: .right),
        .init(title: "LARGEST ERROR", alignment: .right), .init(title: "PSNR", alignment: .right),
        .init(title: "KEPT EXACTLY", alignment: .right),
      ])
      for trial in region.trials { table.append(region.cells(trial)) }
      let shape = region.shape.isEmpty ? "" : " \(region.shape.map(String.init).joined(separator: "×"))"
      let sample =
        region.sampleByteCount < region.byteCount ? "\(Quantity.bytes(region.sampleByteCount)) of " : ""
      return Style.strong.apply(to: region.name.printable, on: stream)
        + ": \(region.elementType.name)\(shape), \(sample)\(Quantity.bytes(region.byteCount))\n"
        + table.text(on: stream)
    }.joined(separator: "\n")
  }
}

extension Advice.Region {
  fileprivate var json: JSON {
    [
      "name": JSON(name),
      "elementType": JSON(elementType.name),
      "shape": JSON(shape),
      "bytes": JSON(byteCount),
      "sampleBytes": JSON(sampleByteCount),
      "trials": .array(
        trials.map { trial in
          [
            "mode": JSON(trial.mode?.text),
            "storedBytes": JSON(trial.storedByteCount),
            "ratio": ratio(trial).map { JSON($0) } ?? .null,
            "quantization": trial.quantization?.json ?? .null,
          ]
        }),
    ]
  }

  /// Nil where nothing is stored: all values are one.
  func ratio(_ trial: Advice.Trial) -> Double? {
    trial.storedByteCount == 0 ? nil : Double(sampleByteCount) / Double(trial.storedByteCount)
  }

  fileprivate func cells(_ trial: Advice.Trial) -> [String] {
    let stored = [
      trial.mode?.text ?? "exact", Quantity.bytes(trial.storedByteCount),
      Quantity.ratio(raw: sampleByteCount, stored: trial.storedByteCount),
    ]
    guard let quantization = trial.quantization else { return stored + ["0", "", ""] }
    let values = Double(sampleByteCount) / Double(elementType.wordByteCount)
    let kept = 100 * Double(quantization.exactCount) / max(values, 1)
    return stored + [
      quantization.largestErrorText, quantization.peakSignalToNoise.map(Quantity.decibels) ?? "",
      quantization.exactCount == 0 ? "none" : kept < 0.01 ? "< 0.01%" : "\(Quantity.fixed(kept, places: 2))%",
    ]
  }
}
