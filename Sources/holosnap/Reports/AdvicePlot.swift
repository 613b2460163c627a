import Glibc
import HoloEngine
import HoloModel

/// Ratio over the largest error, both logarithmic, as an SVG picture: a line for each region and kind of mode.
struct AdvicePlot {
  private struct Point {
    /// Decimal logarithms.
    var error: Double
    var ratio: Double
    var label: String
  }

  private struct Line {
    var name: String
    var points: [Point]
  }

  private let lines: [Line]

  private static let (width, height, left, top, legend) = (560.0, 360.0, 60.0, 30.0, 300.0)
  private static let colours = ["#1f6fb2", "#c2571a", "#2e8b57", "#8a4fbe", "#b8860b", "#5b6570"]

  init(_ advice: Advice) {
    lines = advice.regions.flatMap { region in
      let points = region.trials.compactMap { trial -> (kind: String, point: Point)? in
        guard let mode = trial.mode, let error = trial.quantization?.largestError, error > 0,
          let ratio = region.ratio(trial)
        else { return nil }
        let kind = String(mode.text.prefix { $0 != ":" })
        return (kind, Point(error: log10(error), ratio: log10(ratio), label: mode.text))
      }
      return ["abs", "rel", "pw", "l2", "phase"].compactMap { kind in
        let own = points.filter { $0.kind == kind }.map(\.point).sorted { $0.error < $1.error }
        return own.isEmpty ? nil : Line(name: "\(region.name), \(kind)", points: own)
      }
    }
  }

  var svg: String {
    let all = lines.flatMap(\.points)
    let errors = Self.decades(all.map(\.error))
    let ratios = Self.decades(all.map(\.ratio))
    func x(_ error: Double) -> Double {
      Self.left + Self.width * (error - Double(errors.lowerBound)) / Double(errors.count - 1)
    }
    func y(_ ratio: Double) -> Double {
      Self.top + Self.height * (1 - (ratio - Double(ratios.lowerBound)) / Double(ratios.count - 1))
    }
    var parts: [String] = [
      Self.text("ratio over the largest error", at: (Self.left, 18), size: 13)
    ]
    for decade in errors {
      parts.append(Self.rule((x(Double(decade)), Self.top), (x(Double(decade)), Self.top + Self.height)))
      parts.append(Self.text("1e\(decade)", at: (x(Double(decade)), Self.top + Self.height + 16), anchor: "middle"))
    }
    for decade in ratios {
      parts.append(Self.rule((Self.left, y(Double(decade))), (Self.left + Self.width, y(Double(decade)))))
      parts.append(Self.text("\(Self.power(decade))×", at: (Self.left - 6, y(Double(decade)) + 4), anchor: "end"))
    }
    for (index, line) in lines.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      let path = line.points.map { "\(Self.number(x($0.error))),\(Self.number(y($0.ratio)))" }.joined(separator: " ")
      parts.append("<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>")
      for point in line.points {
        parts.append(
          "<circle cx=\"\(Self.number(x(point.error)))\" cy=\"\(Self.number(y(point.ratio)))\" r=\"3\" fill=\"\(colour)\">"
            + "<title>\(Self.escaped(point.label))</title></circle>")
      }
      let place = (Self.left + Self.width + 16, Self.top + 14 + 18 * Double(index))
      parts.append(Self.text(Self.escaped(line.name.printable), at: place, colour: colour))
    }
    let size = (Self.left + Self.width + Self.legend, Self.top + max(Self.height, 18 * Double(lines.count)) + 30)
    return
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.number(size.0))\" height=\"\(Self.number(size.1))\""
      + " font-family=\"DejaVu Sans, Helvetica, sans-serif\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
      + parts.joined() + "</svg>\n"
  }

  /// The powers of ten around the values; two at least.
  private static func decades(_ values: [Double]) -> ClosedRange<Int> {
    let low = Int((values.min() ?? 0).rounded(.down))
    return low...max(low + 1, Int((values.max() ?? 1).rounded(.up)))
  }

  private static func power(_ exponent: Int) -> String {
    exponent < 0 ? "1e\(exponent)" : "1" + String(repeating: "0", count: exponent)
  }

  private static func rule(_ from: (Double, Double), _ to: (Double, Double)) -> String {
    "<line x1=\"\(number(from.0))\" y1=\"\(number(from.1))\" x2=\"\(number(to.0))\" y2=\"\(number(to.1))\""
      + " stroke=\"#e3e6ea\"/>"
  }

  private static func text(
    _ text: String, at place: (Double, Double), size: Int = 11, anchor: String = "start", colour: String = "#333333"
  ) -> String {
    "<text x=\"\(number(place.0))\" y=\"\(number(place.1))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\""
      + " fill=\"\(colour)\">\(text)</text>"
  }

  private static func number(_ value: Double) -> String { Quantity.fixed(value, places: 1) }

  private static func escaped(_ text: String) -> String {
    let named: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"]
    return text.reduce(into: "") { $0 += named[$1] ?? String($1) }
  }
}
