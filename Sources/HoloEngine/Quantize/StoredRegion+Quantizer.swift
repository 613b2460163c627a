import HoloFormat
import HoloModel

extension StoredRegion {
  /// What the region was quantized with, so that what comes back of it gives the same codes; nil where no error was allowed.
  var quantizer: RegionQuantizer? {
    guard let quantization = descriptor.quantization else { return nil }
    let (mode, type) = (quantization.mode, descriptor.elementType)
    guard let used = firstQuantizer else { return RegionQuantizer(keeping: mode, type: type) }
    return RegionQuantizer(
      mode, type: type, range: quantization.minimum...quantization.maximum, first: used.offset, used: used)
  }

  /// That of the first chunk that is stored as codes.
  private var firstQuantizer: Quantizer? {
    guard case .frames = chunks else { return nil }
    for chunk in 0..<descriptor.chunkCount {
      let plan = plan(chunk: chunk, region: 0)
      let last = plan.patches.last { $0.effect == .difference(.codes) }?.coding ?? plan.coding
      if let codes = last.quantization { return codes.quantizer }
    }
    return nil
  }
}

extension Quantizer {
  /// Of amplitudes; else 0.
  fileprivate var offset: Double { if case .phaseGrid(_, let offset, _) = self { offset } else { 0 } }
}
