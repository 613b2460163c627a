import Foundation
import TestSupport

/// The reader that was written from HWP-Format.md alone, in Python.
enum IndependentReader {
  static let isThere = OutsideProgram.imports("lz4.block, lz4.frame, blake3")

  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Reference/hwp_reader.py").path

  static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    try OutsideProgram.run([OutsideProgram.python, "-B", path] + arguments)
  }
}
