import HoloFormat
import HoloModel

extension StoredRegion {
  /// What the region was quantized with, so that what comes back of it gives the same codes; nil where no error was allowed.
  var quantizer: RegionQuantizer? {
    guard let quantization = descriptor.quantization else { return nil }
    let (mode, type) = (quantization.mode, descriptor.elementType)
    guard let used = firstQuantizer else { return RegionQuantizer(keeping: mode, type: type) }
    var first = 0.0
    if case .phaseGrid(_, let offset, _) = used { first = offset }
    return RegionQuantizer(mode, type: type, range: quantization.minimum...quantization.maximum, first: first)
  }

  /// That of the first chunk that is stored as codes.
  private var firstQuantizer: Quantizer? {
    guard case .frames = chunks else { return nil }
    for chunk in 0..<descriptor.chunkCount {
      if let codes = plan(chunk: chunk, region: 0).coding.quantization { return codes.quantizer }
    }
    return nil
  }
}
