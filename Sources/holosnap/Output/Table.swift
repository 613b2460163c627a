/// Rows of text in aligned columns.
struct Table {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment = Alignment.left
    /// Gives way where the table is wider than the terminal.
    var isFlexible = false
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  private static let gap = "  "
  /// Narrower than this, a shortened name says nothing.
  private static let leastColumns = 12

  init(_ columns: [Column]) { self.columns = columns }

  /// One cell a column. What comes from outside is made printable here.
  mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count)
    rows.append(cells.map(\.printable))
  }

  /// - Parameters:
  ///   - limit: columns of the terminal; nil where the table may be as wide as it likes, and nothing is shortened.
  ///   - indentation: spaces before each line.
  func text(on stream: StandardStream, indentation: Int = 0) -> String {
    let widths = widths(limit: stream.columns.map { $0 - indentation })
    let margin = String(repeating: " ", count: indentation)
    let header = line(columns.map(\.title), widths: widths)
    let body = rows.map { margin + line($0, widths: widths) + "\n" }
    return margin + Style.strong.apply(to: header, on: stream) + "\n" + body.joined()
  }

  private func widths(limit: Int?) -> [Int] {
    var widths = columns.map(\.title.columnCount)
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.columnCount) }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
    for index in columns.indices where columns[index].isFlexible && excess > 0 {
      let least = max(Self.leastColumns, columns[index].title.columnCount)
      let given = min(excess, max(0, widths[index] - least))
      widths[index] -= given
      excess -= given
    }
    return widths
  }

  private func line(_ cells: [String], widths: [Int]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let cell = columns[index].isFlexible ? cell.shortened(toColumns: widths[index]) : cell
      let padding = String(repeating: " ", count: max(0, widths[index] - cell.columnCount))
      let isLast = index == cells.count - 1
      switch columns[index].alignment {
      case .left: line += isLast ? cell : cell + padding
      case .right: line += padding + cell
      }
      if !isLast { line += Self.gap }
    }
    return line
  }
}

extension Table {
  /// Labels and values, a line each: what a command reports of one thing.
  static func facts(_ facts: KeyValuePairs<String, String?>) -> String {
    let shown = facts.compactMap { key, value in value.map { (key, $0) } }
    let width = shown.map(\.0.columnCount).max() ?? 0
    return shown.map { label, value in
      "  " + label + String(repeating: " ", count: width - label.columnCount) + gap + value.printable + "\n"
    }.joined()
  }
}
