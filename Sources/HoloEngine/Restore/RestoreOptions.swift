import HoloCompute
import HoloFormat

package struct RestoreOptions: Sendable {
  /// Globs over region names (`*` within a component, `**` across, `?`, `[…]`); empty: every region.
  package var regions: [String] = []
  package var overwrite = false
  package var backend = BackendChoice.auto
  package var device: Int?
  /// Bytes that the pipeline's buffers may take.
  package var memoryLimit = 256 << 20
  /// Worker threads; nil: one a core.
  package var workers: Int?

  package init() {}
}

/// Something wrong with a container: what, and where. Offsets and lengths are bytes of the file at `path`.
package struct Problem: Sendable, Equatable {
  package var path: String
  package var region: String?
  package var chunk: UInt64?
  package var offset: UInt64?
  package var length: UInt64?
  package var code: HoloError.Code
  package var message: String
  package var remedy: String?

  package init(
    path: String, region: String? = nil, chunk: UInt64? = nil, offset: UInt64? = nil, length: UInt64? = nil,
    code: HoloError.Code, message: String, remedy: String? = nil
  ) {
    self.path = path
    self.region = region
    self.chunk = chunk
    self.offset = offset
    self.length = length
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// The code's name: `damaged`, `malformed`, `truncated`, `unsupportedVersion` …
  package var kind: String { code.name }
}

package struct RestoreReport: Sendable {
  /// Of the container, whatever the snapshot was called.
  package var snapshotPath: String
  /// The regions that were brought back.
  package var regions: [RegionDescriptor]
  /// Those of the snapshot that were brought back.
  package var directoryCount: Int
  package var byteCount: UInt64
  package var seconds: Double
  package var backend: BackendSummary
  /// Regions asked for by name that are damaged; the others were brought back.
  package var problems: [Problem]
  package var notices: [String]
}
