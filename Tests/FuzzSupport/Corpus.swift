import TestSupport

extension FuzzParser {
  /// The files that it is fuzzed from.
  package func corpus() throws -> [(name: String, bytes: [UInt8])] { try Fixtures.files(in: "corpus/\(rawValue)") }
}
