import Glibc
import TestSupport

extension ScratchDirectory {
  /// Runs the program in this directory.
  func holosnap(_ arguments: String..., environment: [String: String] = [:]) throws -> Command.Outcome {
    try command(arguments, environment: environment).run()
  }

  func command(_ arguments: [String], environment: [String: String] = [:]) -> Command {
    Command(arguments: arguments, environment: environment, directory: path)
  }

  /// A file of zeros that takes no space.
  func writeSparse(byteCount: Int, to name: String) throws {
    try write([], to: name)
    guard truncate(path(name), byteCount) == 0 else { throw Command.Failure(description: "no sparse file") }
  }

  /// Changes one bit of a file.
  func flipBit(at offset: Int, of name: String) throws {
    var bytes = try read(name)
    bytes[offset] ^= 1
    try write(bytes, to: name)
  }
}
