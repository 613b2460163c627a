import Foundation
import Glibc

/// A directory of a test's own, gone with all that it holds when the test ends.
final class TemporaryDirectory {
  let path: String

  /// Where temporary files go.
  static let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"

  init() throws {
    var template = Array("\(Self.parent)/holosnap-command.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Command.Failure(description: "no temporary directory") }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    // By hand: names that are not UTF-8 are beyond FileManager.
    remove(Array(path.utf8))
  }

  /// Runs the program in this directory.
  func holosnap(_ arguments: String..., environment: [String: String] = [:]) throws -> Command.Outcome {
    try command(arguments, environment: environment).run()
  }

  func command(_ arguments: [String], environment: [String: String] = [:]) -> Command {
    Command(arguments: arguments, environment: environment, directory: path)
  }

  /// Writes a file, and the directories that it needs.
  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// A file of zeros that takes no space.
  func writeSparse(byteCount: Int, to name: String) throws {
    try write([], to: name)
    guard truncate("\(path)/\(name)", byteCount) == 0 else { throw Command.Failure(description: "no sparse file") }
  }

  func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }

  func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).sorted()
  }

  /// Changes one bit of a file.
  func flipBit(at offset: Int, of name: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(path)/\(name)"))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(offset))
    guard let byte = try file.read(upToCount: 1)?.first else { throw Command.Failure(description: "no byte to flip") }
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: [byte ^ 1])
  }

  private func remove(_ path: [UInt8]) {
    for entry in Tree.entries(ofDirectory: path) {
      let inner = path + Array("/".utf8) + entry.name
      if entry.isDirectory { remove(inner) } else { Tree.withCString(inner) { _ = unlink($0) } }
    }
    Tree.withCString(path) { _ = rmdir($0) }
  }
}
