import Glibc

/// Arithmetic on bounds in the precision of a region. Values are `Double`s that the precision has exactly.
struct Precision {
  let isDouble: Bool

  /// The bits as kernels take them.
  func bits(_ value: Double) -> UInt64 {
    isDouble ? value.bitPattern : UInt64(Float(value).bitPattern)
  }

  func number(_ bits: UInt64) -> Double {
    isDouble ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
  }

  /// The largest number of the precision that is not more than a positive value.
  func towardZero(_ value: Double) -> Double {
    guard !isDouble else { return value }
    guard value < Double(Float.greatestFiniteMagnitude) else { return Double(Float.greatestFiniteMagnitude) }
    let nearest = Float(value)
    return Double(Double(nearest) > value ? nearest.nextDown : nearest)
  }

  func below(_ value: Double) -> Double {
    isDouble ? value.nextDown : Double(Float(value).nextDown)
  }

  /// 1 / value, to nearest even.
  func inverse(of value: Double) -> Double {
    isDouble ? 1 / value : Double(1 / Float(value))
  }

  /// The level of a value on a grid, as kernels find it.
  func level(of value: Double, inverse: Double) -> Double {
    isDouble
      ? (value * inverse).rounded(.toNearestOrEven)
      : Double((Float(value) * Float(inverse)).rounded(.toNearestOrEven))
  }

  /// Bounds outside this are taken to its upper end, or cannot be resolved: reciprocals are normal numbers inside it.
  var bounds: ClosedRange<Double> {
    isDouble ? 0x1p-1022...0x1p1022 : 0x1p-126...0x1p126
  }

  /// The same for a bound on amplitudes, whose squares are taken.
  var amplitudeBounds: ClosedRange<Double> {
    isDouble ? 0x1p-900...0x1p900 : 0x1p-100...0x1p100
  }

  /// What bounds on complex numbers are lowered by, so that roundings in their comparison do not matter.
  var complexMargin: Double { isDouble ? 1 - 0x1p-49 : 1 - 0x1p-20 }

  /// Offsets have so many steps at most: the amplitude of a restored number is within a fifth of a step of its own.
  var offsetStepLimit: Double { isDouble ? 0x1p48 : 0x1p20 }
}

/// A product of positive numbers, never more than it is.
func productTowardZero(_ a: Double, _ b: Double) -> Double {
  let product = a * b
  guard product.isFinite else { return .greatestFiniteMagnitude }
  return (-product).addingProduct(a, b) < 0 ? product.nextDown : product
}

/// high − low, never more than it is.
func differenceTowardZero(_ high: Double, _ low: Double) -> Double {
  let difference = high - low
  guard difference.isFinite else { return .greatestFiniteMagnitude }
  // Two-sum (Knuth, The Art of Computer Programming, volume 2, 4.2.2).
  let part = difference - high
  let rest = (high - (difference - part)) - (low + part)
  return rest < 0 ? difference.nextDown : difference
}
