import HoloEngine
import HoloFormat
import HoloStore
import TestSupport
import Testing

/// A clock that stands behind snapshots that are there.
@Suite struct ClockTests {
  private let scratch = ScratchDirectory()
  /// 2200-01-01T00:00:00Z.
  private static let future: Int64 = 7_258_118_400_000_000_000

  private func create(series: String) throws -> CaptureReport {
    var options = CaptureOptions()
    options.series = series
    return try Snapshots().create(
      states: [scratch.path("x.u8")], destination: .store(path: scratch.path("store")), options: options)
  }

  @Test func aSnapshotThatIsNotTheLatestIsToldToBe() throws {
    try scratch.write([1], to: "x.u8")
    var options = CaptureOptions()
    options.series = "a"
    let sink = MemorySink()
    _ = try Capture(options: options).run(
      StateScan.describe([scratch.path("x.u8")]), into: sink, createdNanoseconds: Self.future)
    try scratch.write(sink.bytes, to: "store/snapshot_22000101T000000.hwp")
    let report = try create(series: "a")
    #expect(
      report.notices == [
        "\(scratch.path("store"))/snapshot_22000101T000000.hwp was taken at 2200-01-01T00:00:00.000000000Z, which is still to"
          + " come by this machine's clock: `latest` names that one, not this"
      ])
    #expect(
      try SnapshotStore(path: scratch.path("store")).resolve("latest").path.hasSuffix("/snapshot_22000101T000000.hwp"))
    #expect(try create(series: "b").notices == [])
    #expect(try scratch.names(in: "store").count == 3)
  }
}
