import Glibc
import TestSupport
import Testing

@Suite struct ExtractTests {
  private let directory: ScratchDirectory
  private let state: SampleState

  init() throws {
    directory = ScratchDirectory()
    state = try SampleState(in: directory)
    try directory.holosnap("create", "state", "--output", "x.hwp", "--transform", "none").succeeded()
  }

  @Test(arguments: ["psi.c128", "noise.bin", "empty.bin", "line\nbreak.txt", "caf\\xE9.bin", "index/tags.json"])
  func `the region's bytes go to standard output, and nothing else does`(name: String) throws {
    let outcome = try directory.holosnap("extract", "x.hwp", name).succeeded()
    let file = name == "caf\\xE9.bin" ? [] : try directory.read("state/\(name)")
    #expect(outcome.output == file)
    #expect(outcome.error.isEmpty)
  }

  @Test func `the region's bytes go to a file`() throws {
    let outcome = try directory.holosnap("extract", "x.hwp", "psi.c128", "-o", "psi", "--json").succeeded()
    let report = try JSONDocument(outcome)
    #expect(try directory.read("psi") == directory.read("state/psi.c128"))
    #expect(report.text("path") == "psi")
    #expect(report.integer("bytes") == SampleState.fieldByteCount)
    #expect(report.object("region")?.text("elementType") == "c128")
    #expect(try directory.names(in: ".") == ["psi", "state", "x.hwp"])
  }

  @Test func `elements come without the header and the tail of their file`() throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    let padding = String(repeating: " ", count: 128 - 10 - header.utf8.count - 1) + "\n"
    let elements: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let file = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array((header + padding).utf8) + elements + [9]
    try directory.write(file, to: "a.npy")
    try directory.holosnap("create", "a.npy", "--output", "a.hwp").succeeded()
    #expect(try directory.holosnap("extract", "a.hwp", "a.npy").succeeded().output == elements)
    // Of an odd file of raw elements, the whole ones.
    #expect(try directory.holosnap("extract", "x.hwp", "odd.f32").succeeded().output.isEmpty)
  }

  @Test func `a file that is there is never replaced`() throws {
    try directory.write([7], to: "psi")
    try directory.holosnap("extract", "x.hwp", "psi.c128", "--output", "psi").failed(73, saying: "psi")
    #expect(try directory.read("psi") == [7])
    #expect(try directory.names(in: ".") == ["psi", "state", "x.hwp"])
  }

  @Test(arguments: ["line\\nbreak.txt", "\\u{1B}[31mred.txt"])
  func `a region is named as inspect shows it`(shown: String) throws {
    #expect(try directory.holosnap("inspect", "x.hwp").succeeded().text.contains("\n\(shown) "))
    let name = shown.hasPrefix("line") ? "line\nbreak.txt" : "\u{1B}[31mred.txt"
    #expect(try directory.holosnap("extract", "x.hwp", shown).succeeded().output == directory.read("state/\(name)"))
    let pattern = shown.split(separator: "[").joined(separator: "\\[")
    try directory.holosnap("restore", "x.hwp", "again", "--region", pattern).succeeded()
    #expect(try directory.names(in: "again") == [name])
  }

  @Test func `a region that may have been in a lost part is not said to be none`() throws {
    let bytes = try directory.read("x.hwp")
    // No manifest, and bytes behind the last segment that no index names.
    try directory.write(Array(bytes.dropLast(1_000)), to: "cut.hwp")
    try directory.holosnap("extract", "cut.hwp", "psi").failed(
      65, saying: "part of its index is lost", "cut.hwp", "region psi", "holosnap verify cut.hwp")
    try directory.flipBit(at: bytes.count - 200, of: "x.hwp")
    // Here all of the index is left, and names no such region.
    try directory.holosnap("extract", "x.hwp", "psi").failed(66, saying: "region psi")
  }

  @Test(arguments: [false, true])
  func `a pipe that does not make its writers wait gets everything`(isText: Bool) throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    // F_SETPIPE_SZ, which Swift's Glibc module leaves out. One page: far less than what comes.
    #expect(fcntl(ends[1], 1031, 4096) == 4096)
    #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
    let error = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(error) }
    let arguments = isText ? ["inspect", "x.hwp", "--json"] : ["extract", "x.hwp", "psi.c128"]
    let process = try directory.command(arguments).start(output: ends[1], error: error)
    close(ends[1])
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1_000)
    while true {
      let count = Glibc.read(ends[0], &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    #expect(process.wait() == 0)
    #expect(try bytes == (isText ? directory.command(arguments).run().output : directory.read("state/psi.c128")))
    #expect(bytes.count > 4096)
  }

  @Test func `a region that is not there is no input`() throws {
    try directory.holosnap("extract", "x.hwp", "psi").failed(66, saying: "region psi", "inspect")
    try directory.holosnap("extract", "y.hwp", "psi.c128").failed(66, saying: "y.hwp")
  }

  @Test func `JSON has standard output to itself`() throws {
    let outcome = try directory.holosnap("extract", "x.hwp", "psi.c128", "--json")
    #expect(outcome.status == 64)
    #expect(outcome.error.contains("--output"))
  }

  @Test func `of a damaged region no file appears, and standard output has no wrong byte`() throws {
    try state.damageNoise(in: "x.hwp")
    try directory.holosnap("extract", "x.hwp", "noise.bin", "-o", "noise").failed(65, saying: "noise.bin", "chunk 1")
    #expect(try directory.names(in: ".") == ["state", "x.hwp"])
    let outcome = try directory.holosnap("extract", "x.hwp", "noise.bin").failed(65, saying: "noise.bin", "chunk 1")
    #expect(try directory.read("state/noise.bin").starts(with: outcome.output))
    // The others are whole.
    let whole = try directory.holosnap("extract", "x.hwp", "psi.c128").succeeded()
    #expect(try whole.output == directory.read("state/psi.c128"))
  }

  @Test func `a whole region comes out of a container that has lost its end`() throws {
    let bytes = try directory.read("x.hwp")
    try directory.write(Array(bytes.dropLast(200)), to: "cut.hwp")
    let outcome = try directory.holosnap("extract", "cut.hwp", "psi.c128")
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(try outcome.output == directory.read("state/psi.c128"))
  }
}
