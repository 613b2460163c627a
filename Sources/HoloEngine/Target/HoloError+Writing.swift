import Glibc
import HoloSystem

extension HoloError {
  /// A system call that failed while files were written below a target.
  /// - Parameter path: of the file that was to be written, where the call went to another name.
  init(writing error: SystemError, path: String? = nil, region: String? = nil) {
    let place = Place(path: path ?? error.path, region: region)
    switch error.meaning {
    case .noSpace:
      self.init(
        .cannotCreate, error.code == EDQUOT ? "the disk quota is used up" : "no space is left", place: place,
        remedy: "free some space, or choose another disk")
    case .readOnlyFileSystem:
      self.init(
        .cannotCreate, "the file system is read-only", place: place,
        remedy: "choose a directory that can be written")
    case .noPermission:
      self.init(
        .refused, "no permission to write", place: place,
        remedy: "choose a directory that you may write, or run as its owner")
    case .nameTooLong:
      self.init(.cannotCreate, "the file system cannot hold so long a name", place: place)
    case .fileTooLarge:
      self.init(
        .cannotCreate, Self.tooLarge, place: place, remedy: "raise the limit (ulimit -f), or choose another file system"
      )
    case .tooManyOpenFiles:
      self.init(.inputOutput, "too many open files", place: place, remedy: Self.openFilesRemedy)
    case .cancelled, .noMemory, .noSuchFile, .exists, .busy, .other:
      self.init(.inputOutput, "cannot write: \(error.failure)", place: place)
    }
  }

  /// A target that cannot be created, or not be opened.
  init(openingTarget error: SystemError, path: String) {
    let place = Place(path: path)
    switch error.code {
    case ENOTDIR where error.call == .open:
      self.init(
        .cannotCreate, "the target exists and is not a directory", place: place, remedy: "restore to a new directory")
    case ENOTDIR:
      self.init(
        .cannotCreate, "the way to the target leads through what is not a directory", place: place,
        remedy: "restore to another directory")
    case ENOENT where error.call == .open:
      self.init(
        .cannotCreate, "the target is a symbolic link that leads nowhere", place: place,
        remedy: "remove it, or restore to another directory")
    case ENOENT:
      self.init(
        .cannotCreate, "the directory that the target is to be in does not exist",
        place: Place(path: TargetPath.parent(of: path)), remedy: "create it first, as `mkdir -p` does")
    case ELOOP:
      self.init(
        .cannotCreate, "the way to the target has too many symbolic links", place: place,
        remedy: "restore to another directory")
    default: self.init(writing: error)
    }
  }

  /// Something stands where a file is to go.
  static func taken(_ path: String, region: String, byDirectory: Bool) -> HoloError {
    byDirectory
      ? HoloError(
        .cannotCreate, "a directory is where a file should be", place: Place(path: path, region: region),
        remedy: "remove it, or restore to a new directory")
      : HoloError(
        .cannotCreate, "a file of that name exists", place: Place(path: path, region: region),
        remedy: "restore to a new directory, or use --overwrite")
  }
}
