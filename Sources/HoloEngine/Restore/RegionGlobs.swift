import HoloModel

/// Patterns over region names: `*` and `?` within a component, `**` across, `**/` any directories or none, `[a-z]` and `[!a-z]`,
/// `\` takes the next character as it is. A pattern without wildcards is a name, or a directory that stands for all below it.
package struct RegionGlobs: Sendable {
  private var patterns: [(text: String, tokens: [Token])]

  fileprivate enum Token: Sendable {
    case character(UInt8)
    case any
    case anyRun
    case anyRunAcross
    /// `**/`: none or some directories. The first is where it may be left out, the second where it goes on.
    case directories
    case moreDirectories
    case set([ClosedRange<UInt8>], isNegated: Bool)
  }

  package init(_ patterns: [String]) throws(HoloError) {
    var parsed: [(String, [Token])] = []
    for pattern in patterns {
      guard !pattern.isEmpty else {
        throw HoloError(.usage, "an empty pattern names no region", remedy: "write --region '**' for every region")
      }
      parsed.append((pattern, try Self.parse(pattern)))
    }
    self.patterns = parsed
  }

  /// No pattern matches everything.
  package func matches(_ name: String) -> Bool {
    patterns.isEmpty || patterns.contains { Self.matches(Array(name.utf8), $0.tokens) }
  }

  /// Takes each pattern that matches none of these names for what is shown so (`line\nbreak`), if that matches one. Throws
  /// where both ways match.
  package func readingShownNames(among names: [String]) throws(HoloError) -> RegionGlobs {
    var globs = self
    for (index, pattern) in patterns.enumerated() {
      guard let text = PrintableText.unescape(pattern.text) else { continue }
      let tokens = try Self.parse(text)
      guard let shown = names.first(where: { Self.matches(Array($0.utf8), tokens) }) else { continue }
      if let named = names.first(where: { Self.matches(Array($0.utf8), pattern.tokens) }) {
        throw HoloError(
          .usage,
          "the pattern \(pattern.text.shortened) may mean two regions: \(named.shortened), where \\ takes the next"
            + " character as it is, and \(PrintableText.escape(shown).shortened), as it is shown",
          remedy: "write \(named.shortened) for the one, or ? in the place of the escape for the other")
      }
      globs.patterns[index].tokens = tokens
    }
    return globs
  }

  /// Throws where a pattern matches no region or directory, whole or lost.
  package func expectMatches(_ names: [String], problems: [Problem], path: String) throws(HoloError) {
    for pattern in patterns {
      let known = names + problems.compactMap(\.region)
      guard !known.contains(where: { Self.matches(Array($0.utf8), pattern.tokens) }) else { continue }
      // In a damaged container the region may be among what is lost.
      if let problem = problems.first { throw HoloError(problem) }
      throw HoloError(
        .noInput, "no region or directory matches \(pattern.text.shortened)", place: .init(path: path),
        remedy: "`holosnap inspect` lists the regions")
    }
  }

  /// One for each pattern that matches directories and no region, though there are regions below them: a wildcard does not
  /// stand for what lies below what it matches.
  func noticesOfBareDirectories(regions: [String], directories: [String]) -> [String] {
    patterns.compactMap { pattern in
      func matches(_ name: String) -> Bool { Self.matches(Array(name.utf8), pattern.tokens) }
      let named = directories.filter(matches)
      guard !named.isEmpty, !regions.contains(where: matches) else { return nil }
      let isAbove = { (region: String) in named.contains { region.utf8.starts(with: ($0 + "/").utf8) } }
      guard regions.contains(where: isAbove) else { return nil }
      return "\(pattern.text.shortened) names \(named.count == 1 ? "a directory" : "directories") and no region:"
        + " '\(pattern.text.shortened)/**' names what lies below"
    }
  }

  /// The pattern that matches this name alone, or what lies below it. The name's own escapes stand in a pattern as they
  /// are.
  static func pattern(of name: String) -> String {
    var pattern = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      if ["*", "?", "["].contains(scalar) { pattern.append("\\") }
      pattern.append(scalar)
    }
    return String(pattern)
  }

  private static func parse(_ pattern: String) throws(HoloError) -> [Token] {
    var bytes = Array(pattern.utf8)
    // `fields/` is the directory `fields`.
    if bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    var tokens: [Token] = []
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "*"):
        let isDouble = index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "*")
        let isAtStart = index == 0 || bytes[index - 1] == UInt8(ascii: "/")
        if isDouble, isAtStart, index + 2 < bytes.count, bytes[index + 2] == UInt8(ascii: "/") {
          tokens += [.directories, .moreDirectories]
          index += 3
        } else {
          tokens.append(isDouble ? .anyRunAcross : .anyRun)
          index += isDouble ? 2 : 1
        }
      case UInt8(ascii: "?"):
        tokens.append(.any)
        index += 1
      case UInt8(ascii: "["):
        guard let (token, end) = parseSet(bytes, from: index + 1) else {
          throw HoloError(
            .usage, "the pattern \(pattern.shortened) has a [ without a ]", remedy: "write \\[ for the character itself"
          )
        }
        tokens.append(token)
        index = end
      case UInt8(ascii: "\\"):
        guard index + 1 < bytes.count else {
          throw HoloError(
            .usage, "the pattern \(pattern.shortened) ends in a \\ with nothing behind it",
            remedy: "write \\\\ for the character itself")
        }
        // Names write a backslash as two (HWP-Format.md, section 7), and a byte that is not UTF-8 as \xHH.
        tokens.append(.character(bytes[index]))
        if bytes[index + 1] != UInt8(ascii: "x") && bytes[index + 1] != UInt8(ascii: "\\") { tokens.removeLast() }
        tokens.append(.character(bytes[index + 1]))
        index += 2
      default:
        tokens.append(.character(bytes[index]))
        index += 1
      }
    }
    return tokens
  }

  private static func parseSet(_ bytes: [UInt8], from start: Int) -> (Token, Int)? {
    var index = start
    let isNegated = index < bytes.count && (bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^"))
    if isNegated { index += 1 }
    var ranges: [ClosedRange<UInt8>] = []
    while index < bytes.count, bytes[index] != UInt8(ascii: "]") || ranges.isEmpty {
      let low = bytes[index]
      if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index + 2] != UInt8(ascii: "]") {
        ranges.append(min(low, bytes[index + 2])...max(low, bytes[index + 2]))
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    return index < bytes.count ? (.set(ranges, isNegated: isNegated), index + 1) : nil
  }

  /// Follows every way at once: time is the product of the lengths, whatever the pattern.
  private static func matches(_ name: [UInt8], _ tokens: [Token]) -> Bool {
    let slash = UInt8(ascii: "/")
    let isLiteral = tokens.allSatisfy { if case .character = $0 { true } else { false } }
    var states = closure([0], tokens)
    for (position, byte) in name.enumerated() {
      // A whole pattern that ends at a slash names a directory: all below it is meant.
      if byte == slash, position > 0, isLiteral, states.contains(tokens.count) { return true }
      var next: Set<Int> = []
      for state in states where state < tokens.count {
        switch tokens[state] {
        case .character(let expected): if byte == expected { next.insert(state + 1) }
        case .any: if byte != slash { next.insert(state + 1) }
        case .anyRun: if byte != slash { next.insert(state) }
        case .anyRunAcross: next.insert(state)
        case .directories, .moreDirectories:
          let more = tokens[state].isEntry ? state + 1 : state
          next.insert(more)
          if byte == slash { next.insert(more + 1) }
        case .set(let ranges, let isNegated):
          if byte != slash, ranges.contains(where: { $0.contains(byte) }) != isNegated { next.insert(state + 1) }
        }
      }
      states = closure(next, tokens)
      if states.isEmpty { return false }
    }
    return states.contains(tokens.count)
  }

  /// A run may be empty.
  private static func closure(_ states: Set<Int>, _ tokens: [Token]) -> Set<Int> {
    var all = states
    for state in states {
      var next = state
      while next < tokens.count {
        guard tokens[next].isRun || tokens[next].isEntry else { break }
        next += tokens[next].isEntry ? 2 : 1
        all.insert(next)
      }
    }
    return all
  }
}

extension RegionGlobs.Token {
  fileprivate var isRun: Bool {
    switch self {
    case .anyRun, .anyRunAcross: true
    default: false
    }
  }

  fileprivate var isEntry: Bool { if case .directories = self { true } else { false } }
}
