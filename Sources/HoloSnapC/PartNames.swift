/// The names of a state's parts, none of which goes through another: as files they could stand side by side.
struct PartNames {
  private var names: Set<[UInt8]> = []
  /// How many names go through each directory.
  private var directories: [[UInt8]: Int] = [:]

  /// What keeps a name from being added; nil for nothing, and then it is.
  mutating func insert(_ name: String) -> String? {
    let name = Array(name.utf8)
    guard !names.contains(name) else { return "the state has a region or blob of that name" }
    let parents = Self.directories(of: name)
    guard directories[name] == nil, !parents.contains(where: names.contains) else {
      return "one of two names goes through the other"
    }
    names.insert(name)
    for parent in parents { directories[parent, default: 0] += 1 }
    return nil
  }

  mutating func remove(_ name: String) {
    let name = Array(name.utf8)
    names.remove(name)
    for parent in Self.directories(of: name) {
      directories[parent, default: 0] -= 1
      if directories[parent] == 0 { directories[parent] = nil }
    }
  }

  private static func directories(of name: [UInt8]) -> [[UInt8]] {
    name.indices.filter { name[$0] == UInt8(ascii: "/") }.map { Array(name[..<$0]) }
  }
}
