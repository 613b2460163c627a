import Glibc
import TestSupport
import Testing

@Suite struct TerminalTests {
  private let directory: ScratchDirectory

  init() { directory = ScratchDirectory() }

  private func show(_ arguments: [String], _ environment: [String: String]) throws -> (status: Int32, screen: String) {
    try Terminal.run(directory.command(arguments, environment: environment))
  }

  @Test func `colour on a terminal, unless it is not wanted`() throws {
    try directory.write([1], to: "x.u8")
    let escape: Character = "\u{1B}"
    let coloured = try show(["create", "x.u8", "--output", "a.hwp"], ["TERM": "xterm"])
    #expect(coloured.status == 0 && coloured.screen.contains("created \u{1B}[1ma.hwp\u{1B}[0m"))
    let plain = try show(["create", "x.u8", "--output", "b.hwp"], ["TERM": "xterm", "NO_COLOR": "1"])
    #expect(plain.screen.contains("created b.hwp\r\n"))
    for environment in [["TERM": "dumb"], [:]] {
      let dumb = try show(["verify", "a.hwp"], environment)
      #expect(dumb.status == 0 && !dumb.screen.contains(escape))
    }
    let failure = try show(["inspect", "nowhere"], ["TERM": "xterm"])
    #expect(failure.screen.hasPrefix("holosnap: \u{1B}[1;31merror:\u{1B}[0m "))
  }

  @Test func `progress is shown on a terminal and cleared at the end`() throws {
    try directory.writeSparse(byteCount: 64 << 20, to: "x.bin")
    let (status, screen) = try show(["create", "x.bin"], ["TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80"])
    #expect(status == 0)
    let parts = screen.split(separator: "\r\u{1B}[K", omittingEmptySubsequences: false)
    #expect(parts.count >= 3 && parts[0].isEmpty)
    #expect(parts[1].hasPrefix("create: preparing"))
    #expect(
      parts.dropFirst(2).dropLast().allSatisfy {
        $0.hasPrefix("create ") && $0.contains(" of 64.0 MiB") && $0.count < 80
      })
    #expect(parts.last?.hasPrefix("created ") == true)

    let quiet = try show(["create", "x.bin", "--quiet"], ["TERM": "xterm"])
    #expect(quiet.screen.isEmpty)
  }

  @Test func `a wait for OpenCL is announced on a terminal only`() throws {
    try directory.write([1], to: "x.u8")
    try directory.write([], to: "no-vendors/README")
    let bare = ["OCL_ICD_VENDORS": directory.path("no-vendors"), "OCL_ICD_FILENAMES": "", "TERM": "xterm"]
    for (options, isAnnounced) in [
      (["--backend", "opencl"], true), (["--device", "0"], true), (["--backend", "host"], false),
    ] {
      let (_, screen) = try show(["create", "x.u8"] + options, bare)
      #expect(screen.contains("create: bringing up OpenCL") == isAnnounced, "\(options)")
      let silent = try directory.command(["create", "x.u8"] + options, environment: bare).run()
      #expect(!silent.error.contains("bringing up") && !silent.text.contains("bringing up"))
    }
  }

  /// Lines as a terminal of so many columns shows them.
  private func lines(_ arguments: [String], columns: Int) throws -> [String] {
    let (status, screen) = try show(arguments, ["TERM": "xterm", "COLUMNS": "\(columns)", "NO_COLOR": "1"])
    #expect(status == 0)
    return screen.split(whereSeparator: \.isNewline).map(String.init)
  }

  @Test(arguments: [40, 60, 80, 100, 132])
  func `tables are as wide as the terminal at most`(columns: Int) throws {
    _ = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--series", "a-series-with-a-name").succeeded()
    // Older than the snapshot, whatever the clock says meanwhile: the list is in the order of time.
    try directory.write("no snapshot", to: "snapshots/tale.hwp")
    let past = timeval(tv_sec: 1, tv_usec: 0)
    #expect(utimes(directory.path("snapshots/tale.hwp"), [past, past]) == 0)
    let inspected = try lines(["inspect", "latest"], columns: columns).drop { !$0.hasPrefix("REGION") }
    #expect(inspected.count == 13)
    let listed = try lines(["list"], columns: columns).prefix(3)
    for line in Array(listed) + Array(inspected) { #expect(line.count <= columns, "\(line)") }
    #expect(listed[0].contains("FILE") && listed[2].contains("tale.hwp"))
  }

  @Test func `columns go before names do`() throws {
    _ = try SampleState(in: directory)
    try directory.write([1], to: "state/a/rather/long/name/that/fits/in/eighty.columns")
    try directory.holosnap("create", "state").succeeded()
    let inspected = try lines(["inspect", "latest"], columns: 80).drop { !$0.hasPrefix("REGION") }
    #expect(inspected.contains { $0.contains("a/rather/long/name/that/fits/in/eighty.columns ") })
    let titles = inspected.first?.split(separator: " ") ?? []
    #expect(titles.first == "REGION" && titles.contains("SIZE") && !titles.contains("BLAKE3"))

    let all = try directory.holosnap("inspect", "latest").succeeded()
    #expect(all.text.contains("BLAKE3") && all.text.contains("COMPONENT"))
    let titlesOfList = "CREATED (UTC) ID SERIES TYPE REASON REGIONS SIZE STORED RATIO FILE"
    let list = try directory.holosnap("list").succeeded()
    #expect(list.text.split(separator: "\n")[0].split(separator: " ").joined(separator: " ") == titlesOfList)
    #expect(try lines(["list"], columns: 80).last?.contains("…") == false)
  }

  @Test func `long names are shortened on a terminal only`() throws {
    let name = "a-name-that-begins-so-" + String(repeating: "long-", count: 20) + "and-ends-so.bin"
    try directory.write([1, 2, 3], to: "state/\(name)")
    try directory.holosnap("create", "state", "--output", "x.hwp").succeeded()
    #expect(try directory.holosnap("inspect", "x.hwp").text.contains(name))
    let (_, screen) = try show(["inspect", "x.hwp"], ["TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"])
    #expect(!screen.contains(name))
    let lines = screen.split(whereSeparator: \.isNewline).map(String.init)
    let line = try #require(lines.first { $0.hasPrefix("a-name-") })
    #expect(line.count <= 100)
    #expect(line.contains("…") && line.contains("ends-so.bin "))
  }
}
