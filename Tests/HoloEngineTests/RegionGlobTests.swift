import HoloEngine
import Testing

@Suite struct RegionGlobTests {
  @Test(arguments: [
    ("raw.f32", "raw.f32", true), ("raw.f32", "a/raw.f32", false), ("a", "a/b/c", true), ("a/", "a/b/c", true),
    ("a", "ab", false), ("*", "x", true), ("*", "a/x", false), ("a/*", "a/x", true), ("a/*", "a/b/x", false),
    ("**", "a/b/x", true), ("**/*.npy", "x.npy", true), ("**/*.npy", "a/b/x.npy", true), ("**/*.npy", "a/x.f32", false),
    ("a/**/*.npy", "a/x.npy", true), ("a/**/*.npy", "a/b/c/x.npy", true), ("a/**/*.npy", "b/x.npy", false),
    ("**/b/x", "ab/x", false), ("a?c", "abc", true), ("a?c", "a/c", false), ("[a-c]1", "b1", true),
    ("[!a-c]1", "b1", false),
    ("\\*", "*", true), ("\\*", "x", false), ("a**c", "ab/bc", true),
  ])
  func matches(pattern: String, name: String, expected: Bool) throws {
    #expect(try RegionGlobs([pattern]).matches(name) == expected)
  }

  @Test func noPatternIsEverything() throws {
    #expect(try RegionGlobs([]).matches("a/b"))
  }

  @Test(arguments: ["a[b", "\\", "a\\", "\\\\\\"])
  func anUnfinishedPatternIsRefused(pattern: String) {
    let error = #expect(throws: HoloError.self) { try RegionGlobs([pattern]) }
    #expect(error?.code == .usage)
    #expect(error?.remedy != nil)
  }

  @Test func anEmptyPatternIsRefused() {
    let error = #expect(throws: HoloError.self) { try RegionGlobs(["a", ""]) }
    #expect(error?.code == .usage)
  }

  @Test func aNameIsTakenAsItIsShown() throws {
    let names = ["a/line\nbreak", "a/\u{1B}[0m", "b\\\\n", "plain"]
    for (pattern, matched) in [
      ("a/line\\nbreak", 0), ("a/*\\nbreak", 0), ("a/\\u{1B}\\[0m", 1), ("b\\\\n", 2), ("plain", 3),
    ] {
      let globs = try RegionGlobs([pattern]).readingShownNames(among: names)
      #expect(names.indices.filter { globs.matches(names[$0]) } == [matched], "\(pattern)")
    }
    // Where nothing is shown so, a backslash takes the next character as it is.
    let globs = try RegionGlobs(["pl\\ain", "\\nothing"]).readingShownNames(among: names)
    #expect(names.filter(globs.matches) == ["plain"])
  }

  @Test func aPatternThatMayMeanTwoRegionsIsRefused() {
    let error = #expect(throws: HoloError.self) {
      try RegionGlobs(["line\\nbreak"]).readingShownNames(among: ["linenbreak", "line\nbreak"])
    }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("linenbreak") == true && error?.message.contains("line\\nbreak") == true)
  }

  @Test func aLongPatternIsCutInMessages() throws {
    let error = #expect(throws: HoloError.self) { try RegionGlobs([String(repeating: "a", count: 4_000) + "["]) }
    #expect(try #require(error?.message).count < 200)
  }
}
