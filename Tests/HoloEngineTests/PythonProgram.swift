import Foundation

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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/python3")
    process.arguments = ["-c", program] + arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus, output: output) }
    return output
  }
}
