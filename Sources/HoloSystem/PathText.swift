extension String {
  /// The path of a name in the directory that has this path: with one slash between them, also where the user wrote some
  /// behind the directory's.
  package func path(of name: String) -> String {
    var directory = self[...]
    while directory.utf8.last == UInt8(ascii: "/") { directory.removeLast() }
    return directory + "/" + name
  }
}
