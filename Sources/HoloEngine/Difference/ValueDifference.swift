import HoloModel

// Unsafe here: loads from a chunk's bytes at offsets that are below the count.

/// How far the numbers of two regions are apart.
package struct ValueDifference: Sendable, Equatable {
  /// The largest |a − b| over the elements in which both are finite; of complex elements the modulus. Infinite where no
  /// `Double` holds it.
  package var largest: Double
  /// A quarter of it, where it is infinite; else 0.
  package var quarterOfLargest: Double
  /// Elements that differ in their bits and are not finite in one of the two.
  package var nonFiniteCount: UInt64

  func merged(with other: Self) -> Self {
    Self(
      largest: max(largest, other.largest), quarterOfLargest: max(quarterOfLargest, other.quarterOfLargest),
      nonFiniteCount: nonFiniteCount + other.nonFiniteCount)
  }

  /// Compares the elements that both byte runs have whole; nil for a type that is not of floating-point numbers.
  init?(_ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer, type: ElementType) {
    self.init(largest: 0, quarterOfLargest: 0, nonFiniteCount: 0)
    let count = min(old.count, new.count) / type.byteCount
    switch type {
    case .f16: compare(count) { (Double(old.load(Float16.self, $0)), Double(new.load(Float16.self, $0))) }
    case .bf16: compare(count) { (Double(old.loadBFloat16($0)), Double(new.loadBFloat16($0))) }
    case .f32: compare(count) { (Double(old.load(Float.self, $0)), Double(new.load(Float.self, $0))) }
    case .f64: compare(count) { (old.load(Double.self, $0), new.load(Double.self, $0)) }
    case .c64:
      compareComplex(count) { (Double(old.load(Float.self, $0)), Double(new.load(Float.self, $0))) }
    case .c128: compareComplex(count) { (old.load(Double.self, $0), new.load(Double.self, $0)) }
    case .bytes, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: return nil
    }
  }

  private init(largest: Double, quarterOfLargest: Double, nonFiniteCount: UInt64) {
    self.largest = largest
    self.quarterOfLargest = quarterOfLargest
    self.nonFiniteCount = nonFiniteCount
  }

  private mutating func compare(_ count: Int, _ pair: (Int) -> (Double, Double)) {
    for index in 0..<count {
      let (old, new) = pair(index)
      if old.isFinite && new.isFinite {
        take(abs(old - new), quarter: abs(old / 4 - new / 4))
      } else if !Self.isSame(old, new) {
        nonFiniteCount += 1
      }
    }
  }

  private mutating func compareComplex(_ count: Int, _ pair: (Int) -> (Double, Double)) {
    for index in 0..<count {
      let (real, imaginary) = (pair(2 * index), pair(2 * index + 1))
      if real.0.isFinite && real.1.isFinite && imaginary.0.isFinite && imaginary.1.isFinite {
        take(
          Self.modulus(real.0 - real.1, imaginary.0 - imaginary.1),
          quarter: Self.modulus(real.0 / 4 - real.1 / 4, imaginary.0 / 4 - imaginary.1 / 4))
      } else if !(Self.isSame(real.0, real.1) && Self.isSame(imaginary.0, imaginary.1)) {
        nonFiniteCount += 1
      }
    }
  }

  private mutating func take(_ difference: Double, quarter: @autoclosure () -> Double) {
    largest = max(largest, difference)
    if !difference.isFinite { quarterOfLargest = max(quarterOfLargest, quarter()) }
  }

  /// √(x² + y²), scaled so that the squares neither overflow nor vanish.
  private static func modulus(_ x: Double, _ y: Double) -> Double {
    let scale = max(abs(x), abs(y))
    guard scale > 0, scale.isFinite else { return scale }
    let (x, y) = (x / scale, y / scale)
    return scale * (x * x + y * y).squareRoot()
  }

  private static func isSame(_ old: Double, _ new: Double) -> Bool { old.bitPattern == new.bitPattern }
}

extension UnsafeRawBufferPointer {
  fileprivate func load<Value: BitwiseCopyable>(_ type: Value.Type, _ index: Int) -> Value {
    loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type)
  }

  /// The upper half of a binary32.
  fileprivate func loadBFloat16(_ index: Int) -> Float {
    Float(bitPattern: UInt32(load(UInt16.self, index)) << 16)
  }
}
