/// The type of a region's elements. Raw values are on-disk codes: set in stone (HWP-Format.md, section 7).
package enum ElementType: UInt8, CaseIterable, Sendable {
  case bytes = 0
  case u8, i8, u16, i16, u32, i32, u64, i64
  case f16, bf16, f32, f64
  case c64, c128

  package var name: String { "\(self)" }

  package init?(name: String) {
    guard let match = Self.byName[name] else { return nil }
    self = match
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  /// Bytes of one element.
  package var byteCount: Int { wordByteCount * componentCount }

  /// 2 for complex types (real, imaginary, interleaved), else 1.
  package var componentCount: Int { self == .c64 || self == .c128 ? 2 : 1 }

  /// The type of one component.
  package var componentType: ElementType {
    switch self {
    case .c64: .f32
    case .c128: .f64
    default: self
    }
  }

  /// Signed integers that are as wide as a component.
  package var integerType: ElementType {
    switch wordByteCount {
    case 1: .i8
    case 2: .i16
    case 4: .i32
    default: .i64
    }
  }

  /// Bytes of one component.
  package var wordByteCount: Int {
    switch self {
    case .bytes, .u8, .i8: 1
    case .u16, .i16, .f16, .bf16: 2
    case .u32, .i32, .f32, .c64: 4
    case .u64, .i64, .f64, .c128: 8
    }
  }

  /// True where a word is an IEEE-754 style number: sign, exponent, mantissa from the top.
  package var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64, .c64, .c128: true
    default: false
    }
  }
}

/// What a region is to the system it came from. Raw values are on-disk codes.
package enum Component: UInt8, CaseIterable, Sendable {
  case memory = 0
  case index, configuration, statistics, metadata

  package var name: String { "\(self)" }
}
