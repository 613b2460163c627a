import Testing

extension Command.Outcome {
  /// The command did what it was asked to do, and had nothing to complain of.
  @discardableResult
  func succeeded(sourceLocation: SourceLocation = #_sourceLocation) -> Self {
    #expect(status == 0, "\(error)", sourceLocation: sourceLocation)
    #expect(!error.contains("error:"), "\(error)", sourceLocation: sourceLocation)
    return self
  }

  /// The command failed in this way, with one message that says all of these.
  @discardableResult
  func failed(_ status: Int32, saying parts: String..., sourceLocation: SourceLocation = #_sourceLocation) -> Self {
    #expect(self.status == status, "\(error)", sourceLocation: sourceLocation)
    let messages = error.split(separator: "\n").filter { $0.hasPrefix("holosnap: error: ") }
    #expect(messages.count == 1, "\(error)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(error.contains(part), "‘\(part)’ is missing in: \(error)", sourceLocation: sourceLocation)
    }
    return self
  }
}
