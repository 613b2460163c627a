import Glibc
import HoloModel
import HoloSystem

/// The last step of a restore: files that are written, each under its temporary name, get their own names.
///
/// Names that are free come first, since those can be taken back; then the files that are there are replaced, one rename
/// each and nothing else in between.
struct Publication {
  /// A file that is whole.
  struct File: Sendable {
    /// Its order in the state.
    var number: UInt32
    var components: [[UInt8]]
    var partialName: [UInt8]
    var identity: FileStatus.Identity

    var name: [UInt8] { components.last ?? [] }
    var region: String { RegionName.escape(Array(components.joined(separator: [UInt8(ascii: "/")]))) }
  }

  /// Those that are still under their temporary names.
  private(set) var waiting: [File]
  /// Under names that nothing had.
  private(set) var created: [File] = []
  /// Files that are there and are to be replaced, and those that have been.
  private(set) var replacementCount = 0
  private(set) var replacedCount = 0

  private let overwrite: Bool

  init(_ files: [File], overwrite: Bool) {
    waiting = files.sorted { $0.number > $1.number }
    self.overwrite = overwrite
  }

  /// Once it replaces, it does not look at the cancellation any more.
  /// - Parameter open: gives the directory of so many components.
  mutating func run(
    cancellation: Cancellation, open: (_ directory: ArraySlice<[UInt8]>) throws(HoloError) -> OpenFile
  ) throws(HoloError) {
    var taken: [File] = []
    do throws(HoloError) {
      while let file = waiting.last {
        try cancellation.check()
        if try create(file, in: open(file.components.dropLast())) { created.append(file) } else { taken.append(file) }
        waiting.removeLast()
      }
      try cancellation.check()
    } catch {
      waiting += taken
      throw error
    }
    waiting = taken.reversed()
    replacementCount = taken.count
    while let file = waiting.last {
      let directory = try open(file.components.dropLast())
      do { try directory.syscalls.rename(file.partialName, to: file.name, in: directory, replacing: true) } catch {
        throw Self.failure(error, file, in: directory)
      }
      replacedCount += 1
      waiting.removeLast()
    }
  }

  /// False where a file has the name and is to be replaced.
  private func create(_ file: File, in directory: OpenFile) throws(HoloError) -> Bool {
    do {
      try directory.syscalls.rename(file.partialName, to: file.name, in: directory, replacing: false)
      return true
    } catch {
      guard error.code == EEXIST, overwrite else { throw Self.failure(error, file, in: directory) }
    }
    do {
      let isDirectory = try directory.syscalls.status(file.name, in: directory).kind == .directory
      if !isDirectory { return false }
    } catch { throw Self.failure(error, file, in: directory) }
    throw HoloError.taken(directory.path(of: file.name), region: file.region, byDirectory: true)
  }

  private static func failure(_ error: SystemError, _ file: File, in directory: OpenFile) -> HoloError {
    let path = directory.path(of: file.name)
    return switch error.code {
    case EEXIST: .taken(path, region: file.region, byDirectory: false)
    case EISDIR: .taken(path, region: file.region, byDirectory: true)
    default: HoloError(writing: error, path: path, region: file.region)
    }
  }
}
