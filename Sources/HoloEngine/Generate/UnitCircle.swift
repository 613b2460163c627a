/// Points of the unit circle, from additions and multiplications alone: the C library's sine differs in its last bit
/// from machine to machine, and a generated state must not.
struct UnitCircle {
  typealias Point = SIMD2<Double>

  private let coarse: [Point]
  private let fine: [Point]
  private static let steps = 4_096

  init() {
    coarse = (0..<Self.steps).map { Self.point(turns: Double($0) / Double(Self.steps)) }
    fine = (0..<Self.steps).map { Self.point(turns: Double($0) / Double(Self.steps * Self.steps)) }
  }

  /// The point at `angle` / 2²⁴ of a turn; higher bits are ignored.
  @inline(__always)
  func point(_ angle: UInt64) -> Point {
    let index = Int(angle & 0xFF_FFFF)
    return Self.product(coarse[index >> 12], fine[index & 0xFFF])
  }

  @inline(__always)
  static func product(_ left: Point, _ right: Point) -> Point {
    Point(left.x * right.x - left.y * right.y, left.x * right.y + left.y * right.x)
  }

  /// (cos, sin) of an angle in turns, 0 or more, by the Taylor series after reduction to an eighth of a turn.
  static func point(turns: Double) -> Point {
    let eighth = ((turns - turns.rounded(.down)) * 8).rounded(.down)
    let angle = ((turns - turns.rounded(.down)) - eighth / 8) * (2 * Double.pi)
    var sine = 0.0
    var cosine = 0.0
    var term = 1.0
    for order in 0..<20 {
      switch order & 3 {
      case 0: cosine += term
      case 1: sine += term
      case 2: cosine -= term
      default: sine -= term
      }
      term *= angle / Double(order + 1)
    }
    let root = 0.5.squareRoot()
    let corners: [Point] = [
      Point(1, 0), Point(root, root), Point(0, 1), Point(-root, root), Point(-1, 0), Point(-root, -root), Point(0, -1),
      Point(root, -root),
    ]
    return product(corners[Int(eighth) & 7], Point(cosine, sine))
  }
}
