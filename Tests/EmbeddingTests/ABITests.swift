import TestSupport
import Testing

/// What programs that were built yesterday rely on.
@Suite struct ABITests {
  /// Of ABI 1: none goes, and none changes what it takes.
  private static let functions = [
    "holosnap_abi_version", "holosnap_capture_cancel", "holosnap_capture_free", "holosnap_capture_poll",
    "holosnap_capture_start", "holosnap_capture_wait", "holosnap_control_cancel", "holosnap_control_create",
    "holosnap_control_free", "holosnap_control_poll", "holosnap_engine_create", "holosnap_engine_free",
    "holosnap_inspect", "holosnap_sink_write", "holosnap_source_read", "holosnap_source_size",
    "holosnap_state_add_blob", "holosnap_state_add_region", "holosnap_state_capture", "holosnap_state_create",
    "holosnap_state_free", "holosnap_state_remove", "holosnap_state_restore", "holosnap_state_set_hooks",
    "holosnap_status_name", "holosnap_verify", "holosnap_version",
  ]

  @Test func constantsSizesAndOffsetsAreThoseThatWereShipped() throws {
    try EmbeddingProgram(sources: ["Tests/Embedding/abi.c"]).expectSuccess()
    #expect(try EmbeddingProgram(sources: ["Tests/Embedding/abi.c"]).clangDiagnostics() == "")
  }

  @Test func theLibraryExportsTheseFunctionsAndNothingElse() throws {
    let (status, output) = try OutsideProgram.run(
      ["nm", "--dynamic", "--defined-only", "--format=posix", try EmbeddedLibrary.library])
    #expect(status == 0)
    let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.filter { $0[1] != "A" }.map { String($0[0]) }.sorted() == Self.functions.map { $0 + "@@HOLOSNAP_1" })
  }

  @Test func theArchiveDefinesTheseFunctionsAndNothingElse() throws {
    let (status, output) = try OutsideProgram.run(
      [
        "nm", "--extern-only", "--defined-only", "--format=posix",
        try EmbeddedLibrary.prefix.get() + "/lib/libholosnap.a",
      ])
    #expect(status == 0)
    let names = output.split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ")
      return words.count > 1 ? String(words[0]) : nil
    }
    #expect(names.sorted() == Self.functions)
  }

  @Test func theLibraryNeedsNoSwiftOnTheMachine() throws {
    let (status, output) = try OutsideProgram.run(["readelf", "--dynamic", try EmbeddedLibrary.library])
    #expect(status == 0)
    let needed = output.split(separator: "\n").filter { $0.contains("(NEEDED)") }.compactMap { line in
      line.split(separator: "[").last.map { String($0.dropLast()) }
    }
    let allowed: Set = [
      "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libOpenCL.so.1", "liblz4.so.1",
      "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
    ]
    #expect(!needed.isEmpty && Set(needed).isSubset(of: allowed), "\(needed)")
    #expect(output.contains("NODELETE"))
  }

  @Test func bothHeadersAreCleanByThemselves() throws {
    let include = try EmbeddedLibrary.prefix.get() + "/include"
    let warnings = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wshadow"]
    for (compiler, standard, language, header) in [
      ("gcc", "c11", "c", "holosnap.h"), ("clang", "c17", "c", "holosnap.h"), ("g++", "c++17", "c++", "holosnap.h"),
      ("g++", "c++17", "c++", "holosnap.hpp"), ("g++", "c++20", "c++", "holosnap.hpp"),
      ("clang++", "c++17", "c++", "holosnap.hpp"), ("clang++", "c++20", "c++", "holosnap.hpp"),
    ] {
      let directory = ScratchDirectory()
      let source = "one.\(language == "c" ? "c" : "cpp")"
      try directory.write("#include <\(header)>\nint main(void) { return 0; }\n", to: source)
      let (status, output) = try OutsideProgram.run(
        [compiler, "-std=\(standard)"] + warnings + ["-I\(include)", source], in: directory.path)
      #expect(status == 0, "\(compiler) \(standard): \(output)")
    }
  }
}
