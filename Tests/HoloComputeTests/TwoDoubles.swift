/// A number as the sum of two doubles, the second at most half a unit in the last place of the first: 106 bits
/// (Dekker 1971). Sums and products of two doubles are exact.
struct TwoDoubles {
  var high: Double
  var low: Double

  init(_ high: Double, _ low: Double = 0) {
    self.high = high + low
    self.low = low - (self.high - high)
  }

  static func sum(_ a: Double, _ b: Double) -> TwoDoubles {
    let sum = a + b
    let part = sum - a
    return TwoDoubles(sum, (a - (sum - part)) + (b - part))
  }

  static func product(_ a: Double, _ b: Double) -> TwoDoubles {
    let product = a * b
    return TwoDoubles(product, (-product).addingProduct(a, b))
  }

  static func + (a: TwoDoubles, b: TwoDoubles) -> TwoDoubles {
    let high = sum(a.high, b.high)
    let low = sum(a.low, b.low)
    let middle = TwoDoubles(high.high, high.low + low.high)
    return TwoDoubles(middle.high, middle.low + low.low)
  }

  static func * (a: TwoDoubles, b: TwoDoubles) -> TwoDoubles {
    let high = product(a.high, b.high)
    return TwoDoubles(high.high, high.low + (a.high * b.low + a.low * b.high))
  }

  static prefix func - (a: TwoDoubles) -> TwoDoubles { TwoDoubles(-a.high, -a.low) }

  var magnitude: TwoDoubles { high < 0 ? -self : self }

  var squareRoot: TwoDoubles {
    guard high > 0 else { return TwoDoubles(0) }
    let first = high.squareRoot()
    let rest = self + -TwoDoubles.product(first, first)
    return TwoDoubles(first, rest.high / (2 * first))
  }

  static func <= (a: TwoDoubles, b: TwoDoubles) -> Bool { a.high < b.high || (a.high == b.high && a.low <= b.low) }
}
