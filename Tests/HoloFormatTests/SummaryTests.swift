import HoloFormat
import HoloModel
import Testing

@Suite struct SummaryTests {
  private func read(_ text: String) throws -> Summary { try Summary(json: Array(text.utf8), path: "", offset: 0) }

  @Test func readsWhatItKnows() throws {
    let summary = try read(
      #" { "series":"a\u00e9\ud834\udd1e\n\/\\\"" , "priority": -7, "seconds" : 1.5e-2, "parent": null, "x": [1,{"y":[]}], "#
        + #""payloadBytes":9007199254740991,"host":7,"device":["no text"],"backend":true,"reason":"\ud800z"}"#)
    #expect(summary.series == "a\u{E9}\u{1D11E}\n/\\\"")
    #expect(summary.priority == -7)
    #expect(summary.seconds == 0.015)
    #expect(summary.parent == nil)
    #expect(summary.payloadBytes == 9_007_199_254_740_991)
    #expect(summary.host.isEmpty && summary.device.isEmpty && summary.backend.isEmpty)
    #expect(summary.reason == "\u{FFFD}z")
    #expect(try read("{}").series.isEmpty)
    #expect(try read(#"{"seconds":3}"#).seconds == 3)
    #expect(
      try read("{\"x\":" + String(repeating: "[", count: 15) + String(repeating: "]", count: 15) + "}").type.isEmpty)
  }

  @Test(arguments: [
    "", "{", "[]", "1", "null", "{}x", "{,}", #"{"a":1,}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":1.}"#, #"{"a":.5}"#,
    #"{"a":1e}"#, #"{"a":NaN}"#, #"{"a":tru}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#,
    "{\"a\":\"\n\"}", #"{"a":1,"a":2}"#, #"{"a":9007199254740992}"#, #"{"a":-9007199254740992}"#, "\u{FEFF}{}",
    #"{"a":99999999999999999999999}"#, "{'a':1}", #"{"a":"#, #"{"a":[1,]}"#, #"{"a"#,
    "{\"x\":" + String(repeating: "[", count: 16) + String(repeating: "]", count: 16) + "}",
    String(repeating: "[", count: 65_536), String(repeating: "{\"a\":", count: 10_000),
  ])
  func refusesWhatIsNoSummary(text: String) {
    #expect(throws: FormatError.self) { _ = try read(text) }
  }

  @Test func refusesTextThatIsNotUTF8() {
    #expect(throws: FormatError.self) {
      _ = try Summary(json: Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8), path: "", offset: 0)
    }
  }

  @Test func comesBackWithSortedKeys() throws {
    let totals = ContainerTotals(
      stateRoot: Digest256(), regionCount: 0, chunkCount: 0, byteCount: 0, payloadByteCount: 12)
    var summary = TestContainer.summary(totals: totals, series: "\u{1}\"\\/ é")
    summary.parent = String(repeating: "ab", count: 32)
    let json = try summary.json()
    #expect(try Summary(json: json, path: "", offset: 0) == summary)
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.hasPrefix(#"{"backend":"host","created":"2026-11-23T20:13:05.123456789Z","creator":"tests 1","#))
    #expect(text.hasSuffix(#""seconds":0.25,"series":"\u0001\"\\/ é","type":"full"}"#))
    summary.seconds = .infinity
    #expect(try Summary(json: summary.json(), path: "", offset: 0).seconds == 0)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
      (.min, "1677-09-21T00:12:43.145224192Z"),
    ] as [(Int64, String)])
  func tellsTimes(nanoseconds: Int64, text: String) {
    #expect(RFC3339.text(nanosecondsSinceEpoch: nanoseconds) == text)
  }
}
