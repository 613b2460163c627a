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

  /// One for each region that another name would need as a directory.
  private static func contradictions(
    of regions: [StoredRegion], directories: [DirectoryEntry], path: String
  ) -> [HoloError] {
    let files = regions.map { (name: $0.descriptor.name, member: $0.descriptor.member) }
    return clashes(of: files, directories: directories).map { file, other in
      HoloError(
        .refused, "the region \(files[file].name.shortened) would be a file and a directory",
        place: .init(path: path, region: other), remedy: "restore one of the two with --region")
    }
  }

  /// Each file that another name would need as a directory, with the first such name. A member goes through its host, if
  /// that is one of the files: they are one.
  ///
  /// - Returns: the files by index, in the order of those names.
  static func clashes(
    of files: [(name: String, member: RegionMember?)], directories: [DirectoryEntry]
  ) -> [(file: Int, other: String)] {
    let names = files.map(\.name) + directories.map(\.name)
    let sorted = names.enumerated().map { (key: key($1), index: $0) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var clashes: [(file: Int, other: String)] = []
    // Files that the present name may lie below, outermost first.
    var open: [(key: [UInt8], index: Int, isTold: Bool)] = []
    for lower in sorted {
      while let upper = open.last, !lower.key.starts(with: upper.key + [0]) { open.removeLast() }
      let host = lower.index < files.count ? files[lower.index].member?.host : nil
      for (place, upper) in open.enumerated()
      where !upper.isTold && host?.utf8.elementsEqual(files[upper.index].name.utf8) != true {
        open[place].isTold = true
        clashes.append((upper.index, names[lower.index]))
      }
      if lower.index < files.count { open.append((lower.key, lower.index, false)) }
    }
    return clashes
  }

  /// What names are sorted by. No name has a NUL: with one for each slash, what lies below a name stands directly behind it.
  static func key(_ name: String) -> [UInt8] { name.utf8.map { $0 == UInt8(ascii: "/") ? 0 : $0 } }
}
