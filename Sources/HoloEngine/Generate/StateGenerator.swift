import HoloModel
import HoloSystem

/// Writes a state to try things on: arrays and files that look, and compress, like those of a holographic memory. The
/// same bytes for the same profile, size and seed, on every machine.
package struct StateGenerator {
  package enum Profile: String, CaseIterable, Sendable {
    /// A grid of complex numbers: documents as byte / 255.0, one cell a byte.
    case field3d
    /// A matrix of superpositions of bindings.
    case hrr
    /// Unit phasors.
    case phasor
    /// A smooth field of waves.
    case wavefield
    /// Something of each, and small files of many kinds.
    case mixed
  }

  /// What was written.
  package struct Report: Sendable {
    package var fileCount = 0
    package var byteCount: UInt64 = 0
  }

  private let profile: Profile
  private let byteCount: UInt64
  private let seed: UInt64
  private let syscalls: Syscalls

  /// - Parameter byteCount: of all files together, roughly; at least the arrays have so many, less the rest of a whole
  ///   cube or row.
  package init(profile: Profile, byteCount: UInt64, seed: UInt64 = 1, syscalls: Syscalls = Syscalls()) {
    self.profile = profile
    self.byteCount = byteCount
    self.seed = seed
    self.syscalls = syscalls
  }

  /// Writes the state as a new directory, or into an empty one. After an error nothing of it is left.
  package func write(to path: String, cancellation: Cancellation = Cancellation()) throws(HoloError) -> Report {
    let target = try makeTarget(path)
    do throws(HoloError) { return try write(into: target, cancellation: cancellation) } catch {
      _ = target.rollback()
      throw error
    }
  }

  /// Writes the state for as long as `body` runs, in a directory of its own in `parent`; nothing of it stays.
  package func withTemporaryState<Result>(
    in parent: String, cancellation: Cancellation = Cancellation(), _ body: (_ path: String) throws(HoloError) -> Result
  ) throws(HoloError) -> Result {
    let path = parent.path(of: "holosnap-\(Digest128.random().hexadecimal)")
    let target = try makeTarget(path)
    defer { _ = target.rollback() }
    _ = try write(into: target, cancellation: cancellation)
    return try body(path)
  }

  private func makeTarget(_ path: String) throws(HoloError) -> RestoreTarget {
    do { return try RestoreTarget(path: path, overwrite: false, syscalls: syscalls) } catch {
      var error = error
      // The target is restore's, which has an option for this; a generated state is never mixed with other files.
      if error.code == .cannotCreate { error.remedy = "name a directory that is new or empty, in one that exists" }
      throw error
    }
  }

  /// Looks before minutes are spent on what cannot end well.
  private func checkSpace(of target: RestoreTarget) throws(HoloError) {
    let free = try target.freeByteCount()
    guard free < byteCount else { return }
    throw HoloError(
      .cannotCreate, "no space: the state takes \(byteCount) bytes, and \(free) are free",
      place: .init(path: target.path), remedy: "free some space, choose another disk, or a smaller size")
  }

  private func write(into target: RestoreTarget, cancellation: Cancellation) throws(HoloError) -> Report {
    try checkSpace(of: target)
    let writer = try GeneratedState(target: target, seed: seed, cancellation: cancellation)
    switch profile {
    case .field3d: try writer.writeField(byteCount: byteCount)
    case .hrr: try writer.writeMatrix(byteCount: byteCount)
    case .phasor: try writer.writePhasors(byteCount: byteCount)
    case .wavefield: try writer.writeWaves(byteCount: byteCount)
    case .mixed: try writer.writeMixture(byteCount: byteCount)
    }
    try writer.writeSettings(profile: profile.rawValue)
    try target.finish(writer.directories)
    return writer.report
  }
}
