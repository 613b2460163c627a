import Glibc
import HoloSystem

extension HoloError {
  /// A system call that failed while files were written below a target.
  init(writing error: SystemError, region: String? = nil) {
    let place = Place(path: error.path, region: region)
    switch error.code {
    case ENOSPC, EDQUOT:
      self.init(
        .cannotCreate, "no space is left: \(error)", place: place, remedy: "free some space, or restore to another disk"
      )
    case EROFS:
      self.init(
        .cannotCreate, "the file system is read-only", place: place,
        remedy: "restore to a directory that can be written")
    case EACCES, EPERM:
      self.init(
        .refused, "no permission to write: \(error)", place: place,
        remedy: "restore to a directory that you may write, or as its owner")
    case ENAMETOOLONG:
      self.init(.cannotCreate, "the file system cannot hold so long a name", place: place)
    case EFBIG:
      self.init(.cannotCreate, "the file system, or a limit, does not allow so large a file", place: place)
    case EMFILE, ENFILE:
      self.init(
        .inputOutput, "too many open files", place: place, remedy: "raise the limit of open files (ulimit -n)")
    default:
      self.init(.inputOutput, "cannot write: \(error)", place: place)
    }
  }
}
