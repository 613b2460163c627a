import Foundation
import TestSupport
import Testing

/// The README's program does what it says.
@Suite struct ReadmeTests {
  @Test func theProgramOfTheReadmeIsCapturedAndRestored() throws {
    let readme = try String(contentsOfFile: "\(EmbeddedLibrary.root)/README.md", encoding: .utf8)
    let section = try #require(readme.components(separatedBy: "\n## Embed it\n").last)
    let code = try #require(section.components(separatedBy: "```cpp\n").last?.components(separatedBy: "\n```").first)
    #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count <= 25)
    let directory = ScratchDirectory()
    try directory.write(code + "\n", to: "embed.cpp")
    let prefix = try EmbeddedLibrary.prefix.get()
    let build = [
      "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "embed.cpp", "-I\(prefix)/include",
      "-L\(prefix)/lib", "-lholosnap", "-Wl,-rpath,\(prefix)/lib", "-o", "embed",
    ]
    let (status, diagnostics) = try OutsideProgram.run(build, in: directory.path)
    #expect(status == 0, "\(diagnostics)")
    let (end, output) = try OutsideProgram.run(["./embed"], in: directory.path)
    let lines = output.split(separator: "\n")
    #expect(end == 0 && lines.first?.hasPrefix("captured snapshots/snapshot_") == true, "\(output)")
    #expect(lines.last == "1048576 numbers and {\"rows\": 1024} are back")
  }
}
