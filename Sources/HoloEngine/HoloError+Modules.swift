import Glibc
import HoloCompute
import HoloFormat
import HoloStore
import HoloSystem

// Every module has typed errors of its own; here they become the one that leaves the engine.

extension HoloError {
  /// Any error of ours.
  package init(wrapping error: any Error) {
    switch error {
    case let error as HoloError: self = error
    case let error as ComputeError: self.init(error)
    case let error as FormatError: self.init(error)
    case let error as SystemError: self.init(error)
    case let error as StoreError: self.init(error)
    default: self.init(.internal, "\(error)")
    }
  }

  package init(_ error: ComputeError) {
    if case .outOfMemory = error {
      self.init(.noMemory, error.description, remedy: error.remedy)
      return
    }
    let code: Code =
      switch error.kind {
      case .unavailable: .noDevice
      case .usage: .usage
      case .device: .inputOutput
      case .internal: .internal
      }
    self.init(code, error.description, remedy: error.remedy)
  }

  package init(_ error: FormatError) {
    if let cause = error.cause {
      self.init(cause)
      (place.region, place.chunk) = (error.region, error.chunk)
      (place.offset, place.length) = (error.offset, error.byteCount)
      return
    }
    let code: Code =
      switch error.kind {
      case .notAContainer: .notAContainer
      case .truncated: .truncated
      case .unsupportedVersion: .unsupportedVersion
      case .unsupportedFeature: .unsupportedFeature
      case .damaged: .damaged
      case .malformed: .malformed
      case .limitExceeded: .usage
      case .invalidInput: .internal
      case .missingAncestor: .missingAncestor
      case .inputOutput: .inputOutput
      }
    self.init(
      code, error.message,
      place: Place(
        path: error.path.isEmpty ? nil : error.path, region: error.region, chunk: error.chunk, offset: error.offset,
        length: error.byteCount), remedy: error.remedy)
  }

  package init(_ error: StoreError) {
    let code: Code =
      switch error.kind {
      case .ambiguous, .malformedReference: .usage
      case .noSuchStore, .noSuchSnapshot: .noInput
      case .exists, .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      case .busy: .busy
      case .permission: .refused
      }
    self.init(code, error.message, place: Place(path: error.path), remedy: error.remedy)
  }

  /// A failed system call, by what its errno means to the user.
  package init(_ error: SystemError) {
    if error.call == .threadStart {
      self.init(
        .inputOutput, "\(error.path) cannot be started: \(error.reason)",
        remedy: "raise the limits of processes (ulimit -u) and of memory (ulimit -v, the control group's), or lower"
          + " --memory-limit: fewer threads do then")
      return
    }
    let place = Place(path: error.path)
    switch error.meaning {
    case .cancelled:
      self = .cancelled
    case .noMemory:
      self.init(.noMemory, error.reason, place: place, remedy: "free memory, or lower --memory-limit")
    case .noSuchFile:
      self.init(.noInput, error.reason, place: place)
    case .noSpace:
      self.init(.cannotCreate, error.reason, place: place, remedy: "free space, or choose another place")
    case .fileTooLarge:
      self.init(
        .cannotCreate, Self.tooLarge, place: place, remedy: "raise the limit (ulimit -f), or choose another place")
    case .readOnlyFileSystem, .exists:
      self.init(.cannotCreate, error.reason, place: place, remedy: "choose another place")
    case .noPermission:
      self.init(.refused, error.reason, place: place, remedy: "check who may read and write it")
    case .busy:
      self.init(.busy, error.reason, place: place, remedy: "try again")
    case .tooManyOpenFiles:
      self.init(.inputOutput, error.failure, place: place, remedy: Self.openFilesRemedy)
    case .nameTooLong, .other:
      self.init(.inputOutput, error.failure, place: place)
    }
  }

  static let tooLarge = "the file system, or a limit, does not allow so large a file"
  static let openFilesRemedy = "raise the limit of open files (ulimit -n)"

  /// A failure to read a region's file: one that is gone has changed since the state was listed.
  init(reading error: SystemError, region: String) {
    if error.code == ENOENT || error.code == ENOTDIR || error.code == ESTALE {
      self.init(
        .changed, "the file vanished, or became another kind of file, while the state was read",
        place: Place(path: error.path, region: region),
        remedy: "try again when nothing writes to the state, or allow it with --allow-changing")
    } else {
      self.init(error)
      place.region = region
    }
  }
}

extension Problem {
  init(_ error: HoloError, path: String) {
    self.init(
      path: error.place.path ?? path, region: error.place.region, chunk: error.place.chunk, offset: error.place.offset,
      length: error.place.length, code: error.code, message: error.message, remedy: error.remedy)
  }

  /// What is wrong with a chunk, with the byte range of the file that holds it; nil of one that is sound.
  init?(_ outcome: ChunkOutcome, of plan: ChunkPlan, in region: StoredRegion, path: String) {
    let (code, message): (HoloError.Code, String)
    var (origin, extent) = (plan.origin, plan.extent)
    switch outcome {
    case .sound: return nil
    case .damaged(let reason, let layer):
      (code, message) = (.damaged, "the chunk is damaged: \(reason)")
      switch layer {
      case .first: break
      case .patch(let patch): (origin, extent) = (plan.patches[patch].origin, plan.patches[patch].extent)
      case .any: (origin, extent) = (nil, nil)
      }
    case .unavailable(let error):
      self.init(HoloError(error), path: path)
      (self.region, chunk) = (region.descriptor.name, plan.index)
      return
    case .unreadable(let error): (code, message) = (HoloError(error).code, "the chunk cannot be read: \(error.reason)")
    }
    self.init(
      path: origin?.path ?? path, region: region.descriptor.name, chunk: plan.index, offset: extent?.offset,
      length: extent.map { UInt64($0.byteCount) }, code: code, message: message,
      remedy: "`\(Self.restoreCommand(path)) --region '**'` brings back the regions that are whole")
  }

  /// The command that brings a snapshot back, without options.
  static func restoreCommand(_ path: String) -> String { "holosnap restore \(path.shellQuoted) TARGET" }
}

extension HoloError {
  package init(_ problem: Problem) {
    self.init(
      problem.code, problem.message,
      place: Place(
        path: problem.path, region: problem.region, chunk: problem.chunk, offset: problem.offset, length: problem.length
      ),
      remedy: problem.remedy)
  }
}

extension String {
  /// For commands in messages: as a POSIX shell takes it for one word.
  var shellQuoted: String {
    if hasCarriedBytes {
      // As bash, zsh and ksh take it.
      let escaped = split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
      return "$'" + escaped.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'") + "'"
    }
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-:@%,=".utf8)
    guard isEmpty || !utf8.allSatisfy(plain.contains) else { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

extension HoloError {
  /// Whether a container that cannot be opened may still hold whole regions. A file that neither begins nor ends as a
  /// container (it comes without a remedy) is not searched: that would read all of it. An unknown version may be a damaged
  /// one: the search tells.
  var leavesSomethingToSalvage: Bool {
    [.damaged, .truncated, .malformed, .unsupportedVersion, .missingAncestor].contains(code)
      || (code == .notAContainer && remedy != nil)
  }
}
