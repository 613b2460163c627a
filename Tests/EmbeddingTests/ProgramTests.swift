import Foundation
import TestSupport
import Testing

/// Programs that use the interface as it is meant, and as it is not. Each checks itself, and says what does not hold.
@Suite struct ProgramTests {
  private static let isLong = ProcessInfo.processInfo.environment["HOLOSNAP_SOAK"] != nil

  private func program(_ name: String, flags: [String] = []) -> EmbeddingProgram {
    EmbeddingProgram(sources: ["Tests/Embedding/\(name)"], flags: flags)
  }

  @Test(arguments: [
    "arguments.cpp", "callbacks.cpp", "wrapper.cpp", "torn.cpp", "asynchrony.cpp", "core_state.cpp", "growth.c",
    "manners.c",
  ])
  func clangHasNothingToSay(of name: String) throws { #expect(try program(name).clangDiagnostics() == "") }

  @Test func whatACallerGetsWrongIsAnError() throws { try program("arguments.cpp").expectSuccess() }

  @Test func callbacksMayFailLieAndCallBack() throws { try program("callbacks.cpp").expectSuccess() }

  @Test func exceptionsCrossAndOwnersOwn() throws { try program("wrapper.cpp").expectSuccess() }

  @Test func everySnapshotIsOfOneMoment() throws {
    try program("torn.cpp").expectSuccess(Self.isLong ? ["2000"] : ["25"])
  }

  @Test func capturesAreStoppedAndWaitedForAtAnyMoment() throws {
    try program("asynchrony.cpp").expectSuccess(Self.isLong ? ["500"] : [])
  }

  @Test func memoryDoesNotGrow() throws {
    try program("growth.c").expectSuccess(Self.isLong ? ["3000"] : ["200"])
  }

  @Test func theProcessStaysAsItWas() throws {
    // Its last line, and nothing else: neither the library nor what it brings along prints.
    let output = try program("manners.c").expectSuccess()
    #expect(output.split(separator: "\n").count == 1, "\(output)")
  }

  @Test func withADriverInItTheProcessStaysAsItWas() throws { try program("manners.c").expectSuccess(["opencl"]) }

  @Test func theArchiveServesAsTheLibraryDoes() throws {
    var linked = program("callbacks.cpp")
    linked.isLinkedStatically = true
    try linked.expectSuccess()
  }

  @Test func addressesAndBehaviourAreSound() throws {
    try program("callbacks.cpp", flags: ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]).expectSuccess()
  }

  /// States of the native core, where a neighbour folder holds them.
  private static let coreStates = EmbeddedLibrary.root + "/../shared/data/core-state/state-small.tar.xz"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: coreStates)), arguments: ["3d_g64", "1d_d1024_n300"])
  func statesOfTheNativeCoreComeBack(_ name: String) throws {
    let directory = ScratchDirectory()
    #expect(try OutsideProgram.run(["tar", "-C", directory.path, "-xf", Self.coreStates]).status == 0)
    try program("core_state.cpp").expectSuccess(["A", "B"].map { directory.path("small/\(name)/\($0)") })
  }
}
