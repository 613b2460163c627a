import HoloModel

/// The RIFF chunks that hold regions (WAVE-Format.md, section 3), in the order in which version 1.0 writes them.
package enum WavePartKind: Int, CaseIterable, Comparable, Sendable {
  case samples, index, configuration, statistics, metadata, other

  var id: FourCC {
    switch self {
    case .samples: FourCC("data")
    case .index: FourCC("hwpI")
    case .configuration: FourCC("hwpC")
    case .statistics: FourCC("hwpS")
    case .metadata: FourCC("hwpM")
    case .other: FourCC("hwpX")
    }
  }

  init?(id: FourCC) {
    guard let kind = Self.allCases.first(where: { $0.id == id }) else { return nil }
    self = kind
  }

  /// Where a region belongs.
  package init(elementType: ElementType, component: Component, sampleType: ElementType?) {
    if elementType == sampleType {
      self = .samples
      return
    }
    self =
      switch component {
      case .memory: .other
      case .index: .index
      case .configuration: .configuration
      case .statistics: .statistics
      case .metadata: .metadata
      }
  }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// How the samples of `data` look to other programs (WAVE-Format.md, section 2).
struct SampleFormat: Sendable {
  let channelCount: UInt16
  let blockByteCount: UInt16
  let bitsPerSample: UInt16

  /// The types whose regions can stand in `data`.
  static let elementTypes: [ElementType] = [.f32, .f64, .c64, .c128]

  init(_ type: ElementType?) {
    let type = type ?? .f32
    channelCount = UInt16(type.componentCount)
    blockByteCount = UInt16(type.byteCount)
    bitsPerSample = UInt16(8 * type.wordByteCount)
  }
}
