import HoloSystem

/// A JSON value whose keys keep the order in which they are documented (RFC 8259).
///
/// Our own, small: an encoder of Foundation's sorts or shuffles keys, and loading it is felt at every start.
package enum JSON: Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case text(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  package init(_ value: Int) { self = .integer(Int64(value)) }
  package init(_ value: UInt64) { self = .unsigned(value) }
  package init(_ value: UInt64?) { self = value.map(Self.unsigned) ?? .null }
  package init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
  package init(_ value: String) { self = .text(value) }
  package init(_ value: String?) { self = value.map(Self.text) ?? .null }
  package init(_ value: Bool) { self = .boolean(value) }
  package init(_ value: Double) { self = .number(value) }
  package init(_ value: Double?) { self = value.map(Self.number) ?? .null }
  package init(_ values: [String]) { self = .array(values.map(Self.text)) }
  package init(_ values: [UInt64]) { self = .array(values.map(Self.unsigned)) }

  /// The document: indented, with a line break at its end.
  package var document: String {
    var text = ""
    write(to: &text, indentation: "")
    return text + "\n"
  }

  private func write(to text: inout String, indentation: String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    // JSON has neither infinities nor NaN. Swift's own text is the shortest that reads back the same.
    case .number(let value): text += value.isFinite ? value.description : "null"
    case .text(let value): Self.write(value, to: &text)
    case .array(let values):
      let isShort = values.allSatisfy(\.isNumber)
      Self.write(values, between: "[", and: "]", isShort: isShort, indentation: indentation, to: &text) {
        $0.write(to: &$1, indentation: $2)
      }
    case .object(let pairs):
      Self.write(pairs, between: "{", and: "}", isShort: false, indentation: indentation, to: &text) {
        Self.write($0.key, to: &$1)
        $1 += ": "
        $0.value.write(to: &$1, indentation: $2)
      }
    }
  }

  private var isNumber: Bool {
    switch self {
    case .integer, .unsigned, .number: true
    default: false
    }
  }

  private static func write<Element>(
    _ elements: [Element], between open: String, and close: String, isShort: Bool, indentation: String,
    to text: inout String, writeElement: (Element, inout String, String) -> Void
  ) {
    guard !elements.isEmpty else {
      text += open + close
      return
    }
    let inner = indentation + "  "
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += isShort ? ", " : "," }
      if !isShort { text += "\n" + inner }
      writeElement(element, &text, inner)
    }
    if !isShort { text += "\n" + indentation }
    text += close
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.showingCarriedBytes.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      // Beyond what JSON asks for: DEL and the C1 controls too, which a terminal would obey.
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

/// An object: the keys stay in the order in which they are written down.
extension JSON: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }

  /// The keys of one object, then those of another.
  package static func + (first: JSON, second: JSON) -> JSON {
    guard case .object(let some) = first, case .object(let more) = second else {
      preconditionFailure("only objects are joined")
    }
    return .object(some + more)
  }
}
