import Foundation
import TestSupport
import Testing

/// The examples: captured while they work, killed, restored, asked again.
@Suite struct ExampleTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var name: String
    var sources: [String]

    var testDescription: String { name }

    var program: EmbeddingProgram { EmbeddingProgram(sources: sources.map { "Examples/\(name)/\($0)" }) }

    static let all = [
      Example(name: "embed-c", sources: ["main.c", "wiring.c", "core.c"]),
      Example(name: "embed-cpp", sources: ["main.cpp", "wiring.cpp", "core.cpp"]),
    ]
  }

  /// As a shell reports a program that SIGKILL has ended; Foundation tells the signal's number.
  private static let killed: Set<Int32> = [9, 137]

  @Test(arguments: Example.all, [[], ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]])
  func whatWasCapturedUnderLoadAnswersAsBefore(_ example: Example, flags: [String]) throws {
    var program = example.program
    program.flags = flags
    let directory = ScratchDirectory()
    let path = try program.build(in: directory)
    let store = "\(directory.path)/store"
    let (end, work) = try OutsideProgram.run([path, "run", store])
    #expect(Self.killed.contains(end), "\(work)")
    let (status, answers) = try OutsideProgram.run([path, "check", store])
    #expect(status == 0 && answers.contains("answers as before"), "\(answers)")
  }

  @Test(arguments: Example.all)
  func clangHasNothingToSay(of example: Example) throws { #expect(try example.program.clangDiagnostics() == "") }

  /// What it takes to connect a core: lines of code, without those that say nothing by themselves.
  @Test func wiringTakesNoMoreThanThirtyLines() throws {
    let source = try String(contentsOfFile: "\(EmbeddedLibrary.root)/Examples/embed-cpp/wiring.cpp", encoding: .utf8)
    let lines = source.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("//") && !$0.hasPrefix("#") }
    #expect(lines.count <= 30)
  }
}
