import Glibc
import HoloFormat
import HoloModel
import HoloSystem

/// Finds the regions of a state: the files of directories, and single files, as the user names them.
///
/// Everything below a named directory is opened relative to it and never through a symbolic link, so that a state
/// cannot reach out of itself while it is read. Only the named path itself may be a link.
package struct StateScan {
  private let syscalls: Syscalls
  private let leftOut: [FileStatus.Identity]
  private let walk = StateWalk()
  private var regions: [RegionSource] = []
  private var directories: [DirectoryEntry] = []
  /// Of the directory that was named last.
  private var root: FileAttributes?
  private var notices: [String] = []

  private init(syscalls: Syscalls, leftOut: [FileStatus.Identity]) {
    self.syscalls = syscalls
    self.leftOut = leftOut
  }

  /// - Parameter leavingOut: directories that are no part of a state though they lie in it, with all that they hold:
  ///   the store that the snapshot goes to.
  package static func describe(
    _ paths: [String], syscalls: Syscalls = Syscalls(), leavingOut: [FileStatus.Identity] = []
  ) throws(HoloError) -> StateDescription {
    guard let first = paths.first else { throw HoloError(.usage, "no state is named") }
    var scan = StateScan(syscalls: syscalls, leftOut: leavingOut)
    for path in paths { try scan.add(path) }
    try scan.checkNames()
    let series: String
    do { series = try SeriesName.of(statePath: first, syscalls: syscalls) } catch {
      throw HoloError(scanning: error, path: first)
    }
    return StateDescription(
      regions: scan.regions, directories: scan.directories, root: paths.count == 1 ? scan.root : nil,
      notices: scan.notices, series: series)
  }

  private mutating func add(_ path: String) throws(HoloError) {
    do {
      let status = try syscalls.status(path)
      switch status.kind {
      case .directory where leftOut.contains(status.identity):
        throw HoloError(
          .usage, "the state is the store that the snapshot would go to", place: .init(path: path),
          remedy: "name another store with --store, or a file with --output")
      case .directory:
        let root = try syscalls.open(path, O_RDONLY | O_DIRECTORY)
        let own = try root.status()
        self.root = FileAttributes(permissions: own.permissions, modified: Timestamp(own))
        let firstRegion = regions.count
        try addEntries(of: [], below: root)
        walk.rest()
        sort(from: firstRegion)
      case .file:
        let name = PathBytes.bytes(path).split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        let location = RegionSource.Location.path(path, resolved: try? syscalls.resolve(path))
        try addRegion(location, components: [name], path: path, status: status)
      default:
        throw HoloError(.noInput, "neither a file nor a directory", place: .init(path: path))
      }
    } catch let error as SystemError {
      throw HoloError(scanning: error, path: path)
    } catch let error as HoloError {
      throw error
    } catch {
      throw HoloError(.internal, "\(error)", place: .init(path: path))
    }
  }

  /// The order of a state's regions is that of their files' names' bytes, which is not the order of the walk: `a.b`
  /// stands before `a/b`. The regions of one file stand together.
  private mutating func sort(from firstRegion: Int) {
    func precedes(_ first: String, _ second: String) -> Bool { first.utf8.lexicographicallyPrecedes(second.utf8) }
    regions[firstRegion...].sort { first, second in
      let (one, other) = (first.host ?? first.name, second.host ?? second.name)
      return precedes(one, other) || !precedes(other, one) && precedes(first.name, second.name)
    }
  }

  /// What a directory holds, and then what the directories in it do: no more than a few are open at a time.
  private mutating func addEntries(of directory: [[UInt8]], below root: OpenFile) throws {
    for inner in try addFiles(of: directory, below: root) { try addEntries(of: directory + [inner], below: root) }
  }

  /// Returns the names of the directories among the entries.
  private mutating func addFiles(of directory: [[UInt8]], below root: OpenFile) throws -> [[UInt8]] {
    let handle: OpenFile
    do { handle = try walk.directory(directory, below: root) } catch {
      guard error.code == ENOENT, !directory.isEmpty else { throw error }
      notices.append("\(path(directory, below: root)) vanished and was left out")
      return []
    }
    if !directory.isEmpty {
      let status = try handle.status()
      directories.append(
        DirectoryEntry(
          name: try regionName(directory, path: path(directory, below: root)), permissions: status.permissions,
          modified: Timestamp(status)))
    }
    var inner: [[UInt8]] = []
    for name in try syscalls.names(in: handle) {
      let components = directory + [name]
      let full = path(components, below: root)
      let status: FileStatus
      do { status = try syscalls.status(name, in: handle) } catch {
        guard error.code == ENOENT else { throw error }
        notices.append("\(full) vanished and was left out")
        continue
      }
      switch status.kind {
      case .file: try addRegion(.below(root, components, walk), components: components, path: full, status: status)
      case .directory where leftOut.contains(status.identity): notices.append("\(full) is the store and was left out")
      case .directory: inner.append(name)
      case .symbolicLink: notices.append("\(full) is a symbolic link and was left out")
      case .other: notices.append("\(full) is a special file and was left out")
      }
    }
    return inner
  }

  /// For messages.
  private func path(_ components: [[UInt8]], below root: OpenFile) -> String {
    root.path.path(of: RegionName.escape(Array(components.joined(separator: [UInt8(ascii: "/")]))))
  }

  private mutating func addRegion(
    _ location: RegionSource.Location, components: [[UInt8]], path: String, status: FileStatus
  ) throws {
    let name = try regionName(components, path: path)
    do {
      if status.byteCount == 0, try RegionSource.hidesItsSize(location, syscalls) {
        guard !location.isNamed else {
          throw HoloError(
            .noInput, "the file does not tell its size: the kernel makes it as it is read", place: .init(path: path),
            remedy: "copy it, and capture the copy")
        }
        notices.append("\(path) does not tell its size, as special files do not, and was left out")
        return
      }
      let component = Component(path: components)
      if let kind = ManyRegionFile(fileName: components.last ?? []),
        let found = try kind.regions(
          name: name, component: component, location: location, path: path, syscalls: syscalls)
      {
        regions += found
        return
      }
      let region = try RegionSource(
        name: name, component: component, location: location, path: path, status: status, syscalls: syscalls)
      if let flaw = region.flaw {
        notices.append("\(path) begins as a legacy file and was taken as bytes: \(flaw.message)")
      }
      regions.append(region)
    } catch let error as SystemError {
      guard error.code == ENOENT else { throw error }
      notices.append("\(path) vanished and was left out")
    }
  }

  private func regionName(_ components: [[UInt8]], path: String) throws(HoloError) -> String {
    let name = RegionName.escape(Array(components.joined(separator: [UInt8(ascii: "/")])))
    guard name.utf8.count <= RegionName.byteLimit else {
      throw HoloError(
        .usage, "the name of a region would be longer than \(RegionName.byteLimit) bytes", place: .init(path: path),
        remedy: "name a directory further down as the state")
    }
    return name
  }

  /// Refuses two regions of one name, and a region whose name is a directory of another's. Merges directories that
  /// several states have; the first one's mode and time stand.
  private mutating func checkNames() throws(HoloError) {
    var paths: [[UInt8]: String] = [:]
    for region in regions {
      if let other = paths.updateValue(region.path, forKey: Array(region.name.utf8)) {
        throw HoloError(
          .usage, "two files have one name", place: .init(path: region.path, region: region.name),
          remedy: "\(other) has it too: capture them as two snapshots, or name a directory above both")
      }
    }
    var known: Set<[UInt8]> = []
    directories = directories.filter { known.insert(Array($0.name.utf8)).inserted }
    directories.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let clashes = FileTree.clashes(of: regions.map { ($0.name, $0.member) }, directories: directories).map(\.file)
    let namesakes = regions.indices.filter { known.contains(Array(regions[$0].name.utf8)) }
    let keyed = (clashes + namesakes).map { (key: FileTree.key(regions[$0].name), region: regions[$0]) }
    if let region = keyed.min(by: { $0.key.lexicographicallyPrecedes($1.key) })?.region {
      throw HoloError(
        .usage, "a file has the name of a directory of another state",
        place: .init(path: region.path, region: region.name), remedy: "capture them as two snapshots")
    }
  }
}

extension Timestamp {
  package init(_ status: FileStatus) {
    self.init(seconds: status.modifiedSeconds, nanoseconds: status.modifiedNanoseconds)
  }
}

extension HoloError {
  /// A state that cannot be looked at.
  fileprivate init(scanning error: SystemError, path: String) {
    let remedy: String? =
      switch error.code {
      case EACCES, EPERM: "run as a user who may read it"
      case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
      default: nil
      }
    switch error.code {
    case ENOENT, ENOTDIR:
      self.init(.noInput, "there is no such state", place: .init(path: error.path), remedy: remedy)
    case ELOOP:
      self.init(.noInput, "the state cannot be found: \(error.reason)", place: .init(path: error.path), remedy: remedy)
    case EACCES, EPERM:
      self.init(.refused, "cannot read the state: \(error.reason)", place: .init(path: error.path), remedy: remedy)
    default:
      self.init(.inputOutput, "cannot read the state: \(error.failure)", place: .init(path: error.path), remedy: remedy)
    }
  }
}
