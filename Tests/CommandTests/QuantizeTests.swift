import TestSupport
import Testing

/// `create --quantize` and `advise`, as a user meets them.
@Suite struct QuantizeTests {
  private let directory: ScratchDirectory
  private static let values = (0..<100_000).map { Float($0 % 4_093) / 7 - 100 }

  init() throws {
    directory = ScratchDirectory()
    try directory.write(Self.values.withUnsafeBytes { Array($0) }, to: "state/fields/a.f32")
    let phasors = (0..<50_000).flatMap { index -> [Float] in
      let x = Float(index % 1_999) / 1_999
      return [x, (1 - x * x).squareRoot()]
    }
    try directory.write(phasors.withUnsafeBytes { Array($0) }, to: "state/phasors.c64")
    try directory.write(Array("{}".utf8), to: "state/config/x.json")
  }

  private func floats(_ path: String) throws -> [Float] {
    try directory.read(path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  @Test func `a region within a bound is small, and within it`() throws {
    let document = try JSONDocument(
      directory.holosnap("create", "state", "-o", "x.hwp", "--quantize", "fields/**=abs:0.01", "--json").succeeded())
    let regions = try #require(document.objects("regions"))
    let region = try #require(regions.first { $0.text("name") == "fields/a.f32" })
    let quantization = try #require(region.object("quantization"))
    #expect(quantization.text("mode") == "abs:0.01")
    #expect(quantization.number("bound") == 0.01)
    #expect(try #require(quantization.number("maxError")) <= 0.01)
    #expect(try #require(region.integer("storedBytes")) * 3 < 400_000)
    #expect(regions.filter { $0.object("quantization") != nil }.count == 1)
    let restored = try directory.holosnap("restore", "x.hwp", "again").succeeded().text
    #expect(restored.contains("1 of 3 regions within a bound"))
    #expect(try directory.holosnap("convert", "x.hwp", "x.wave").succeeded().error.contains("within a bound"))
    for (old, new) in zip(Self.values, try floats("again/fields/a.f32")) { #expect(abs(old - new) <= 0.01) }
    #expect(try directory.read("again/phasors.c64") == directory.read("state/phasors.c64"))
    #expect(try directory.holosnap("verify", "x.hwp").succeeded().text.contains("sound"))

    let table = try directory.holosnap("inspect", "x.hwp").succeeded().text
    for word in ["BOUND", "LARGEST ERROR", "PSNR", "abs:0.01", "exact"] { #expect(table.contains(word), "\(word)") }
    #expect(try directory.holosnap("inspect", "x.hwp", "-v").succeeded().text.contains("quantized"))
    try directory.holosnap("create", "state", "-o", "y.hwp").succeeded()
    #expect(try directory.holosnap("diff", "y.hwp", "x.hwp").succeeded().text.contains("abs:0.01"))
  }

  @Test func `the last rule that matches counts`() throws {
    let document = try JSONDocument(
      directory.holosnap(
        "create", "state", "-o", "x.hwp", "--quantize", "fields/*=abs:1", "--quantize", "fields/a.f32=rel:1e-3",
        "--quantize", "*.c64=phase:11", "--json"
      ).succeeded())
    let modes = document.objects("regions")?.compactMap { $0.object("quantization")?.text("mode") }
    #expect(modes == ["rel:0.001", "phase:11"])
    let exact = try JSONDocument(
      directory.holosnap(
        "create", "state", "-o", "y.hwp", "--quantize", "fields/*=abs:1", "--quantize", "**=exact", "--json"
      ).succeeded())
    #expect(exact.objects("regions")?.allSatisfy { $0.object("quantization") == nil } == true)
  }

  @Test(arguments: [
    ("fields/**", "GLOB=MODE"), ("=abs:1", "GLOB=MODE"), ("fields/**=abs:0", "above zero"),
    ("fields/**=abs:nan", "above zero"),
    ("fields/**=abs:inf", "above zero"), ("fields/**=abs:-1", "above zero"), ("phasors.c64=phase:17", "2 to 16"),
    ("phasors.c64=phase:1", "2 to 16"), ("fields/**=best:1", "abs, rel, pw, l2 and phase"),
    ("nothing=abs:1", "no region"), ("nothing=abs:1", "fields/a.f32, phasors.c64"),
    ("config/*=abs:1", "bytes"), ("**=abs:1", "narrower GLOB"), ("fields/*=l2:1", "real numbers"),
    ("[=abs:1", "without a ]"),
  ])
  func `what means nothing is refused before any work`(rule: String, reason: String) throws {
    let outcome = try directory.holosnap("create", "state", "-o", "x.hwp", "--quantize", rule).failed(64)
    #expect(outcome.error.contains(reason), "\(outcome.error)")
    #expect(try directory.names() == ["state"])
  }

  @Test func `a sound file takes no bounds`() throws {
    try directory.holosnap("create", "state", "-o", "x.wave", "--quantize", "fields/*=abs:1").failed(64)
    try directory.holosnap("create", "state", "-o", "x.hwp", "--quantize", "fields/*=abs:1", "--transform", "none")
      .failed(64)
  }

  @Test func `advise shows size against error, and writes nothing but the plot`() throws {
    let document = try JSONDocument(
      directory.holosnap("advise", "state", "--plot", "advice.svg", "--sample", "256KiB", "--json").succeeded())
    let regions = try #require(document.objects("regions"))
    #expect(regions.map { $0.text("name") } == ["fields/a.f32", "phasors.c64"])
    for region in regions {
      let trials = try #require(region.objects("trials"))
      #expect(trials.first?.object("quantization") == nil)
      #expect(trials.count >= 8)
      let exact = try #require(trials.first?.integer("storedBytes"))
      let coarse = try #require(trials.first { $0.text("mode") == "rel:0.01" }?.integer("storedBytes"))
      #expect(coarse < exact)
    }
    #expect(try directory.names() == ["advice.svg", "state"])
    let plot = try String(decoding: directory.read("advice.svg"), as: UTF8.self)
    #expect(plot.hasPrefix("<svg") && plot.contains("polyline") && plot.hasSuffix("</svg>\n"))
    let text = try directory.holosnap("advise", "state", "--mode", "abs:0.5", "--region", "fields/*").succeeded().text
    #expect(text.contains("abs:0.5") && !text.contains("phasors"))
    try directory.holosnap("advise", "state", "--plot", "advice.svg").failed(73)
    try directory.holosnap("advise", "state", "--mode", "abs:0").failed(64)
    let misfit = try directory.holosnap("advise", "state", "--mode", "l2:1", "--region", "fields/*").failed(64)
    #expect(misfit.error.contains("fits none"))
    try directory.holosnap("advise", "state/config").failed(66)
  }
}
