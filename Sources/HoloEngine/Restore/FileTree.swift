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
    // No name has a NUL: with one for each slash, what lies below a name stands directly behind it.
    func key(_ name: String) -> [UInt8] { name.utf8.map { $0 == UInt8(ascii: "/") ? 0 : $0 } }
    let names =
      regions.map { (key: key($0.descriptor.name), name: $0.descriptor.name, isFile: true) }
      + directories.map { (key: key($0.name), name: $0.name, isFile: false) }
    let sorted = names.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return zip(sorted, sorted.dropFirst()).compactMap { upper, lower in
      guard upper.isFile, lower.key.starts(with: upper.key + [0]) else { return nil }
      return HoloError(
        .refused, "the region \(upper.name.shortened) would be a file and a directory",
        place: .init(path: path, region: lower.name), remedy: "restore one of the two with --region")
    }
  }
}
