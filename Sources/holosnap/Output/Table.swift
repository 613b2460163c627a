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
  /// Of a line where no terminal says how many it has.
  private static let usualColumns = 80
  /// Narrower than this, values are not broken into lines.
  private static let leastValueColumns = 20

  /// Labels and values, a line each: what a command reports of one thing. A value that is too long for the line goes on
  /// below itself, at the next word; a word is never broken.
  static func facts(_ facts: KeyValuePairs<String, String?>, on stream: StandardStream) -> String {
    let shown = facts.compactMap { key, value in value.map { (key, $0) } }
    let labelColumns = shown.map(\.0.columnCount).max() ?? 0
    let indentation = 2 + labelColumns + gap.count
    let limit = (stream.columns ?? usualColumns) - indentation
    let margin = "\n" + String(repeating: " ", count: indentation)
    return shown.map { label, value in
      let lines = limit < leastValueColumns ? [value.printable] : lines(of: value.printable, columns: limit)
      return "  " + label + String(repeating: " ", count: labelColumns - label.columnCount) + gap
        + lines.joined(separator: margin) + "\n"
    }.joined()
  }

  private static func lines(of text: String, columns limit: Int) -> [String] {
    var lines: [String] = []
    var line: (text: String, columns: Int)?
    for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      let columns = word.columnCount
      if let begun = line, begun.columns + 1 + columns <= limit {
        line = (begun.text + " " + word, begun.columns + 1 + columns)
      } else {
        if let line { lines.append(line.text) }
        line = (word, columns)
      }
    }
    return lines + [line?.text ?? ""]
  }
}
