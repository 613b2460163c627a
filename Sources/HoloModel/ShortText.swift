extension String {
  /// For messages: a text of more than 120 characters is cut in the middle.
  package var shortened: String {
    let limit = 120
    guard unicodeScalars.count > limit else { return self }
    let half = (limit - 1) / 2
    let (first, last) = (unicodeScalars.prefix(half), unicodeScalars.suffix(limit - 1 - half))
    return String(String.UnicodeScalarView(first)) + "…" + String(String.UnicodeScalarView(last))
  }
}
