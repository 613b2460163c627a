/// Rows of text in aligned columns.
struct Table {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment = Alignment.left
    /// Is cut in the middle where the table is wider than the terminal and no column is left to go.
    var isFlexible = false
    /// Where the table is wider than the terminal the column with the lowest rank goes first; nil: it stays.
    var dropRank: Int?
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

  /// As wide as it likes, unless the stream is a terminal.
  func text(on stream: StandardStream) -> String {
    let layout = layout(limit: stream.columns)
    let header = line(columns.map(\.title), layout)
    return Style.strong.apply(to: header, on: stream) + "\n" + rows.map { line($0, layout) + "\n" }.joined()
  }

  /// The columns that are shown, and how wide they are.
  private typealias Layout = [(column: Int, width: Int)]

  private func layout(limit: Int?) -> Layout {
    var layout = columns.indices.map { column in
      (column: column, width: rows.reduce(columns[column].title.columnCount) { max($0, $1[column].columnCount) })
    }
    guard let limit else { return layout }
    func excess() -> Int { layout.reduce(Self.gap.count * (layout.count - 1)) { $0 + $1.width } - limit }
    let droppable = columns.indices.compactMap { column in columns[column].dropRank.map { (column, $0) } }
    for (column, _) in droppable.sorted(by: { $0.1 < $1.1 }) where excess() > 0 {
      layout.removeAll { $0.column == column }
    }
    while excess() > 0 {
      let flexible = layout.indices.filter { columns[layout[$0].column].isFlexible }
      guard let widest = flexible.max(by: { layout[$0].width < layout[$1].width }),
        layout[widest].width > Self.leastColumns
      else { break }
      layout[widest].width -= 1
    }
    return layout
  }

  private func line(_ cells: [String], _ layout: Layout) -> String {
    var line = ""
    for (position, (column, width)) in layout.enumerated() {
      let cell = cells[column].shortened(toColumns: width)
      let padding = String(repeating: " ", count: width - cell.columnCount)
      let isLast = position == layout.count - 1
      switch columns[column].alignment {
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
