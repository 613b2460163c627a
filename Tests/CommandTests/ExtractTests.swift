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
