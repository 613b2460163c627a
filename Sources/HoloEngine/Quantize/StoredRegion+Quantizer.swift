import HoloFormat
import HoloModel

extension StoredRegion {
  /// What the region was quantized with, so that what comes back of it gives the same codes; nil where no error was allowed.
  var quantizer: RegionQuantizer? {
    guard let quantization = descriptor.quantization else { return nil }
    let (mode, type) = (quantization.mode, descriptor.elementType)
    guard let used = usedQuantizer else { return RegionQuantizer(keeping: mode, type: type) }
    return RegionQuantizer(
      mode, type: type, range: quantization.minimum...quantization.maximum, first: used.offset, used: used)
  }

  /// That of most chunks that are stored as codes: one whose numbers are the same on any grid keeps its own for ever, over captures whose grid is another.
  var usedQuantizer: Quantizer? {
    guard case .frames(let map) = chunks else { return nil }
    var counts: [Quantizer: Int] = [:]
    for chunk in 0..<chunkCount {
      guard let codes = try? map.chunk(chunk, ofRegion: index).layers.last?.record.codes else { continue }
      counts[codes.quantizer.withoutRange, default: 0] += 1
    }
    return counts.max { ($0.value, $1.key.fineness) < ($1.value, $0.key.fineness) }?.key
  }
}

extension Quantizer {
  /// Without what may differ where codes mean the same.
  fileprivate var withoutRange: Quantizer {
    if case .grid(let step, _, _) = self { .grid(step: step, low: -.infinity, high: .infinity) } else { self }
  }

  /// Tells those of one region apart.
  fileprivate var fineness: Double {
    if case .grid(let step, _, _) = self { step } else { offset }
  }

  /// Of amplitudes; else 0.
  fileprivate var offset: Double { if case .phaseGrid(_, let offset, _) = self { offset } else { 0 } }
}
