import HoloCompute
import HoloFormat
import HoloModel

/// Whether chunks are rearranged before LZ4.
package enum TransformMode: String, Sendable, CaseIterable {
  /// For each chunk, the smallest coding that pays.
  case auto
  /// None: `lz4 -dc` of the container gives the regions' bytes.
  case none
}

/// Why a snapshot was taken.
package enum CaptureReason: String, Sendable, CaseIterable {
  case manual, scheduled, maintenance, deployment, test, emergency, error
}

/// How much of a state a snapshot stores.
package enum SnapshotType: String, Sendable, CaseIterable {
  case full
  /// What has changed since the newest snapshot of the series.
  case incremental
  /// What has changed since the newest full snapshot of the series.
  case differential
}

package struct CaptureOptions: Sendable {
  package var type = SnapshotType.full
  /// The snapshot that one which is not full is relative to; nil: the newest of the series that will do.
  package var base: String?
  package var series: String?
  package var reason = CaptureReason.manual
  package var priority = 0
  package var transform = TransformMode.auto
  package var level = CompressionLevel.fast
  /// Which regions may be stored within a bound; by default none.
  package var quantization = QuantizationRules()
  package var backend = BackendChoice.auto
  package var device: Int?
  /// Bytes that the pipeline's buffers may take.
  package var memoryLimit = 256 << 20
  /// Worker threads; nil: one a core.
  package var workers: Int?
  /// Take a file that keeps changing as it was read, and record that, instead of giving up.
  package var allowChanging = false

  package init() {}
}

/// What a capture made. Byte counts are exact; `seconds` are wall time.
package struct CaptureReport: Sendable {
  package struct Region: Sendable {
    package var descriptor: RegionDescriptor
    /// In the snapshot's own container.
    package var storedByteCount: UInt64
    /// Bytes, as restored, that frames there give; of a snapshot without a base, all.
    package var changedByteCount: UInt64
  }

  package var snapshotID: String
  package var path: String?
  package var summary: Summary
  package var totals: ContainerTotals
  package var storedByteCount: UInt64
  package var seconds: Double
  package var backend: BackendSummary
  /// The other containers that the snapshot needs.
  package var ancestorIDs: [Digest128]
  package var regions: [Region]
  /// What the user should know: links left out, files that changed.
  package var notices: [String]

  package var stateRoot: String { totals.stateRoot.hexadecimal }
  package var rawByteCount: UInt64 { totals.byteCount }
}
