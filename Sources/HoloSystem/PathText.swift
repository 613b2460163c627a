extension String {
  /// The path of a name in the directory that has this path: with one slash between them, also where the user wrote some
  /// behind the directory's.
  package func path(of name: String) -> String {
    var directory = self[...]
    while directory.utf8.last == UInt8(ascii: "/") { directory.removeLast() }
    return directory + "/" + name
  }
}

extension OpenFile {
  /// Of a name in this directory, for messages.
  package func path(of name: some Collection<UInt8>) -> String { path.path(of: PathBytes.text(name)) }
}
