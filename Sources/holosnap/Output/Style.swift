/// How a piece of text stands out, where colour is wanted (ECMA-48, section 8.3.117).
enum Style: String {
  case strong = "1"
  case faint = "2"
  case error = "1;31"
  case warning = "1;33"
  case good = "32"

  func apply(to text: String, on stream: StandardStream) -> String {
    stream.isColoured ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}
