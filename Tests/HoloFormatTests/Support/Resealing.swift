import HoloFormat
import HoloModel
import Testing

/// Where the frames of a sound container stand, and a way to put its hashes right again after its bytes were bent: what an
/// attacker can do who knows the format.
struct Layout {
  let header = 0..<64
  let frames: [(range: Range<Int>, kind: FrameKind)]
  let manifest: Range<Int>
  let trailer: Range<Int>
  /// Of the segment list and of the frame table.
  let segmentList: Int
  let frameTable: Int
  let segments: [Int]

  init(_ bytes: [UInt8]) throws {
    let reader = try ContainerReader.open(MemorySource(bytes), path: "")
    let end = try #require(reader.trailer)
    frames = (0..<UInt32(reader.frames.count)).map { number in
      let extent = reader.frames.extent(of: number)
      return (Int(extent.offset)..<(Int(extent.offset) + extent.byteCount), reader.frames.kind(of: number))
    }
    manifest = Int(end.manifestOffset)..<Int(end.manifestOffset + end.manifestByteCount)
    trailer = (bytes.count - 144)..<bytes.count
    segmentList = manifest.lowerBound + 40 + 16
    segments = reader.segmentReferences.map { Int($0.frame) }
    frameTable = segmentList + 32 * segments.count
  }

  /// Sets every check, hash and guard to what the bytes are.
  func reseal(_ bytes: inout [UInt8]) {
    for segment in segments { seal(&bytes, frames[segment].range) }
    for (number, frame) in frames.enumerated() {
      put(BLAKE3.hash(Array(bytes[frame.range])).short, at: frameTable + 24 * number + 8, &bytes)
    }
    for (index, segment) in segments.enumerated() {
      put(BLAKE3.hash(Array(bytes[frames[segment].range])).short, at: segmentList + 32 * index + 16, &bytes)
    }
    seal(&bytes, manifest)
    put(BLAKE3.hash(Array(bytes[manifest])), at: trailer.lowerBound + 40, &bytes)
    let optional = bytes[manifest.upperBound..<trailer.lowerBound]
    put(BLAKE3.hash(Array(bytes[header]) + Array(optional)), at: trailer.lowerBound + 72, &bytes)
    put(
      BLAKE3.hash(Array(bytes[trailer.lowerBound..<(trailer.lowerBound + 120)])).short, at: trailer.upperBound - 24,
      &bytes)
  }

  private func seal(_ bytes: inout [UInt8], _ frame: Range<Int>) {
    put(BLAKE3.hash(Array(bytes[frame.dropLast(16)])).short, at: frame.upperBound - 16, &bytes)
  }

  private func put(_ digest: Digest128, at offset: Int, _ bytes: inout [UInt8]) {
    digest.withBytes { bytes.replaceSubrange(offset..<(offset + 16), with: $0) }
  }

  private func put(_ digest: Digest256, at offset: Int, _ bytes: inout [UInt8]) {
    digest.withBytes { bytes.replaceSubrange(offset..<(offset + 32), with: $0) }
  }
}

extension [UInt8] {
  mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<(offset + $0.count), with: $0) }
  }
}

/// Reads all that can be read of a file, and returns the first thing that was refused.
func exercise(_ bytes: [UInt8]) -> FormatError? {
  let source = MemorySource(bytes)
  if let salvage = try? Salvage.scan(source, path: "") { drain(salvage.chunks, source) }
  do throws(FormatError) {
    let reader = try ContainerReader.open(source, path: "")
    drain(reader.intactIndex(), source)
    let problems = reader.verifyStoredFrames()
    for directory in reader.directories where directory.name.isEmpty { return FormatError(.malformed, "no name") }
    drain(try reader.index(), source)
    return problems.first
  } catch { return error }
}

private func drain(_ map: ChunkMap, _ source: MemorySource) {
  for region in map.regions.indices {
    try? map.forEachChunk(ofRegion: region) { _, chunk in
      guard let frame = chunk.frame, chunk.streamByteCount > 0 else { return }
      _ = try? LZ4FrameDecoder.stream(of: source.bytes(frame), byteCount: chunk.streamByteCount)
    }
  }
}
