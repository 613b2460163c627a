import ArgumentParser
import HoloCompute
import HoloEngine
import HoloReports

struct DevicesCommand: EngineCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "Show the OpenCL devices, and which one `auto` takes.",
    discussion: """
      Example:
        holosnap devices

      JSON: devices[] (number, name, vendor, kind, platform, platformVersion, driverVersion, computeUnits, memoryBytes, \
      largestBufferBytes, float64, unifiedMemory, problem), host, automatic (backend, number, reason: what `auto` takes for \
      a state of largeStateBytes and more), largeStateBytes, problem (why there are no devices, or null).
      """)

  @OptionGroup var common: AnswerOptions

  func execute(_ console: Console) throws(HoloError) -> ExitCode {
    let listing: DeviceListing
    do { listing = try DeviceListing.current() } catch { throw HoloError(error) }
    try console.answer(listing.json) { listing.text(on: $0, isVerbose: console.isVerbose) }
    return .success
  }
}
