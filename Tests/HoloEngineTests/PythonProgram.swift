import Foundation
import TestSupport

/// Runs the Python that has the packages of scripts/requirements.txt: named by the Makefile.
enum PythonProgram {
  static let path = ProcessInfo.processInfo.environment["HOLOSNAP_TEST_PYTHON"]

  struct Failure: Error {
    var status: Int32
    var output: String
  }

  /// What the program prints.
  @discardableResult
  static func run(_ program: String, _ arguments: String...) throws -> String {
    let result = try OutsideProgram.run([path ?? "/usr/bin/python3", "-c", program] + arguments)
    guard result.status == 0 else { throw Failure(status: result.status, output: result.output) }
    return result.output
  }
}
