import HoloModel

/// Whether a value is within the bound that its user asked for: nothing of the kernels' own comparison is used. Differences and
/// products of two numbers are exact; what is not is wrong by 2^-100. Most values are within it by more than doubles can err, and
/// are told by these.
struct BoundChecker {
  let mode: QuantizationMode
  let range: ClosedRange<Double>?

  private static let slack = TwoDoubles(1, 0x1p-98)
  /// Pi to 106 bits.
  private static let pi = TwoDoubles(0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53)

  /// Real and imaginary part.
  typealias Pair = (re: Double, im: Double)

  /// One value, before and after; one that is not complex has no imaginary part.
  func allows(_ before: Pair, _ after: Pair) -> Bool {
    guard mayBecome(before.re, after.re), mayBecome(before.im, after.im) else { return false }
    if before.re.bitPattern == after.re.bitPattern && before.im.bitPattern == after.im.bitPattern { return true }
    return isPlainlyNear(before, after) || isNear(before, after)
  }

  /// Within less than the bound, in numbers far from where doubles end: a few roundings, each of 2^-53, do not make up for what is
  /// taken off here. Says nothing if it is false.
  private func isPlainlyNear(_ before: Pair, _ after: Pair) -> Bool {
    let (x, y) = (before.re - after.re, before.im - after.im)
    let (size, distance) = (before.re * before.re + before.im * before.im, x * x + y * y)
    var bound: Double
    switch mode {
    case .absolute(let absolute): bound = absolute
    case .relative(let share, _):
      guard let range, range.contains(before.re) else { return false }
      bound = share * (range.upperBound - range.lowerBound)
    case .pointwise(let share): bound = share * abs(before.re)
    case .euclidean(let radius): bound = radius
    case .phase(let bits, let amplitude): bound = Double.pi / Double(1 << bits) * size.squareRoot() + (amplitude ?? 0)
    }
    bound *= 1 - 0x1p-40
    let isSafe = bound > 0x1p-400 && bound < 0x1p+400 && size > 0x1p-900 && size < 0x1p+900
    return isSafe && distance < bound * bound
  }

  private func isNear(_ before: Pair, _ after: Pair) -> Bool {
    switch mode {
    case .absolute(let bound): return isNear(before.re, after.re, TwoDoubles(bound))
    case .relative(let bound, _):
      guard let range, range.contains(before.re) else { return false }
      // A quarter of everything: the range of the largest numbers is a number, too.
      let width = TwoDoubles.sum(range.upperBound / 4, -range.lowerBound / 4)
      return isNear(before.re / 4, after.re / 4, TwoDoubles(bound) * width * Self.slack)
    case .pointwise(let bound):
      let (x, y) = scaled(before.re, after.re, by: before.re.exponent)
      return isNear(x, y, TwoDoubles.product(bound, abs(x)))
    case .euclidean(let bound):
      // A part that is no number stays, and has no distance; the other's is its own.
      let (x, y) = (before.re.isFinite ? before.re : 0, before.im.isFinite ? before.im : 0)
      let (xAfter, yAfter) = (before.re.isFinite ? after.re : 0, before.im.isFinite ? after.im : 0)
      return isNear((x, y), (xAfter, yAfter), tangential: TwoDoubles(0), radial: bound)
    case .phase(let bits, let amplitude):
      let angle = TwoDoubles(Self.pi.high / Double(1 << bits), Self.pi.low / Double(1 << bits))
      return isNear(before, after, tangential: angle, radial: amplitude ?? 0)
    }
  }

  /// NaNs, infinities and -0.0 stay, and nothing becomes one.
  private func mayBecome(_ x: Double, _ y: Double) -> Bool {
    x.bitPattern == y.bitPattern || (x.isFinite && y.isFinite && x.bitPattern != (-0.0).bitPattern)
  }

  private func isNear(_ x: Double, _ y: Double, _ bound: TwoDoubles) -> Bool {
    TwoDoubles.sum(x, -y).magnitude <= bound
  }

  /// |z − z′| ≤ tangential · |z| + radial.
  private func isNear(_ before: Pair, _ after: Pair, tangential: TwoDoubles, radial: Double) -> Bool {
    let largest = max(abs(before.re), abs(before.im), radial)
    guard largest > 0 else { return after == (0, 0) }
    let exponent = largest.exponent
    let (x, xAfter) = scaled(before.re, after.re, by: exponent)
    let (y, yAfter) = scaled(before.im, after.im, by: exponent)
    let (dx, dy) = (TwoDoubles.sum(x, -xAfter), TwoDoubles.sum(y, -yAfter))
    let distance = (dx * dx + dy * dy).squareRoot
    let size = (TwoDoubles.product(x, x) + TwoDoubles.product(y, y)).squareRoot
    return distance <= (tangential * size + TwoDoubles(scaled(radial, 0, by: exponent).0)) * Self.slack
  }

  private func scaled(_ a: Double, _ b: Double, by exponent: Double.Exponent) -> (Double, Double) {
    // In two steps: the power itself need not be a number.
    let half = exponent / 2
    func down(_ x: Double) -> Double {
      x * Double(sign: .plus, exponent: -half, significand: 1)
        * Double(sign: .plus, exponent: half - exponent, significand: 1)
    }
    return (down(a), down(b))
  }
}
