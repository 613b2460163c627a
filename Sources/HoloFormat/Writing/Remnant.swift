import HoloModel
import HoloSystem

/// What is left of a container whose snapshot is not kept while others need frames of it (HWP-Format.md, section 14): under the same container
/// id, with the frames that they need, byte for byte, under their numbers.
package enum Remnant {
  /// Writes the remnant of an open container, or of a remnant.
  ///
  /// - Parameters:
  ///   - frames: the numbers of the payload frames and segments that are kept.
  ///   - sink: void after an error.
  package static func write(
    of reader: ContainerReader, keeping frames: Set<UInt32>, into sink: any ByteSink
  ) throws(FormatError) {
    guard let original = reader.header else {
      throw FormatError(.invalidInput, "a container without a header leaves no remnant", path: reader.path)
    }
    let header = ContainerHeader(
      containerID: original.containerID, createdNanoseconds: original.createdNanoseconds,
      requiredFeatures: original.requiredFeatures | HWP.Feature.remnant
    ).encoded
    var records: [UInt8] = []
    var offset: UInt64 = 0
    func put(_ bytes: [UInt8]) throws(FormatError) {
      try bytes.throwingBytes { (buffer) throws(FormatError) in
        do throws(SystemError) { try sink.write(buffer) } catch { throw FormatError(error) }
      }
      offset += UInt64(bytes.count)
    }
    func record(_ kind: FrameKind, byteCount: Int, hash: Digest128) {
      records += [kind.rawValue, 0, 0, 0]
      records.append(littleEndian: UInt32(byteCount))
      records.append(hash)
    }
    try put(header)
    record(.header, byteCount: header.count, hash: BLAKE3.hash(header).short)
    for number in 1..<UInt32(reader.frames.count) {
      let extent = reader.frames.extent(of: number)
      guard frames.contains(number), reader.frames.kind(of: number) != .absent else {
        record(.absent, byteCount: 0, hash: Digest128())
        continue
      }
      let bytes = try reader.source.bytes(at: extent.offset, count: UInt64(extent.byteCount), path: reader.path)
      let hash = BLAKE3.hash(bytes).short
      guard hash == extent.hash else {
        throw FormatError(
          .damaged, "the stored bytes do not match their hash", path: reader.path, offset: extent.offset,
          byteCount: UInt64(extent.byteCount), frame: number)
      }
      try put(bytes)
      record(reader.frames.kind(of: number), byteCount: bytes.count, hash: hash)
    }
    let manifest = try Manifest.encoded(
      containerIDs: [original.containerID], frameCount: UInt32(reader.frames.count), frameRecords: records,
      segments: [],
      totals: ContainerTotals(
        stateRoot: StateRoot().value, regionCount: 0, chunkCount: 0, byteCount: 0, payloadByteCount: 0),
      summary: try reader.summary.json(), directories: [],
      extensions: StateExtensions.encoded(remnantOf: reader.originalSnapshotID))
    let manifestOffset = offset
    try put(manifest)
    try put(
      ContainerTrailer(
        fileByteCount: offset + UInt64(HWP.Size.trailer), manifestOffset: manifestOffset,
        manifestByteCount: UInt64(manifest.count), manifestFrame: UInt32(reader.frames.count),
        frameCount: UInt32(reader.frames.count) + 2, manifestHash: BLAKE3.hash(manifest),
        guardHash: BLAKE3.hash(header),
        containerID: original.containerID
      ).encoded)
  }
}
