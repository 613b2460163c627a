import HoloFormat
import HoloModel

/// Whether the names of a state can be files and directories below a target, side by side.
enum FileTree {
  /// One for each name that a restore refuses.
  static func refusals(
    of regions: [StoredRegion], directories: [DirectoryEntry], path: String
  ) -> [HoloError] {
    let names = regions.map(\.descriptor.name) + directories.map(\.name)
    return names.filter { RegionName.components($0) == nil }.map { unsafe($0, path: path) }
      + contradictions(of: regions, directories: directories, path: path)
  }

  /// A name that is no path below a directory.
  static func unsafe(_ name: String, path: String? = nil) -> HoloError {
    HoloError(
      .refused, "the name would lead out of the target, or is no file name", place: .init(path: path, region: name),
      remedy: "the container was not made by HoloSnap; restore the other regions by name with --region")
  }

  /// One for each region that another name would need as a directory. A member goes through its host, if that is one of
  /// the regions: they are one file.
  private static func contradictions(
    of regions: [StoredRegion], directories: [DirectoryEntry], path: String
  ) -> [HoloError] {
    // No name has a NUL: with one for each slash, what lies below a name stands directly behind it.
    func key(_ name: String) -> [UInt8] { name.utf8.map { $0 == UInt8(ascii: "/") ? 0 : $0 } }
    let names =
      regions.map {
        Entry(key: key($0.descriptor.name), name: $0.descriptor.name, isFile: true, member: $0.descriptor.member)
      }
      + directories.map { Entry(key: key($0.name), name: $0.name, isFile: false, member: nil) }
    var problems: [HoloError] = []
    // Files that the present name may lie below, outermost first.
    var files: [(entry: Entry, isTold: Bool)] = []
    for lower in names.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      while let upper = files.last?.entry, !lower.key.starts(with: upper.key + [0]) { files.removeLast() }
      for (index, upper) in files.enumerated() where !upper.isTold && !lower.isMember(of: upper.entry) {
        files[index].isTold = true
        problems.append(
          HoloError(
            .refused, "the region \(upper.entry.name.shortened) would be a file and a directory",
            place: .init(path: path, region: lower.name), remedy: "restore one of the two with --region"))
      }
      if lower.isFile { files.append((lower, false)) }
    }
    return problems
  }

  private struct Entry {
    var key: [UInt8]
    var name: String
    var isFile: Bool
    var member: RegionMember?

    func isMember(of other: Entry) -> Bool { member?.host.utf8.elementsEqual(other.name.utf8) ?? false }
  }
}
