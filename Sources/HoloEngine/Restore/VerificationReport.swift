import HoloCompute

package struct VerificationReport: Sendable {
  /// Stored bytes (quick) or bytes of the state (full) that were checked.
  package var checkedByteCount: UInt64
  package var containerCount: Int
  package var problems: [Problem]
  /// Of the containers in which something is wrong and something could be checked.
  package var findings: [ContainerFindings]
  package var seconds: Double
  package var backend: BackendSummary?

  package var isSound: Bool { problems.isEmpty }
}

extension [Problem] {
  /// Of a process that met them, from sysexits.h: damage weighs most; a file that is missing or could not be read has its own code.
  package var exitStatus: Int32 {
    let damaged = HoloError.Code.damaged.exitStatus
    // A region whose name no restore takes is refused, but the fault is the data's.
    let isTheData = { (problem: Problem) in
      problem.code.exitStatus == damaged || (problem.code == .refused && problem.region != nil)
    }
    if contains(where: isTheData) { return damaged }
    return first?.code.exitStatus ?? 0
  }
}

/// What can be said of the regions of a container in which something is wrong.
package struct ContainerFindings: Sendable, Equatable {
  package var path: String
  /// Names of the regions that were checked and found whole, in the state's order.
  package var wholeRegions: [String]
  /// Names of the regions in which something is damaged.
  package var damagedRegions: [String]
  /// Part of the index is lost: there may have been regions that neither list names.
  package var hasLostRegions: Bool
}
