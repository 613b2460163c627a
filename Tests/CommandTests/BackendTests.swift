import TestSupport
import Testing

/// Whether this machine has an OpenCL device, as the program itself sees it.
private let hasOpenCL: Bool = {
  let outcome = try? Command(arguments: ["devices", "--json"]).run()
  let devices = try? outcome.map { try JSONDocument($0) }?.objects("devices")
  return devices?.isEmpty == false
}()

@Suite struct BackendTests {
  private let directory: ScratchDirectory
  /// No OpenCL platform is to be found here.
  private let bare: [String: String]

  init() throws {
    directory = ScratchDirectory()
    try directory.write([], to: "no-vendors/README")
    try directory.write(Array(repeating: [1, 2, 3, 4], count: 100_000).flatMap { $0 }, to: "x.f32")
    bare = ["OCL_ICD_VENDORS": "\(directory.path)/no-vendors", "OCL_ICD_FILENAMES": ""]
  }

  @Test func `OpenCL that was asked for and is not there ends with 69`() throws {
    try directory.holosnap("create", "x.f32", "--backend", "opencl", environment: bare).failed(
      69, saying: "OpenCL", "--backend host")
    let outcome = try directory.holosnap("create", "x.f32", "--device", "0", "--json", environment: bare).failed(69)
    #expect(try JSONDocument(outcome).object("error")?.text("code") == "noDevice")
    #expect(try directory.names(in: ".") == ["no-vendors", "x.f32"])
  }

  @Test func `a large state without OpenCL warns once and takes the host`() throws {
    try directory.writeSparse(byteCount: 256 << 20, to: "large.bin")
    let outcome = try directory.holosnap("create", "large.bin", environment: bare).succeeded()
    let warnings = outcome.error.split(separator: "\n")
    #expect(warnings.count == 1 && warnings[0].hasPrefix("holosnap: warning: "), "\(outcome.error)")
    #expect(outcome.text.contains("host"))
  }

  @Test func `a small state does not look for OpenCL`() throws {
    let outcome = try directory.holosnap("create", "x.f32", environment: bare).succeeded()
    #expect(outcome.error.isEmpty)
  }

  @Test func `devices without OpenCL`() throws {
    let outcome = try directory.holosnap("devices", environment: bare).succeeded()
    #expect(outcome.text.contains("no OpenCL platform"))
    let report = try JSONDocument(directory.holosnap("devices", "--json", environment: bare).succeeded())
    #expect(report.objects("devices")?.isEmpty == true)
    #expect(report.text("problem")?.isEmpty == false)
    let automatic = try #require(report.object("automatic"))
    #expect(automatic.text("backend") == "host" && automatic.isNull("number"))
    #expect(automatic.text("reason")?.isEmpty == false)
  }

  @Test(.enabled(if: hasOpenCL)) func `devices with OpenCL`() throws {
    let outcome = try directory.holosnap("devices").succeeded()
    #expect(outcome.text.hasPrefix("DEVICE"))
    let report = try JSONDocument(directory.holosnap("devices", "--json").succeeded())
    let device = try #require(report.objects("devices")?.first)
    let promised: Set = ["number", "name", "vendor", "kind", "platform", "driverVersion", "memoryBytes", "problem"]
    #expect(device.keys.isSuperset(of: promised), "\(promised.subtracting(device.keys))")
    #expect(device.integer("number") == 0)
    #expect(outcome.text.contains(try #require(device.text("name"))))
  }

  @Test(.enabled(if: hasOpenCL)) func `a device that does not exist ends with 69`() throws {
    try directory.holosnap("create", "x.f32", "--device", "99").failed(69, saying: "99", "holosnap devices")
  }

  @Test func `a device for the host is a contradiction`() throws {
    try directory.holosnap("create", "x.f32", "--backend", "host", "--device", "0").failed(64)
  }

  @Test(.enabled(if: hasOpenCL)) func `eight at once with a cold kernel cache give one state`() throws {
    try directory.write([], to: "cache/README")
    var running: [Recording] = []
    for number in 0..<8 {
      let command = directory.command(
        ["create", "x.f32", "--store", "shared", "--series", "s\(number)", "--backend", "opencl", "--json"],
        environment: ["POCL_CACHE_DIR": "\(directory.path)/cache"])
      running.append(try command.start())
    }
    let outcomes = running.map { $0.finish() }
    var roots: Set<String> = []
    var paths: Set<String> = []
    for outcome in outcomes {
      let report = try JSONDocument(outcome.succeeded())
      #expect(report.text("backend") == "opencl")
      roots.insert(report.text("stateRoot") ?? "")
      paths.insert(report.text("path") ?? "")
    }
    #expect(roots.count == 1 && paths.count == 8)
    let host = try JSONDocument(directory.holosnap("create", "x.f32", "--backend", "host", "--json").succeeded())
    #expect(roots == [host.text("stateRoot") ?? ""])
    #expect(try directory.names(in: "shared").count == 8)
    try directory.holosnap("verify", "--store", "shared").succeeded()
  }
}
