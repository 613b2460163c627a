import Foundation

/// Programs that we did not write.
package enum OutsideProgram {
  /// A Python with the packages of scripts/requirements.txt: named by the Makefile.
  package static let python = ProcessInfo.processInfo.environment["HOLOSNAP_TEST_PYTHON"] ?? "python3"

  /// Exit status, and standard output with standard error.
  ///
  /// - Parameter directory: where it runs; nil: where this process does.
  package static func run(
    _ arguments: [String], in directory: String? = nil
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  package static func has(_ program: String) -> Bool {
    ["/usr/bin/", "/usr/local/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
  }

  /// Whether Python has these modules, separated by commas.
  package static func imports(_ modules: String) -> Bool {
    (try? run([python, "-c", "import \(modules)"]).status) == 0
  }
}
