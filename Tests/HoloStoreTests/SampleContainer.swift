import HoloFormat
import HoloModel
import HoloStore
import HoloSystem

/// Containers without regions: small, and whole.
enum SampleContainer {
  /// 2026-11-23T20:13:05Z.
  static let created: Int64 = 1_795_464_785_000_000_000

  static func write(to file: OpenFile, id: Digest128, created: Int64 = created, series: String = "s") throws {
    let writer = try ContainerWriter(sink: FileSink(file), containerID: id, createdNanoseconds: created)
    _ = try writer.finish(directories: []) { totals in
      Summary(
        createdNanoseconds: created, type: "full", series: series, reason: "test", host: "h", priority: 0, parent: nil,
        totals: totals, seconds: 0, backend: "host", device: "cpu")
    }
  }

  /// Publishes one in a store; returns its path.
  @discardableResult
  static func publish(
    in store: SnapshotStore, created: Int64 = created, series: String = "s", id: Digest128 = .random()
  ) throws -> String {
    let pending = try store.begin(containerID: id, createdNanoseconds: created, creating: true)
    try write(to: pending.file, id: id, created: created, series: series)
    return try pending.publish()
  }
}
