import HoloModel

/// The kinds of container.
package enum ContainerFormat: String, Sendable, CaseIterable {
  /// LZ4 frames (HWP-Format.md).
  case hwp
  /// A sound file, uncompressed (WAVE-Format.md).
  case wave

  /// With its dot.
  package var fileExtension: String { ".\(rawValue)" }

  /// What a person calls it.
  package var name: String { rawValue.uppercased() }

  /// What a file's first bytes say or, where they say nothing, its last; else `hwp`, whose reader then tells what is wrong.
  package static func of(_ source: any RandomAccessSource, path: String) throws(FormatError) -> ContainerFormat {
    let first = try source.bytes(
      at: 0, count: min(UInt64(WaveReader.tagByteCount), source.byteCount), path: path)
    if WaveReader.isWave(first) { return .wave }
    let endsAsWave = !ContainerHeader.hasTag(first) && (try? WaveTrailer(of: source, path: path)) != nil
    return endsAsWave ? .wave : .hwp
  }
}

/// An open container of either format.
package enum OpenedContainer: Sendable {
  case hwp(ContainerReader)
  case wave(WaveReader)

  /// - Parameter ancestors: where other containers are that a `.hwp` may need; nil: nowhere.
  package static func open(
    _ source: any RandomAccessSource, path: String, ancestors: (any AncestorSource)? = nil
  ) throws(FormatError) -> OpenedContainer {
    switch try ContainerFormat.of(source, path: path) {
    case .hwp: .hwp(try ContainerReader.open(source, path: path, ancestors: ancestors))
    case .wave: .wave(try WaveReader.open(source, path: path))
    }
  }

  package var snapshotID: Digest256 {
    switch self {
    case .hwp(let reader): reader.snapshotID
    case .wave(let reader): reader.snapshotID
    }
  }
}
