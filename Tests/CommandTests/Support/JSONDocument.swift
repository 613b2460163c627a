import Foundation
import Testing

/// What a command wrote to standard output with `--json`: one document, read by a parser that is not ours.
struct JSONDocument {
  let value: [String: Any]

  init(_ value: [String: Any]) { self.value = value }

  init(_ outcome: Command.Outcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let parsed = try? JSONSerialization.jsonObject(with: Data(outcome.output))
    value = try #require(
      parsed as? [String: Any], "not one JSON object: \(outcome.text) \(outcome.error)", sourceLocation: sourceLocation)
  }

  var keys: Set<String> { Set(value.keys) }

  func text(_ key: String) -> String? { value[key] as? String }
  func number(_ key: String) -> Double? { (value[key] as? NSNumber)?.doubleValue }
  func integer(_ key: String) -> Int? { (value[key] as? NSNumber)?.intValue }
  func boolean(_ key: String) -> Bool? { (value[key] as? NSNumber)?.boolValue }
  func isNull(_ key: String) -> Bool { value[key] is NSNull }
  func texts(_ key: String) -> [String]? { value[key] as? [String] }
  func object(_ key: String) -> JSONDocument? { (value[key] as? [String: Any]).map(JSONDocument.init) }
  func objects(_ key: String) -> [JSONDocument]? { (value[key] as? [[String: Any]])?.map(JSONDocument.init) }
}
