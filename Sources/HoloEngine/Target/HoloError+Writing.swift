import HoloSystem

extension HoloError {
  /// A system call that failed while files were written below a target.
  init(writing error: SystemError, region: String? = nil) {
    let place = Place(path: error.path, region: region)
    switch error.meaning {
    case .noSpace:
      self.init(
        .cannotCreate, "no space is left", place: place, remedy: "free some space, or restore to another disk")
    case .readOnlyFileSystem:
      self.init(
        .cannotCreate, "the file system is read-only", place: place,
        remedy: "restore to a directory that can be written")
    case .noPermission:
      self.init(
        .refused, "no permission to write", place: place,
        remedy: "restore to a directory that you may write, or as its owner")
    case .nameTooLong:
      self.init(.cannotCreate, "the file system cannot hold so long a name", place: place)
    case .fileTooLarge:
      self.init(
        .cannotCreate, Self.tooLarge, place: place, remedy: "raise the limit (ulimit -f), or restore to another disk")
    case .tooManyOpenFiles:
      self.init(.inputOutput, "too many open files", place: place, remedy: Self.openFilesRemedy)
    case .cancelled, .noMemory, .noSuchFile, .exists, .busy, .other:
      self.init(.inputOutput, "cannot write: \(error.failure)", place: place)
    }
  }
}
