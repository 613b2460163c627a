import Foundation
import TestSupport
import Testing

/// `libholosnap`, made of the objects that were built beside these tests, as `make install` puts it somewhere.
enum EmbeddedLibrary {
  struct Failure: Error, CustomStringConvertible { var description: String }

  /// Of the repository.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Below which it is installed; made once.
  static let prefix: Result<String, Failure> = {
    do {
      let scratch = NSTemporaryDirectory() + "holosnap-embedding-\(ProcessInfo.processInfo.processIdentifier)"
      let objects =
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        .split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/libHoloSnapC.a"
      for command in [
        ["\(root)/scripts/build-library", "\(scratch)/built", objects],
        ["\(root)/scripts/install-library", "\(scratch)/built", "\(scratch)/installed"],
      ] {
        let (status, output) = try OutsideProgram.run(command)
        guard status == 0 else { return .failure(Failure(description: "\(command[0]): \(output)")) }
      }
      return .success("\(scratch)/installed")
    } catch { return .failure(Failure(description: "\(error)")) }
  }()

  static var library: String { get throws { try prefix.get() + "/lib/libholosnap.so.1" } }
}

/// A program in C or C++ that uses the public headers alone.
struct EmbeddingProgram {
  /// Below the root of the repository.
  var sources: [String]
  var flags: [String] = []
  var isLinkedStatically = false

  private static let warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic"]

  private var isCPlusPlus: Bool { sources.contains { $0.hasSuffix(".cpp") } }
  private var standard: String { isCPlusPlus ? "-std=c++17" : "-std=c11" }
  private var paths: [String] { sources.map { "\(EmbeddedLibrary.root)/\($0)" } }

  /// Builds it with gcc.
  func build(in directory: ScratchDirectory) throws -> String {
    let program = "\(directory.path)/program"
    let prefix = try EmbeddedLibrary.prefix.get()
    let libraries =
      isLinkedStatically
      ? ["\(prefix)/lib/libholosnap.a", "-llz4", "-lOpenCL", "-lstdc++", "-lm"]
      : ["-L\(prefix)/lib", "-lholosnap", "-Wl,-rpath,\(prefix)/lib"]
    let (status, output) = try OutsideProgram.run(
      [isCPlusPlus ? "g++" : "gcc", standard, "-O1", "-g"] + Self.warnings + flags + paths
        + ["-I\(prefix)/include", "-o", program] + libraries + ["-pthread", "-lm"])
    guard status == 0 else { throw EmbeddedLibrary.Failure(description: output) }
    return program
  }

  /// What clang has to say of it; empty where that is nothing.
  func clangDiagnostics() throws -> String {
    let prefix = try EmbeddedLibrary.prefix.get()
    let (_, output) = try OutsideProgram.run(
      [isCPlusPlus ? "clang++" : "clang", standard, "-fsyntax-only"] + Self.warnings + paths + ["-I\(prefix)/include"])
    return output
  }

  /// Builds and runs it; fails the test where it does not end well.
  ///
  /// - Returns: what it printed.
  @discardableResult
  func expectSuccess(
    _ arguments: [String] = [], environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let directory = ScratchDirectory()
    let program = try build(in: directory)
    let variables = ["TMPDIR": directory.path].merging(environment) { $1 }.map { "\($0)=\($1)" }
    let (status, output) = try OutsideProgram.run(variables + [program] + arguments, in: directory.path)
    #expect(status == 0, "\(output)", sourceLocation: sourceLocation)
    return output
  }
}
